import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// What debugedit 5.0 is known to get wrong, one by one, and what happens here.
@Suite struct DebugeditTests {
  private func fix(_ input: [UInt8]) throws -> (output: [UInt8], outcome: ImageScrub.Outcome) {
    let outcome = try ImageScrub(options: Options()).run(Bytes(input), fix: true)
    return (try #require(outcome.output).array(), outcome)
  }

  /// What no debugger of ours says about a file: names of units and what stands in tables.
  private func dump(_ image: [UInt8], _ tool: String, _ arguments: String...) throws -> String {
    let scratch = Scratch()
    _ = scratch.file("x.so", image)
    return try Compiler.run(tool, arguments + ["x.so"], in: scratch.url)
  }

  private func isClean(_ image: [UInt8]) throws -> Bool {
    // LLVM no longer reads .zdebug sections.
    let isOld = try ElfImage(Bytes(image)).sections.contains { $0.name.hasPrefix(".zdebug") }
    let text =
      try isOld
      ? dump(image, "readelf", "--debug-dump=info,line")
      : dump(image, Scratch.dwarfdump, "--debug-info", "--debug-line")
    return text.contains("/build/demo/part.c") && !text.contains("pip-install")
  }

  @Test func rodataIsLeftAlone() throws {
    let (output, _) = try fix(try Compiler.sharedLibrary())
    let text = try dump(output, "readelf", "-p", ".rodata")
    #expect(text.contains("/build/demo/") && !text.contains("pip-install"), "\(text)")
  }

  @Test(arguments: ["-gz=zlib", "-gz=zlib-gnu"]) func compressedSectionsAreSkipped(_ flag: String) throws {
    let input = try Compiler.sharedLibrary("gcc", [flag])
    #expect(try !isClean(input))
    #expect(try isClean(fix(input).output))
  }

  @Test func indexedStringsOfClangAreSkipped() throws {
    let input = try Compiler.sharedLibrary("clang", ["-gdwarf-5"])
    #expect(try dump(input, Scratch.dwarfdump, "--verbose", "--debug-info").contains("DW_FORM_strx"))
    #expect(try isClean(fix(input).output))
  }

  @Test func dwarf64IsSkipped() throws {
    let input = try Compiler.sharedLibrary("gcc", ["-gdwarf64"])
    #expect(try dump(input, Scratch.dwarfdump, "--debug-info").contains("DWARF64"))
    #expect(try isClean(fix(input).output))
  }

  /// The index of names goes on leading to the DIEs that it led to.
  @Test func debugNamesAreCorrupted() throws {
    let input = try Compiler.sharedLibrary("clang", ["-gdwarf-5", "-gpubnames"])
    #expect(try ElfImage(Bytes(input)).section(named: ".debug_names") != nil)
    let output = try fix(input).output
    func names(_ image: [UInt8]) throws -> [Substring] {
      try dump(image, Scratch.dwarfdump, "--debug-names").replacing(/String: 0x[0-9a-f]+/, with: "String:")
        .split(separator: "\n")
    }
    #expect(try names(input) == names(output))
    #expect(try names(output).contains { $0.contains("\"whole\"") })
    let found = try dump(output, Scratch.dwarfdump, "--find=whole")
    #expect(found.contains("DW_TAG_subprogram") && found.contains("/build/demo/whole.c"), "\(found)")
  }

  @Test func theBuildIDDependsOnTheOldPathsLength() throws {
    let ids = try [0, 0, 11, 60].map { longer in
      let output = try fix(try Compiler.sharedLibrary(sources: Sources.quiet, longer: longer)).output
      return try ElfImage(Bytes(output)).buildIDContents
    }
    #expect(Set(ids).count == 1 && ids[0].count == 1)
  }

  /// debugedit rewrote files cut at 9,000 bytes and said 0.
  @Test(arguments: [9000, 12_000]) func truncatedFilesAreRewritten(_ length: Int) throws {
    let scratch = Scratch()
    let library = try Compiler.sharedLibrary()
    #expect(library.count > length)
    let cut = Array(library.prefix(length))
    _ = scratch.file("x.so", cut)
    let report = Scrub(Options()).fix(scratch.input("x.so"), to: .inPlace)
    #expect(report.errors.count == 1 && report.writtenTo == nil)
    #expect(scratch.read("x.so") == cut && scratch.names == ["x.so"])
  }
}
