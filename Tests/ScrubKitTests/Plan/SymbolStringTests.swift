import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Names of symbols that nothing loads: assemblers name the source file as they were told (`STT_FILE`).
@Suite struct SymbolStringTests {
  private let scratch = Scratch()

  /// The second root is longer.
  private static let roots = NamedStrings.roots

  /// A source that names itself, and symbols whose names are ends of that name, so that linkers share bytes.
  private func assemble(
    _ root: Int, _ more: String = "", machine: NamedStrings.Machine = .native, assembler: [String] = ["as"]
  ) throws {
    let source = """
      .file "\(Self.roots[root])/deep/n.s"
      .text
      .globl n.s, s, other
      n.s: .byte 0, 0, 0, 0
      s: .byte 0
      other: .byte 0
      .section .note.GNU-stack,"",@progbits
      \(more)

      """
    _ = scratch.file("n.s", Array(source.utf8))
    let command = assembler == ["as"] ? ["\(machine.prefix)as"] : assembler
    try Compiler.run(command[0], command.dropFirst() + ["n.s", "-o", "n.o"], in: scratch.url)
  }

  private func fix(_ file: String, _ options: Options = Options()) throws -> ImageScrub.Outcome {
    let outcome = try ImageScrub(options: options).run(Bytes(scratch.read(file)), fix: true)
    _ = scratch.file(file, try #require(outcome.output).array())
    return outcome
  }

  /// What readelf says of each symbol, with a path of the directory for every root; links move nothing else.
  private func symbols(_ file: String) throws -> [String] {
    let text = try scratch.run("readelf", "-sW", file)
    #expect(!text.contains("corrupt") && !text.contains("Warning"), "\(text)")
    return Self.roots.reduce(text) { $0.replacing($1, with: "/build/demo") }
      .split(separator: "\n").map(String.init)
  }

  @Test(arguments: NamedStrings.Machine.all)
  func directoriesBecomeOne(_ machine: NamedStrings.Machine) throws {
    for kind in ["n.o", "r.o", "n.so"] {
      var results: Set<[UInt8]> = []
      for root in Self.roots.indices {
        try assemble(root, machine: machine)
        try scratch.run("\(machine.prefix)ld", "-r", "n.o", "-o", "r.o")
        try scratch.run("\(machine.prefix)ld", "-shared", "--build-id=sha1", "n.o", "-o", "n.so")
        let before = try symbols(kind)
        #expect(before.contains { $0.contains("FILE") && $0.hasSuffix("/build/demo/deep/n.s") }, "\(before)")
        let outcome = try fix(kind)
        #expect(outcome.findings.count == 1 && outcome.findings[0].fate == .rebuilt)
        #expect(outcome.notes.isEmpty, "\(outcome.notes)")
        #expect(
          outcome.changes.contains {
            if case .table(_, let old, let new) = $0.kind {
              $0.place.section == ".strtab" && new < old
            } else {
              false
            }
          })
        #expect(try symbols(kind) == before)
        results.insert(scratch.read(kind))
        // Once is enough.
        #expect(try ImageScrub(options: Options()).run(Bytes(scratch.read(kind)), fix: true).output == nil)
        // The next tools read it.
        try scratch.run("\(machine.prefix)ld", kind == "n.so" ? "-shared" : "-r", kind, "-o", "next")
        try scratch.run("eu-elflint", "--gnu-ld", kind)
      }
      #expect(results.count == 1, "\(kind)")
    }
  }

  @Test func keysAreThoseOfTheFixedFile() throws {
    var keys: Set<String> = []
    for root in Self.roots.indices {
      try assemble(root)
      keys.insert(try scratch.key("n.o"))
      _ = try fix("n.o")
      keys.insert(try scratch.key("n.o"))
    }
    #expect(keys.count == 1)
  }

