import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Debug files of eu-strip, which rpm's find-debuginfo makes: their program headers describe the original.
@Suite struct EuStripTests {
  private let scratch = Scratch()

  private func image(_ name: String) throws -> ElfImage { try ElfImage(Bytes(scratch.read(name))) }

  private static func script(_ flags: String) -> String {
    """
    gcc -g -O1 -fPIC -shared -nostdlib \(flags) -Wl,--build-id=sha1 "$PWD/part.c" "$PWD/whole.c" -o x.so
    cp x.so "$OUT/whole.so"
    eu-strip -f x.so.debug x.so
    cp x.so x.so.debug "$OUT"
    """
  }

  /// What the headers claim lies behind the end of a small debug file, and among the debug sections of a large one.
  @Test(arguments: [("", false), ("-g3 -include stdlib.h", true), ("-gdwarf-4", false), ("-gz", false)])
  func pairsFromRandomDirectoriesBecomeOne(_ flags: String, isLarge: Bool) throws {
    var results: [[String: [UInt8]]] = []
    for (index, longer) in [0, 0, 0, 41].enumerated() {
      let directory = "in\(index)"
      try Builds.run(Self.script(flags), in: scratch, to: directory, longer: longer)
      let before = try image("\(directory)/x.so.debug")
      let text = try #require(before.segments.first { $0.isLoad && $0.flags & 1 != 0 })
      #expect(text.claimedFileSize > 0 && text.fileSize == 0)
      if isLarge {
        let place = Int(text.offset)
        #expect(before.sections.contains { $0.debugName != nil && $0.fileRange?.contains(place) == true })
      } else {
        #expect(before.segments.contains { $0.offset + $0.claimedFileSize > UInt64(before.bytes.count) })
      }
      let faults = try scratch.run("sh", "-c", "eu-elflint --gnu-ld -d \(directory)/x.so.debug; true")

      try scratch.run("cp", "-r", directory, "\(directory).before")
      let reports = scratch.fix([directory])
      let proof = PathProof(Options()).run(
        "\(scratch.path)/\(directory).before", "\(scratch.path)/\(directory)")
      #expect(proof.violations.isEmpty && proof.errors.isEmpty, "\(proof)")
      #expect(reports.allSatisfy { $0.errors.isEmpty && $0.unfixable.isEmpty }, "\(reports.map(\.errors))")
      #expect(
        !reports.contains { $0.notes.contains { $0.message.contains("in place") } }, "\(reports.map(\.notes))"
      )
      #expect(reports.flatMap(\.findings).allSatisfy { $0.fate == .rebuilt })
      results.append(scratch.contents(of: directory))

      let after = try image("\(directory)/x.so.debug")
      let headers = 0x40..<0x40 + 56 * before.segments.count
      #expect(after.bytes[headers].array() == before.bytes[headers].array())
      let library = try image("\(directory)/x.so")
      #expect(library.buildIDContents == after.buildIDContents)
      #expect(try #require(DebugLink(library)).checksum == Inflate.crc32(after.bytes))
      #expect(try scratch.run("sh", "-c", "eu-elflint --gnu-ld -d \(directory)/x.so.debug; true") == faults)
      #expect(scratch.fix([directory]).allSatisfy { $0.changes.isEmpty && $0.writtenTo == nil })
    }
    #expect(results.allSatisfy { $0 == results[0] } && results[0].count == 3)

    // elfutils puts the two together again, and the debugger finds lines.
    try scratch.run("eu-unstrip", "in0/x.so", "in0/x.so.debug", "-o", "one.so")
    let symbol = try scratch.run("sh", "-c", "nm one.so | sed -n 's/ T part$//p'")
    for file in ["one.so", "in0/x.so.debug"] {
      let line = try scratch.run(
        "addr2line", "-e", file, symbol.trimmingCharacters(in: .whitespacesAndNewlines))
      #expect(line.hasPrefix("/build/demo/part."), "\(line)")
    }
  }

  /// A library that is cut off is no debug file, whatever its headers claim.
  @Test func cutLibrariesAreRefused() throws {
    let bytes = try Compiler.sharedLibrary(sources: Sources.quiet)
    let image = try ElfImage(Bytes(bytes))
    let text = try #require(image.segments.first { $0.isLoad && $0.flags & 1 != 0 })
    let cut = Array(bytes[..<(text.fileRange.lowerBound + 8)])
    #expect(errorText { () throws(ScrubError) in _ = try ElfImage(Bytes(cut)) } != nil)
    // Without section headers nothing says that it is one.
    var headless = cut
    for index in 0x28..<0x30 { headless[index] = 0 }
    for index in 0x3c..<0x40 { headless[index] = 0 }
    let message = errorText { () throws(ScrubError) in _ = try ElfImage(Bytes(headless)) }
    #expect(message?.contains("program header") == true, "\(message ?? "")")
  }

  /// Loaders look at program headers alone: whoever has code is no debug file, whatever its section headers say.
  @Test func librariesThatPoseAsDebugFilesKeepTheirCode() throws {
    var bytes = try Compiler.sharedLibrary("gcc", ["-nostdlib"], sources: Sources.quiet)
    let image = try ElfImage(Bytes(bytes))
    for section in image.sections where section.isLoaded && section.type != 7 {
      bytes[image.sectionHeaderOffset(of: section) + 4] = 8
    }
    #expect(try ElfImage(Bytes(bytes)).isSeparateDebugFile)
    let text = try #require(image.section(named: ".text")?.fileRange)
    let output = try #require(ImageScrub(options: Options()).run(Bytes(bytes), fix: true).output)
    #expect(output[text] == image.bytes[text])
  }

  /// Where segments say that loaded sections without bytes are, they stay.
  @Test(arguments: [
    "objcopy --only-keep-debug whole.so whole.so.debug", "eu-strip -f whole.so.debug whole.so",
    "cp whole.so whole.so.debug",
  ])
  func loadedSectionsWithoutBytesKeepTheirPlace(_ command: String) throws {
    try Builds.run(
      Self.script("-g3 -Wl,-z,relro -include stdlib.h") + "\n(cd \"$OUT\"; \(command))\n", in: scratch,
      to: "in",
      sources: Sources.quiet.merging([
        "part.c": Sources.quiet["part.c"]! + "\nint table[4000]; int filled[4] = {1};"
      ]) { $1 })
    func check() throws -> String {
      try scratch.run("sh", "-c", "eu-elflint --gnu-ld -d in/whole.so.debug; true")
    }
    let (before, faults) = (try image("in/whole.so.debug"), try check())
    let empty = before.sections.filter { $0.isLoaded && $0.type == 8 }
    #expect(!empty.isEmpty)
    let reports = scratch.fix(["in/whole.so.debug"])
    #expect(reports.allSatisfy { $0.errors.isEmpty && $0.writtenTo != nil })
    let after = try image("in/whole.so.debug")
    #expect(after.bytes.count < before.bytes.count)
    #expect(empty.map { after.sections[$0.index].offset } == empty.map(\.offset))
    #expect(try check() == faults)
  }
}
