import BuildRoots
import Foundation
import Testing

@testable import Formats
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

  /// What editing tools leave behind belongs to no section any more: it becomes zero, or goes with its gap.
  @Test(arguments: [Options.Layout.compact, .slot], [[:], Sources.quiet])
  func rootsInBytesThatNobodyOwns(_ layout: Options.Layout, _ sources: [String: String]) throws {
    let scratch = Scratch()
    _ = scratch.file("note", Array("\(Self.root)/x.c".utf8) + [0])
    if sources.isEmpty {
      _ = scratch.file("clean.c", Array("int f(void) { return 1; }".utf8))
      try scratch.run("gcc", "-shared", "-nostdlib", "clean.c", "-o", "x.so")
    } else {
      _ = scratch.file("x.so", try Compiler.sharedLibrary("gcc", ["-nostdlib"], sources: sources))
    }
    try scratch.run("objcopy", "--add-section", ".stale=note", "x.so")
    let named = try ElfImage(Bytes(scratch.read("x.so")))
    let stale = try #require(named.section(named: ".stale"))
    var bytes = scratch.read("x.so")
    // sh_type
    let type = named.sectionHeaderOffset(of: stale) + 4
    for index in type..<type + 4 { bytes[index] = 0 }
    let before = try ElfImage(Bytes(bytes))
    #expect(before.gaps.contains { $0.contains(Int(stale.offset)) })

    var options = Options()
    options.layout = layout
    let outcome = try ImageScrub(options: options).run(Bytes(bytes), fix: true)
    #expect(outcome.findings.allSatisfy { $0.isFixable })
    let output = try #require(outcome.output)
    let after = try ElfImage(output)
    #expect(try Hits.all(in: after.regions(), .default).isEmpty)
    #expect(after.gaps.allSatisfy { output[$0].isZero })
    #expect(after.sections.map(\.name) == before.sections.map(\.name))
    _ = scratch.file("x.so", output.array())
    try scratch.run("readelf", "-a", "x.so")
  }

  /// A core file has no sections, notes that no memory holds, and padding in front of what was memory.
  @Test func notesOfCoreFiles() throws {
    var bytes = [UInt8](repeating: 0, count: 0x1010)
    func store(_ values: [(Int, Int, UInt64)]) {
      for (offset, width, value) in values { bytes.store(value, at: offset, width: width, order: .little) }
    }
    bytes.replaceSubrange(0..<7, with: ElfImage.magic + [2, 1, 1])
    // ET_CORE, EM_X86_64, EV_CURRENT, e_phoff, e_ehsize, e_phentsize, e_phnum
    store([(16, 2, 4), (18, 2, 62), (20, 4, 1), (32, 8, 64), (52, 2, 64), (54, 2, 56), (56, 2, 2)])
    let text = Array("\(Self.root)/x".utf8) + [0]
    let note = 64 + 2 * 56
    // PT_NOTE and PT_LOAD: p_type, p_offset, p_filesz, p_align
    store([(64, 4, 4), (72, 8, UInt64(note)), (96, 8, UInt64(20 + text.count)), (112, 8, 4)])
    store([(120, 4, 1), (128, 8, 0x1000), (152, 8, 16), (160, 8, 16), (168, 8, 0x1000)])
    // n_namesz, n_descsz, n_type, name
    store([(note, 4, 5), (note + 4, 4, UInt64(text.count)), (note + 8, 4, 0x4649_4c45)])
    bytes.replaceSubrange(note + 12..<note + 17, with: Array("CORE\0".utf8))
    bytes.replaceSubrange(note + 20..<note + 20 + text.count, with: text)
    let outcome = try ImageScrub(options: Options()).run(Bytes(bytes), fix: true)
    #expect(outcome.findings.map(\.fate) == [.inPlace])
    let filler = String(repeating: "/", count: Self.root.utf8.count - 11)
    var expected = bytes
    expected.replaceSubrange(
      note + 20..<note + 20 + text.count, with: Array("/build/demo\(filler)/x".utf8) + [0])
    #expect(try #require(outcome.output).array() == expected)
  }

  /// Our own comparison stays where libdwarf cannot follow: here an opcode whose length it does not accept.
  @Test func lineNumberProgramsThatLibdwarfRefuses() throws {
    let scratch = Scratch()
    let source = NamedStrings.source("first", NamedStrings.roots[0])
      .replacing("14, 13, 0, 1, 1, 1, 1,", with: "14, 13, 0, 1, 1, 1, 2,")
    _ = scratch.file("first.s", Array(source.utf8))
    try scratch.run("as", "first.s", "-o", "first.o")
    try scratch.run("ld", "-shared", "first.o", "-o", "first.so")
    let before = try NamedStrings.strings(of: "first.so", in: scratch)
    let outcome = try fix("first.so", in: scratch)
    #expect(outcome.findings.count == 3 && outcome.findings.allSatisfy { $0.fate == .rebuilt })
    #expect(outcome.notes.contains { $0.message.contains("libdwarf") }, "\(outcome.notes)")
    let after = try NamedStrings.strings(of: "first.so", in: scratch)
    #expect(after == before.map { $0.replacing(NamedStrings.roots[0], with: "/build/demo") })
  }

  @Test(.enabled(if: Scratch.has("musl-gcc")), arguments: ["-gdwarf-4", "-gdwarf-5"])
  func librariesForMusl(_ version: String) throws {
    var results: Set<[UInt8]> = []
    for longer in [0, 0, 0, 23] {
      let input = try Compiler.sharedLibrary("musl-gcc", [version], sources: Sources.quiet, longer: longer)
      let outcome = try ImageScrub(options: Options()).run(Bytes(input), fix: true)
      #expect(outcome.notes.isEmpty && outcome.findings.allSatisfy { $0.isFixable }, "\(outcome.notes)")
      results.insert(try #require(outcome.output).array())
    }
    #expect(results.count == 1)
  }
}