  /// Nothing keeps its length in silence: a note that is no detail, and a raw key.
  private func expectInPlace(_ section: String, _ reason: String? = nil, _ options: Options = Options())
    throws
  {
    let report = scratch.keys(["n.o"], options: options)[0]
    #expect(report.isRaw && report.reasons.contains { $0.message.contains("keep their length") })
    let before = try symbols("n.o")
    let outcome = try fix("n.o", options)
    #expect(outcome.findings.allSatisfy { $0.fate == .inPlace }, "\(outcome.findings)")
    let note = try #require(outcome.notes.first { $0.message.contains("keep their length") })
    #expect(
      !note.isDetail && note.divergence == .debugInfo && note.message.contains("paths in \(section) keep"))
    if let reason {
      #expect(outcome.notes.contains { $0.message.contains(reason) && $0.isDetail }, "\(outcome.notes)")
    }
    let padded = try symbols("n.o").map { $0.replacing(#//{2,}/#, with: "/") }
    #expect(padded == before)
  }

  @Test func oneTableForSymbolsAndSectionsStays() throws {
    try assemble(0, assembler: ["clang", "-c"])
    #expect(try scratch.run("readelf", "-hW", "n.o").contains("REL"))
    try expectInPlace(".strtab", "section headers refer to it too")
  }

  @Test func theOldLayoutKeepsTheTable() throws {
    try assemble(0)
    var slot = Options()
    slot.layout = .slot
    try expectInPlace(".strtab", "every section keeps its place", slot)
  }

  /// A section that counts into the table in a way of its own.
  @Test func anotherUserKeepsTheTable() throws {
    try assemble(0)
    var bytes = scratch.read("n.o")
    let image = try ElfImage(Bytes(bytes))
    let (text, strings) = (
      try #require(image.section(named: ".text")), try #require(image.section(named: ".strtab"))
    )
    bytes.store(
      UInt64(strings.index), at: image.sectionHeaderOffset(of: text) + 0x28, width: 4, order: .little)
    _ = scratch.file("n.o", bytes)
    try expectInPlace(".strtab", ".text refers to it too")
  }

  @Test func stabsKeepTheirLengthAndSaySo() throws {
    try assemble(0, ".stabs \"\(Self.roots[0])/x.c\",100,0,0,0")
    let outcome = try fix("n.o")
    #expect(
      outcome.findings.map(\.fate).contains(.rebuilt) && outcome.findings.map(\.fate).contains(.inPlace))
    let notes = outcome.notes.filter { !$0.isDetail }
    #expect(notes.count == 1 && notes[0].message.contains("paths in .stabstr keep"), "\(notes)")
    #expect(notes[0].divergence == .debugInfo)
  }

  /// Debuggers are not the only ones to read them.
  @Test func otherSectionsMatterAnywhere() throws {
    try assemble(0, ".section .GCC.command.line,\"MS\",@progbits,1\n.asciz \"-I\(Self.roots[0])/x\"")
    let outcome = try fix("n.o")
    let note = try #require(outcome.notes.first { !$0.isDetail })
    #expect(note.message.contains("paths in .GCC.command.line keep") && note.divergence == .anywhere)
    try scratch.run("ld", "-shared", "n.o", "-o", "n.so")
    try assemble(0, ".section .GCC.command.line,\"MS\",@progbits,1\n.asciz \"-I\(Self.roots[0])/x\"")
    try scratch.run("ld", "-shared", "n.o", "-o", "n.so")
    let linked = try fix("n.so")
    #expect(linked.notes.first { !$0.isDetail }?.divergence == .anywhere, "\(linked.notes)")
  }

  /// Strings inside of DIEs (`DW_FORM_string`) keep their length; all else converges.
  @Test(arguments: ["nasm", "yasm"]) func assemblersOfTheirOwnKind(_ tool: String) throws {
    guard Scratch.has(tool) else { return }
    let source = """
      bits 64
      section .text
      global nf
      nf:
        mov eax, 7
        ret

      """
    for flags in [[], tool == "nasm" ? ["-g", "-F", "dwarf"] : ["-g", "dwarf2"]] {
      var results: Set<[UInt8]> = []
      for parent in ["a", "a/longer", "b"] {
        let root = "\(parent)/pip-req-build-ab12cd34"
        let file = scratch.file("\(root)/n.asm", Array(source.utf8))
        try Compiler.run(
          tool, ["-f", "elf64"] + flags + [file, "-o", scratch.path + "/n.o"],
          in: scratch.url.appending(path: root))
        try scratch.run("ld", "-shared", "n.o", "-o", "n.so")
        let outcome = try fix("n.so")
        let notes = outcome.notes.filter { !$0.isDetail }
        #expect(outcome.findings.contains { $0.fate == .rebuilt && $0.place.section == ".strtab" })
        #expect(notes.count == (flags.isEmpty ? 0 : 1), "\(outcome.notes)")
        #expect(notes.allSatisfy { $0.message.contains("paths in .debug_info keep") })
        // Those of one length are alike with debug info, too.
        if flags.isEmpty || parent.count == 1 { results.insert(scratch.read("n.so")) }
      }
      #expect(results.count == 1, "\(flags)")
    }
  }

