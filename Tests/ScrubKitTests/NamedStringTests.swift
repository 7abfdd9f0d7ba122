import Testing

@testable import Formats
@testable import ScrubKit

/// Relocations that name symbols inside of string sections: the next link has to read the strings that it read before.
@Suite struct NamedStringTests {
  private let scratch = Scratch()

  private func assemble(
    _ machine: NamedStrings.Machine = .native, _ name: String, root: Int = 0, more: String = ""
  ) throws -> [UInt8] {
    let source = NamedStrings.source(name, NamedStrings.roots[root], more: more)
    _ = scratch.file("\(name).s", Array(source.utf8))
    try scratch.run("\(machine.prefix)as", "\(name).s", "-o", "\(name).o")
    return scratch.read("\(name).o")
  }

  @discardableResult
  private func fix(_ file: String) throws -> ImageScrub.Outcome {
    let before = scratch.file("before/\(file)", scratch.read(file))
    let outcome = try ImageScrub(options: Options()).run(Bytes(scratch.read(file)), fix: true)
    let after = scratch.file(file, try #require(outcome.output).array())
    let proof = PathProof(Options()).run(before, after)
    #expect(proof.violations.isEmpty && proof.errors.isEmpty, "\(proof)")
    return outcome
  }

  private func link(_ machine: NamedStrings.Machine, _ flag: String, _ name: String) throws -> [String] {
    try scratch.run("\(machine.prefix)ld", flag, "first.o", "second.o", "-o", name)
    return try NamedStrings.strings(of: name, in: scratch)
  }

  private func clean(_ text: String) -> String {
    NamedStrings.roots.reduce(text) { $0.replacing($1, with: "/build/demo") }
  }

  @Test(arguments: NamedStrings.Machine.all)
  func theNextLinkReadsTheSameStrings(_ machine: NamedStrings.Machine) throws {
    _ = try assemble(machine, "first", root: 0)
    _ = try assemble(machine, "second", root: 1)
    let relocations = try scratch.run("readelf", "-rW", "first.o")
    #expect(relocations.contains("first_directory") && relocations.contains("first_two"), "\(relocations)")
    let before = try ["-r", "-shared"].map { try link(machine, $0, "before\($0)") }
    #expect(before[0].count == 16 && before[0] == before[1])
    let named = try NamedStrings.named(in: "first.o", scratch)
    #expect(named["first_file"] == "first.c" && named["first_end"] == "the end", "\(named)")

    for file in ["first.o", "second.o"] {
      let outcome = try fix(file)
      #expect(outcome.notes.allSatisfy { $0.isDetail }, "\(outcome.notes)")
      #expect(outcome.findings.count == 3 && outcome.findings.allSatisfy { $0.fate == .rebuilt })
    }
    for (flag, strings) in zip(["-r", "-shared"], before) {
      #expect(try link(machine, flag, "after\(flag)") == strings.map(clean))
    }
    #expect(try NamedStrings.named(in: "first.o", scratch) == named.mapValues(clean))
  }

  @Test(arguments: NamedStrings.Machine.all)
  func directoriesBecomeOne(_ machine: NamedStrings.Machine) throws {
    var results: Set<[UInt8]> = []
    for root in NamedStrings.roots.indices {
      let before = try assemble(machine, "first", root: root)
      try fix("first.o")
      results.insert(scratch.read("first.o"))
      #expect(scratch.read("first.o").count < before.count)
    }
    #expect(results.count == 1)
  }

  /// A linked file keeps the symbols, and they name what they named.
  @Test(arguments: NamedStrings.Machine.all)
  func symbolsOfLinkedFilesFollow(_ machine: NamedStrings.Machine) throws {
    _ = try assemble(machine, "first", root: 0)
    _ = try assemble(machine, "second", root: 1)
    let before = try link(machine, "-shared", "x.so")
    let named = try NamedStrings.named(in: "x.so", scratch)
    #expect(named["second_directory"] == NamedStrings.roots[1] + "/sub", "\(named)")
    let outcome = try fix("x.so")
    #expect(outcome.findings.allSatisfy { $0.fate == .rebuilt })
    #expect(try NamedStrings.strings(of: "x.so", in: scratch) == before.map(clean))
    #expect(try NamedStrings.named(in: "x.so", scratch) == named.mapValues(clean))
  }

  /// The proof reads symbols as well: one that names the end of its string is no path.
  @Test func theProofFollowsSymbols() throws {
    let before = scratch.file("before/first.o", try assemble(.native, "first"))
    try fix("first.o")
    let image = try ElfImage(Bytes(scratch.read("first.o")))
    let group = try #require(image.debugGroups().first)
    let label = try #require(group[".debug_str"]?.labels.first { $0.offset > 0 })
    var bytes = scratch.read("first.o")
    bytes[Int(image.sections[label.field.section].offset) + label.field.offset] += 1
    let proof = PathProof(Options()).run(before, scratch.file("after/first.o", bytes))
    #expect(!proof.violations.isEmpty)
  }

  struct Fixture: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var more = ""
    var addend = ""
  }

  /// Whoever counts on more than the place that a symbol names: nothing moves then.
  @Test(arguments: [
    Fixture(testDescription: "a size", more: ".size first_file, 8"),
    Fixture(testDescription: "an addend", addend: " + 5"),
    Fixture(testDescription: "data", more: ".data\n.4byte first_file"),
    Fixture(testDescription: "data, by the section", more: ".data\n.4byte .debug_str + 3"),
    Fixture(testDescription: "no string", more: ".set first_far, first_end + 9"),
  ])
  func whatCannotFollowIsEditedInPlace(_ fixture: Fixture) throws {
    let source = NamedStrings.source("first", NamedStrings.roots[0], more: fixture.more)
      .replacing("_maker, first_file", with: "_maker\(fixture.addend), first_file")
    _ = scratch.file("first.s", Array(source.utf8))
    try scratch.run("\(NamedStrings.Machine.native.prefix)as", "first.s", "-o", "first.o")
    try scratch.run("\(NamedStrings.Machine.native.prefix)ld", "-r", "first.o", "-o", "before.o")
    let before = try NamedStrings.strings(of: "before.o", in: scratch)
    let named = try NamedStrings.named(in: "first.o", scratch)
    let outcome = try fix("first.o")
    #expect(outcome.findings.count == 3 && outcome.findings.allSatisfy { $0.fate == .inPlace })
    #expect(outcome.notes.contains { $0.message.contains("edited in place") }, "\(outcome.notes)")
    try scratch.run("\(NamedStrings.Machine.native.prefix)ld", "-r", "first.o", "-o", "after.o")
    func padded(_ text: String) -> String {
      text.replacing(
        NamedStrings.roots[0],
        with: "/build/demo" + String(repeating: "/", count: NamedStrings.roots[0].utf8.count - 11))
    }
    #expect(try NamedStrings.strings(of: "after.o", in: scratch) == before.map(padded))
    #expect(try NamedStrings.named(in: "first.o", scratch) == named.mapValues(padded))
  }
}
