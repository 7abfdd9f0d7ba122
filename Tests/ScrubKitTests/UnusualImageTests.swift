import Foundation
import Testing

@testable import ScrubKit

/// Images that few tools make and all have to read.
@Suite struct UnusualImageTests {
  private static let root = "/tmp/pip-install-ab12cd34/demo_0123456789abcdef0123456789abcdef"

  private func fix(_ name: String, in scratch: Scratch) throws -> ImageScrub.Outcome {
    let outcome = try ImageScrub(options: Options()).run(Bytes(scratch.read(name)), fix: true)
    _ = scratch.file(name, try #require(outcome.output).array())
    return outcome
  }

  /// From 65,280 sections on their number stands in the first section header, and symbols name theirs in a table
  /// beside the symbol table (gABI "Sections", `SHN_XINDEX`).
  @Test func moreSectionsThanSixteenBitsCanCount() throws {
    let scratch = Scratch()
    var source = ""
    for index in 0..<65_400 { source += ".section .s\(index),\"a\"\n.byte 1\n" }
    source += """
      .section .rodata
      .asciz "\(Self.root)/x.c"
      .text
      .globl f
      f: nop
      .section .debug_abbrev,"",@progbits
      .uleb128 1, 0x11
      .byte 0
      .uleb128 0x1b, 0x0e, 0x25, 0x0e
      .byte 0, 0, 0
      .section .debug_info,"",@progbits
      .long 2f - 1f
      1: .value 4
      .long .debug_abbrev
      .byte 8
      .uleb128 1
      .long .Ldirectory
      .long .Lproducer
      2:
      .section .debug_str,"MS",@progbits,1
      .Lproducer: .asciz "by hand"
      .Ldirectory: .asciz "\(Self.root)"

      """
    _ = scratch.file("many.s", Array(source.utf8))
    try scratch.run("as", "many.s", "-o", "many.o")
    let before = try ElfImage(Bytes(scratch.read("many.o")))
    #expect(before.sections.count > 65_400 && before.header.claimedSectionCount == 0)
    #expect(try #require(before.section(named: ".debug_str")).index > 0xff00)

    let outcome = try fix("many.o", in: scratch)
    #expect(outcome.findings.map(\.fate) == [.inPlace, .rebuilt] && outcome.notes.allSatisfy(\.isDetail))
    // readelf counts, relocates and reads.
    let header = try scratch.run("readelf", "-h", "many.o")
    #expect(header.contains("(\(before.sections.count))"), "\(header)")
    let info = try scratch.run("readelf", "--debug-dump=info", "many.o")
    #expect(info.contains(": /build/demo\n") && info.contains(": by hand\n"), "\(info)")
    #expect(try scratch.run("nm", "many.o").contains("T f"))
    try scratch.run("ld", "-r", "many.o", "-o", "again.o")
  }

  /// Loaders need no section headers, and neither does the search; the build-id stands in a PT_NOTE segment.
  @Test(arguments: [["llvm-strip-16", "--strip-sections"], ["llvm-objcopy-16", "--strip-sections"]])
  func filesWithoutSectionHeaders(_ tool: [String]) throws {
    let scratch = Scratch()
    _ = scratch.file("x.so", try Compiler.sharedLibrary())
    try Compiler.run(tool[0], [tool[1], "x.so"], in: scratch.url)
    let before = try ElfImage(Bytes(scratch.read("x.so")))
    #expect(before.sections.isEmpty && before.buildIDs.count == 1)
    let outcome = try fix("x.so", in: scratch)
    #expect(!outcome.findings.isEmpty && outcome.findings.allSatisfy { $0.fate == .inPlace })
    let after = try ElfImage(Bytes(scratch.read("x.so")))
    #expect(after.buildIDContents != before.buildIDContents && after.buildIDs == before.buildIDs)
    let answer = try scratch.python(
      "import ctypes; f = ctypes.CDLL('./x.so').where; f.restype = ctypes.c_char_p; print(f().decode())")
    #expect(answer.hasPrefix("/build/demo/") && answer.hasSuffix("/part.c\n"), "\(answer)")
  }

  @Test(.enabled(if: Scratch.has("musl-gcc")), arguments: ["-gdwarf-4", "-gdwarf-5"])
  func librariesForMusl(_ version: String) throws {
    var results: Set<[UInt8]> = []
    for longer in [0, 0, 0, 23] {
      let input = try Compiler.sharedLibrary("musl-gcc", [version], sources: Sources.quiet, longer: longer)
      let outcome = try ImageScrub(options: Options()).run(Bytes(input), fix: true)
      #expect(outcome.notes.isEmpty && outcome.findings.allSatisfy(\.isFixable), "\(outcome.notes)")
      results.insert(try #require(outcome.output).array())
    }
    #expect(results.count == 1)
  }
}
