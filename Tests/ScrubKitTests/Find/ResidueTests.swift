import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// What is left of a random name where no path is recognised.
@Suite struct ResidueTests {
  private static let token = "ab12cd34"
  private static let hash = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
  private static let root = "/tmp/pip-wheel-\(token)/x_\(hash)"

  /// A library whose read-only data holds the root once, with what else `assembly` says.
  private static func library(_ assembly: String, root: String = root, in scratch: Scratch) throws -> [UInt8]
  {
    let source = """
      .section .rodata
      path: .asciz "\(root)/x.c"
      .text
      .globl f
      f: lea path(%rip), %rax
      ret
      \(assembly)
      .section .note.GNU-stack,"",@progbits

      """
    _ = scratch.file("x.s", Array(source.utf8))
    try scratch.run("as", "x.s", "-o", "x.o")
    try scratch.run("ld", "-shared", "x.o", "-o", "x.so")
    return scratch.read("x.so")
  }

  private static func residues(_ findings: [Finding]) -> [String] {
    findings.filter { $0.rule == .residue }.map { "\($0.place): \($0.root)" }
  }

  private func alone(_ bytes: [UInt8], fix: Bool, _ options: Options = Options()) throws -> ImageScrub.Outcome
  {
    try LooseScrub(options: options)
      .runAlone(Bytes(bytes), FileKind.of(bytes), BytecodeScrub.Surroundings(), fix: fix)
  }

  // One image.

  @Test func cleanImagesStayClean() throws {
    let scratch = Scratch()
    let outcome = try alone(try Self.library("", in: scratch), fix: true)
    #expect(outcome.findings.map(\.fate) == [.inPlace])
    #expect(try alone(try #require(outcome.output).array(), fix: false).findings.isEmpty)
  }