  // MARK: Verification

  /// What the comparison says of a result whose byte `change` has changed.
  private func verification(_ change: (inout [UInt8], ElfImage) throws -> Void) throws -> String? {
    try assemble(0)
    let before = try ElfImage(Bytes(scratch.read("n.o")))
    let regions = try before.regions()
    let options = Options()
    let plan = try before.plan(
      before.hits(in: regions, options.policy), in: regions, debug: [], options, fix: true)
    var output = try before.edited(by: plan).bytes.array()
    try change(&output, ElfImage(Bytes(output)))
    let after = try ElfImage(Bytes(output))
    return errorText { () throws(ScrubError) in
      try ElfVerifier(before: before, after: after, debugAfter: [], plan: plan, policy: options.policy)
        .verify(resealed: [], everyDIE: true)
    }
  }

  @Test func verificationReadsEveryName() throws {
    #expect(try verification { _, _ in } == nil)
    func symbols(_ image: ElfImage) throws -> Int {
      Int(try #require(image.section(named: ".symtab")).offset)
    }
    let last = try verification { bytes, image in
      let table = try #require(image.section(named: ".symtab"))
      let (end, size) = (Int(table.offset + table.size), Int(table.entrySize))
      // The last symbol gets the name of the one in front of it.
      bytes.replaceSubrange(end - size..<end - size + 4, with: bytes[end - 2 * size..<end - 2 * size + 4])
    }
    #expect(last?.contains("has another name") ?? false, "\(last ?? "no error")")
    let value = try verification { bytes, image in
      let table = try #require(image.section(named: ".symtab"))
      bytes[Int(table.offset + table.size) - Int(table.entrySize) + 8] ^= 1
    }
    #expect(value?.contains("bytes differ that were not to change") ?? false, "\(value ?? "no error")")
    let letter = try verification { bytes, image in
      let table = try #require(image.section(named: ".strtab"))
      let range = Int(table.offset)..<Int(table.offset + table.size)
      let place = try #require(bytes[range].firstIndex { $0 == UInt8(ascii: "h") })
      bytes[place] = UInt8(ascii: "H")
    }
    #expect(letter?.contains("has another name") ?? false, "\(letter ?? "no error")")
  }

  /// Tables that lie are edited in place.
  @Test(arguments: ["offset", "terminator", "beginning", "entry size"]) func damage(_ kind: String) throws {
    try assemble(0)
    var bytes = scratch.read("n.o")
    let image = try ElfImage(Bytes(bytes))
    let symbols = try #require(image.section(named: ".symtab"))
    let strings = try #require(image.section(named: ".strtab"))
    switch kind {
    case "offset": bytes.store(0xffff_fff0, at: Int(symbols.offset) + 24, width: 4, order: .little)
    case "terminator": bytes[Int(strings.offset + strings.size) - 1] = UInt8(ascii: "x")
    case "beginning": bytes[Int(strings.offset)] = UInt8(ascii: "x")
    default: bytes.store(16, at: image.sectionHeaderOffset(of: symbols) + 0x38, width: 8, order: .little)
    }
    let outcome = try ImageScrub(options: Options()).run(Bytes(bytes), fix: true)
    #expect(outcome.findings.contains { $0.fate == .inPlace || !$0.isFixable }, "\(outcome.findings)")
    #expect(!outcome.findings.contains { $0.fate == .rebuilt })
  }
}