  /// Nothing loads it, so the path in loaded bytes is rewritten all the same.
  @Test(
    arguments: [
      (#".ascii "zz\#(token)zz""#, ".odd+0x2: ab12cd34"),
      (#".ascii "zzx_\#(hash.prefix(11))""#, ".odd+0x2: x_0a1b2c3d4e5"),
      (#".string16 "/\#(token)""#, ".odd+0x2: ab12cd34"),
      (#".byte 0; .string16 "q/\#(token)""#, ".odd+0x5: ab12cd34"),
    ])
  func inASectionNobodyUnderstands(_ row: (text: String, found: String)) throws {
    let scratch = Scratch()
    let bytes = try Self.library(".section .odd,\"\",@progbits\n\(row.text)", in: scratch)
    for fix in [false, true] {
      let outcome = try alone(bytes, fix: fix)
      #expect(outcome.findings.first?.fate == .inPlace && (outcome.output != nil) == fix)
      #expect(Self.residues(outcome.findings) == [row.found])
      #expect(outcome.findings.last?.isFixable == false)
    }
  }

  /// Seven digits are no eight.
  @Test func shortPiecesOfNothingLoaded() throws {
    let scratch = Scratch()
    let bytes = try Self.library(".section .odd,\"\",@progbits\n.ascii \"zzb12cd34zz\"", in: scratch)
    #expect(try alone(bytes, fix: true).findings.count == 1)
  }

  /// What a compiler made of the same path: constants of 16 bytes, moves of eight, wide text. Half of a path would
  /// change: the other half stays, and says where.
  @Test(
    arguments: [
      (
        ".section .rodata.cst16,\"aM\",@progbits,16\n.ascii \"/tmp/pip-wheel-a\", \"b12cd34/x_0a1b2c\"",
        "x_0a1b2c"
      ),
      (".section .rodata.cst16,\"aM\",@progbits,16\n.ascii \"/lib/pip/b12cd3\", \"4\"", "b12cd3"),
      (".text\nmovabs $0x3433646332316261, %rax", "ab12cd34"),
      (".text\nmovabs $0x2f34336463323162, %rax", "b12cd34"),
      (".data\n.string16 \"x_0a1b2c3d4e5f60718293a4b5c6d7e8f9\"", "0a1b2c"),
      (".section .tail,\"a\",@progbits\n.ascii \"e8f9\", \"d7e8f9\"", "d7e8f9"),
    ])
  func aPieceInLoadedBytesUndoes(_ row: (assembly: String, piece: String)) throws {
    let scratch = Scratch()
    let bytes = try Self.library(row.assembly, in: scratch)
    for fix in [false, true] {
      let outcome = try alone(bytes, fix: fix)
      #expect(outcome.output == nil)
      #expect(outcome.findings.allSatisfy { !$0.isFixable })
      let first = try #require(outcome.findings.first { $0.root == Self.root })
      guard case .left(let reason) = first.fate else {
        Issue.record("\(first.fate)")
        continue
      }
      #expect(reason.contains("a piece of its random name stands at ."), "\(reason)")
      let residues = outcome.findings.filter { $0.rule == .residue }
      #expect(residues.contains { $0.root.contains(row.piece) }, "\(Self.residues(residues))")
    }
  }

  /// Another path of the same build has nothing to do with it.
  @Test func onlyTheRootWithThatPieceStays() throws {
    let scratch = Scratch()
    let other = "/tmp/build-env-77zz88yy"
    let bytes = try Self.library(
      ".section .rodata\n.asciz \"\(other)/y.h\"\n.data\n.ascii \"\(Self.hash.suffix(7))\"", in: scratch)
    let outcome = try alone(bytes, fix: true)
    #expect(outcome.findings.map(\.isFixable) == [false, true, false])
    let text = String(decoding: try #require(outcome.output).array(), as: UTF8.self)
    #expect(text.contains(Self.root) && !text.contains(other))
  }

  /// What the edit itself leaves counts in the same way.
  @Test func whatAnEditLeavesIsLookedForInItsResult() throws {
    let scratch = Scratch()
    let image = try ElfImage(Bytes(try Self.library("", in: scratch)))
    let regions = try image.regions()
    var hits = image.hits(in: regions, .default)
    let residue = try #require(LoadedResidue(image, hits, in: regions, .default))
    let all = hits
    #expect(!residue.restrain(&hits, by: image, regions) { all })
    // As if the ordinary search did not see in the result what is still there.
    #expect(residue.restrain(&hits, by: image, regions) { [] })
    #expect(hits.allSatisfy { $0.obstacle?.contains(".rodata+0x") == true })
    #expect(!residue.restrain(&hits, by: image, regions) { [] })
  }

  /// Digits alone are numbers, wherever they stand.
  @Test func numbersAreNoPieces() throws {
    let scratch = Scratch()
    let root = "/private/tmp/gccA13-20231024-4567-1q2w3e"
    let bytes = try Self.library(
      ".data\n.ascii \"20231024\", \"-4567-\"\n.section .odd,\"\",@progbits\n.ascii \"20231024-4567\"",
      root: root, in: scratch)
    #expect(try alone(bytes, fix: true).findings.map(\.fate) == [.inPlace])
  }

  @Test func shortPartsCountWithTheirNames() throws {
    let scratch = Scratch()
    let root = "/root/.cache/uv/builds-v0/.tmpAbCd12"
    let bytes = try Self.library(
      ".section .odd,\"\",@progbits\n.asciz \"AbCd12\", \".tmpAbCd\", \".tmpXbCd\"", root: root, in: scratch)
    #expect(Self.residues(try alone(bytes, fix: true).findings) == [".odd+0x7: .tmpAbCd"])
  }

  // Selection.

  @Test func whatNobodyWantsToHear() throws {
    let scratch = Scratch()
    let bytes = try Self.library(".section .odd,\"\",@progbits\n.ascii \"\(Self.token)\"", in: scratch)
    for ignored in ["BP199", "residue", "BP1"] {
      var options = Options()
      options.policy = try Policy(RuleSelection(ignore: [ignored]))
      #expect(Self.residues(try alone(bytes, fix: false, options).findings).isEmpty)
    }
    // The root is allowed, so nothing is known of it, and an allowed root of the same part is no rest.
    let twice = try Self.library(
      ".section .odd,\"\",@progbits\n.asciz \"/opt/pip-wheel-\(Self.token)/y\"", in: scratch)
    var options = Options()
    options.policy = try Policy(.default, allowed: [try AllowedPath("/opt/pip-wheel-.*")])
    #expect(try alone(twice, fix: false, options).findings.map(\.rule.code) == ["BP101"])
  }

  // Containers.

  private static func wheel(_ members: [(String, [UInt8])]) -> [UInt8] {
    var record = members.map { name, content in
      "\(name),sha256=\(RecordHash.sha256.digest(Bytes(content))),\(content.count)\n"
    }.joined()
    record += "x-1.dist-info/RECORD,,\n"
    var entries = members.map { name, content in
      var entry = TestZip.Entry(name)
      entry.content = content
      return entry
    }
    entries.append(.init("x-1.dist-info/RECORD", record))
    return TestZip(entries).bytes()
  }

  private func report(_ scratch: Scratch, _ members: [(String, [UInt8])], fix: Bool) -> FileReport {
    let path = scratch.file("x-1-py3-none-any.whl", Self.wheel(members))
    let input = InputFile(path: path, relativePath: "x", isExplicit: true)
    return fix ? Scrub(Options()).fix(input, to: .file(path + ".new")) : Scrub(Options()).check(input)
  }

  /// In whichever member the root stands, and whichever is worked on first.
  @Test(arguments: [1, 4], [false, true])
  func inOtherMembersOfAWheel(_ jobs: Int, _ leaksLast: Bool) throws {
    let scratch = Scratch()
    let leaking = try Self.library("", in: scratch)
    let quiet = try Self.library(
      ".data\n.ascii \"zz\(Self.token.dropFirst(2))zz\"\n.section .odd,\"\",@progbits\n.ascii \"ab12cd3\"",
      root: "/usr/src/x", in: scratch)
    var code = TestBytecode(try #require(BytecodeVersion.all.last))
    code.append(
      TestBytecode.Code(
        filename: .string("x.py"), constants: [.string("no \(Self.token) prose"), .string("c:\(Self.hash)")]))
    let archive = TestArchive.magic + TestArchive.member("a.txt/", Array("=\(Self.token)=\n".utf8))
    var members: [(String, [UInt8])] = [
      ("x/quiet.so", quiet), ("x/notes.txt", Array("built in \(Self.token): x_\(Self.hash)\n".utf8)),
      ("x/__pycache__/x.cpython-311.pyc", code.bytes), ("x/lib.a", archive),
      ("x/\(Self.token).dat", [1, 2, 3]),
    ]
    members.insert(("x/leak.so", leaking), at: leaksLast ? members.count : 0)
    let expected = [
      "x/quiet.so: .data", "x/notes.txt: 0x9: ab12cd34", "x/notes.txt: 0x13: x_\(Self.hash)",
      "x.cpython-311.pyc: marshal", "x.cpython-311.pyc: marshal", "x/lib.a!a.txt: 0x1: ab12cd34",
      "x/ab12cd34.dat: directory entry+0x30: ab12cd34", "x-1.dist-info/RECORD: ",
    ]
    for fix in [false, true] {
      var options = Options()
      options.workers = Workers(jobs: jobs)
      let path = scratch.file("x-1-py3-none-any.whl", Self.wheel(members))
      let input = InputFile(path: path, relativePath: "x", isExplicit: true)
      let report =
        fix ? Scrub(options).fix(input, to: .file(path + ".new")) : Scrub(options).check(input)
      #expect(report.errors.isEmpty, "\(report.errors)")
      let found = Self.residues(report.findings).map { $0.replacingOccurrences(of: path + "!", with: "") }
      #expect(found.count == expected.count, "\(found)")
      for (one, other) in zip(found, expected) {
        #expect(one.contains(other), "\(one) is not \(other)")
      }
      // The member that leaks is fixed all the same.
      #expect(report.findings.first { $0.rule.code == "BP101" }?.fate == .inPlace)
    }
    let keys = Keys(Options(), level: .full).run([scratch.path + "/x-1-py3-none-any.whl"])
    #expect(keys[0].isRaw && keys[0].reasons.count >= 6, "\(keys)")
  }

  /// Without a finding nothing is known to be random, and text is prose.
  @Test func nothingIsSearchedForWhereNothingWasFound() throws {
    let scratch = Scratch()
    let prose = Array("as in \(Self.token): x_\(Self.hash)\n".utf8)
    let report = report(
      scratch, [("x/a.txt", prose), ("x/b.so", try Self.library("", root: "/usr", in: scratch))], fix: false)
    #expect(report.findings.isEmpty && report.errors.isEmpty, "\(report)")
  }

  /// Numbers and words do not turn a wheel's prose into findings.
  @Test func proseStaysProse() throws {
    let scratch = Scratch()
    let leaking = try Self.library("", root: "/tmp/tmpfilename/pip-wheel-20240131", in: scratch)
    let prose = Array("2024: the filename 20240131 of tmpfile, wheel-2024 and 20240131-x\n".utf8)
    let report = report(scratch, [("x/x.so", leaking), ("x/a.txt", prose)], fix: false)
    #expect(!report.findings.isEmpty && Self.residues(report.findings).isEmpty, "\(report.findings)")
  }

  @Test func filesOfOneTree() throws {
    let scratch = Scratch()
    let first = scratch.file("t/a.so", try Self.library("", in: scratch))
    let second = scratch.file(
      "t/b.so", try Self.library(".data\n.ascii \"zz\(Self.token)zz\"", root: "/usr/src/x", in: scratch))
    let files = Tree.expand([scratch.path + "/t"]).files
    #expect(files.map(\.path) == [first, second])
    for fix in [false, true] {
      let reports = files.map { fix ? Scrub(Options()).fix($0, to: .nowhere) : Scrub(Options()).check($0) }
      var complete = reports
      TreeResidue(options: Options()).complete(files, &complete)
      #expect(reports[1].findings.isEmpty)
      #expect(Self.residues(complete[0].findings).isEmpty && complete[0].findings == reports[0].findings)
      #expect(Self.residues(complete[1].findings).count == 1)
      #expect(complete[1].findings[0].place.path == second)
      #expect(complete[1].findings[0].place.section == ".data")
    }
    let keys = Keys(Options(), level: .full).run([scratch.path + "/t", second])
    #expect(keys[0].isRaw && !keys[1].isRaw)
  }

  /// What is called so often is told so often only as a reader can bear.
  @Test func manyPiecesAreCut() throws {
    let scratch = Scratch()
    let leaking = try Self.library("", in: scratch)
    let text = Array(String(repeating: "\(Self.token)\n", count: 5000).utf8)
    let report = report(scratch, [("x/x.so", leaking), ("x/a.txt", text)], fix: false)
    #expect(Self.residues(report.findings).count == 100)
  }
}
