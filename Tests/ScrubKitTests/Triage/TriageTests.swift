import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// What is decided without looking into bytecode, and who may prove it.
@Suite struct TriageTests {
  private let tree: InstalledModule

  init() throws { tree = try InstalledModule(try #require(InjectionTests.interpreters.last)) }

  @Test func otherFilesFollowRECORD() throws {
    try tree.write(tree.package + "/data.txt", Array("other\n".utf8))
    #expect(tree.verify().onlyDoubt?.verdict == .mismatch)
    try FileManager.default.removeItem(atPath: tree.package + "/data.txt")
    let doubt = try #require(tree.verify().onlyDoubt)
    #expect(doubt.path == tree.package + "/data.txt" && doubt.verdict == .mismatch)
    #expect(doubt.reason == "missing; pkg-1.0.dist-info/RECORD lists it")
  }

  @Test func weakAndMissingHashes() throws {
    _ = tree.scratch.file(
      "site/pkg-1.0.dist-info/RECORD", Array("pkg/mod.py,md5=abc,\npkg/latin.py,,\n".utf8))
    let report = tree.verify()
    #expect(report.weight == .unproven)
    #expect(report.verdict(of: tree.package + "/mod.py") == .unproven)
    #expect(report.verdict(of: tree.package + "/latin.py") == .unproven)
    // Nobody lists this one, and Python would import it.
    #expect(report.verdict(of: tree.package + "/__init__.py") == .unproven)
    #expect(report.verdict(of: tree.bytecode) == .unproven)
  }

  @Test func bytecodeWithAHash() throws {
    let content = Bytes([UInt8](try Data(contentsOf: URL(filePath: tree.bytecode))))
    let name = "pkg/__pycache__/mod.\(tree.tag).pyc"
    tree.writeRecord(["\(name),sha256=\(RecordHash.sha256.digest(content)),\(content.count)"])
    #expect(tree.verify().verdict(of: tree.bytecode) == .ok)
    tree.writeRecord(["\(name),sha256=\(RecordHash.sha256.digest(Bytes([1]))),1"])
    #expect(tree.verify().verdict(of: tree.bytecode) == .proven)
  }

  @Test func rowsAndLinksThatLeadOut() throws {
    let outside = tree.scratch.file("outside/x.py", Array("x = 1\n".utf8))
    tree.writeRecord(["../outside/x.py,sha256=AAAA,1", "/etc/passwd,sha256=AAAA,1"])
    var report = tree.verify()
    #expect(report.weight == .fine)
    #expect(
      report.notes.map(\.message) == [
        "../outside/x.py and 1 more rows lead out of the directory; not followed"
      ])
    try FileManager.default.createSymbolicLink(
      atPath: tree.package + "/linked.py", withDestinationPath: outside)
    try FileManager.default.createSymbolicLink(
      atPath: tree.site + "/other", withDestinationPath: tree.scratch.path + "/outside")
    tree.writeRecord(["other/x.py,sha256=AAAA,1"])
    report = tree.verify()
    #expect(report.verdict(of: tree.package + "/linked.py") == .unproven)
    #expect(report.verdict(of: tree.site + "/other") == .unproven)
    #expect(report.verdict(of: tree.site + "/other/x.py") == .unproven)
    #expect(report.weight == .unproven)
  }

  /// A package within a package has a RECORD of its own, and not all of the files that it once had.
  @Test func vendoredDistributions() throws {
    let inner = tree.package + "/_vendor"
    func writeInner(_ hash: String) {
      _ = tree.scratch.file("site/pkg/_vendor/lib.py", Array("x = 1\n".utf8))
      _ = tree.scratch.file(
        "site/pkg/_vendor/lib-1.dist-info/RECORD",
        Array("lib.py,sha256=\(hash),6\nbin/lib,sha256=AAAA,1\nlib-1.dist-info/RECORD,,\n".utf8))
    }
    let right = RecordHash.sha256.digest(Bytes(Array("x = 1\n".utf8)))
    writeInner(right)
    let content = Bytes(tree.scratch.read("site/pkg/_vendor/lib-1.dist-info/RECORD"))
    tree.writeRecord([
      "pkg/_vendor/lib-1.dist-info/RECORD,sha256=\(RecordHash.sha256.digest(content)),\(content.count)"
    ])
    #expect(tree.verify().weight == .fine)
    // Nobody outside lists this one: its rows count.
    tree.writeRecord()
    #expect(tree.verify().verdict(of: inner + "/bin/lib") == .mismatch)
    // But it does not overrule the outer one.
    try tree.write(inner + "/lib.py", Array("y = 2\n".utf8))
    let other = RecordHash.sha256.digest(Bytes(Array("y = 2\n".utf8)))
    _ = tree.scratch.file(
      "site/pkg/_vendor/lib-1.dist-info/RECORD", Array("lib.py,sha256=\(other),6\n".utf8))
    #expect(tree.verify().verdict(of: inner + "/lib.py") == .sourceModified)
  }

  /// The name decides which module it is, not the file behind it.
  @Test func linkedBytecodeIsJudgedUnderItsName() throws {
    let other = tree.package + "/__pycache__/latin.\(tree.tag).pyc"
    try FileManager.default.removeItem(atPath: other)
    try FileManager.default.createSymbolicLink(atPath: other, withDestinationPath: tree.bytecode)
    let verdict = tree.verify().verdict(of: other)
    #expect(verdict == .stale || verdict == .mismatch)
  }

  @Test func withoutRECORDNothingIsProven() throws {
    try FileManager.default.removeItem(atPath: tree.site + "/pkg-1.0.dist-info")
    let report = tree.verify()
    #expect(report.weight == .unproven && report.count(.unproven) == 3 && report.results.count == 3)
    #expect(report.results[0].reason?.contains("nobody vouches for that: no RECORD lists it") == true)
    // But what is not its source's code is wrong in any case.
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: tree.bytecode)))
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("text".utf8)) })
    bytes[place] = UInt8(ascii: "n")
    try tree.write(tree.bytecode, bytes)
    #expect(tree.verify().verdict(of: tree.bytecode) == .mismatch)
  }

  @Test func interpretersThatDoNotHelp() throws {
    // None at all.
    let none = tree.verify(interpreters: [])
    #expect(none.count(.foreignMagic) == 3 && none.weight == .unproven && none.errors.isEmpty)
    #expect(none.results.contains { $0.reason?.contains("CPython \(tree.interpreter.version)") == true })
    // Not there, and no interpreter.
    let wrong = tree.verify(interpreters: ["/nonexistent/python3", "/bin/true"])
    #expect(wrong.errors.count == 2)
    // What is verified must not prove itself.
    let inside = tree.package + "/python3"
    try FileManager.default.createSymbolicLink(atPath: inside, withDestinationPath: tree.interpreter.path)
    let own = tree.verify(interpreters: [inside])
    #expect(own.errors.first?.message == "is itself to be verified, so it proves nothing")
    #expect(own.count(.foreignMagic) == 3)
  }

  /// An activated environment comes first in PATH, and whoever changed its packages may have changed its interpreter.
  @Test func theEnvironmentOfWhatIsVerifiedProvesNothing() throws {
    let environment = AtomicWrite.split(tree.site).directory
    try FileManager.default.createDirectory(atPath: environment + "/bin", withIntermediateDirectories: true)
    let own = environment + "/bin/python3"
    try FileManager.default.createSymbolicLink(atPath: own, withDestinationPath: tree.interpreter.path)
    var options = TriageOptions()
    options.paths = [tree.site]
    options.searchPath = [environment + "/bin"]
    #expect(Triage(options).run().count(.foreignMagic) == 3)
    options.searchPath.append(AtomicWrite.split(tree.interpreter.path).directory)
    let report = Triage(options).run()
    #expect(report.count(.foreignMagic) == 0 && report.interpreters.map(\.path) != [own])
    // The same by name.
    #expect(
      tree.verify(interpreters: [own]).errors.first?.message
        == "is itself to be verified, so it proves nothing")
  }

  @Test func searchPath() throws {
    var options = TriageOptions()
    options.paths = [tree.site]
    // Found, not one of its version, relative (never used), the right one.
    let fake = tree.scratch.file("fake/python\(tree.interpreter.version)", Array("#!/bin/sh\nexit 1\n".utf8))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: fake)
    let good = tree.scratch.path + "/good"
    try FileManager.default.createDirectory(atPath: good, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: "\(good)/python3", withDestinationPath: tree.interpreter.path)
    options.searchPath = ["relative", tree.scratch.path + "/fake", "/nonexistent", good]
    let report = Triage(options).run()
    #expect(report.weight == .fine && report.interpreters.map(\.path) == ["\(good)/python3"], "\(report)")
  }

  @Test func foreignMagic() throws {
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: tree.bytecode)))
    (bytes[0], bytes[1]) = (0x70, 0x0d)
    try tree.write(tree.bytecode, bytes)
    #expect(tree.verify().onlyDoubt?.verdict == .foreignMagic)
  }

  @Test func filesAndDirectoriesInside() throws {
    #expect(tree.verify([tree.bytecode]).results.map(\.verdict) == [.proven])
    #expect(tree.verify([tree.package + "/mod.py"]).results.map(\.verdict) == [.ok])
    let package = tree.verify([tree.package])
    #expect(package.weight == .fine && package.results.count == 7)
    #expect(tree.verify([tree.site, tree.package]).results.count == 7)
    #expect(tree.verify([tree.scratch.path + "/nothing"]).errors.count == 1)
    let wheel = tree.scratch.file("pkg-1.0-py3-none-any.whl")
    #expect(tree.verify([wheel]).errors.first?.message.hasPrefix("is not installed") == true)
  }

  @Test func packageManagersLines() throws {
    let source = tree.package + "/mod.py"
    let complaint = "py-1.0: checksum mismatch for \(tree.bytecode)\n"
    var report = tree.verify([], lines: complaint)
    #expect(report.results.map(\.verdict) == [.proven] && report.weight == .fine)
    // The manager complains of the source too, or lists what is right, and this is not there.
    report = tree.verify([], lines: complaint + "py-1.0: checksum mismatch for \(source)\n")
    #expect(report.results.map(\.verdict) == [.unproven, .sourceModified])
    report = tree.verify([], lines: complaint + "/usr/other.py  OK\n")
    #expect(report.results.map(\.verdict) == [.unproven])
    report = tree.verify([], lines: complaint + "\(source)  OK\n")
    #expect(report.results.map(\.verdict) == [.proven])
    // Nothing is swallowed.
    report = tree.verify(
      [],
      lines: """
        S.5....T.  c \(tree.package)/data.txt
        missing      \(tree.package)/gone.so
        missing      \(tree.package)/__pycache__/__init__.cpython-399.pyc
        .......T.    \(tree.package)/latin.py
        .M.......    \(tree.package)/__init__.py
        hello

        """)
    #expect(report.results.map(\.verdict) == [.mismatch, .mismatch, .ok, .ok, .unproven])
    #expect(report.results[0].reason == "the package manager has another checksum; a configuration file")
    #expect(report.results[1].reason == "missing")
    #expect(report.oddLines.map(\.text) == ["hello"])
    #expect(tree.verify([], lines: "hello\n").weight == .unproven)
  }

  @Test func debianListsWhatIsRight() throws {
    try FileManager.default.removeItem(atPath: tree.site + "/pkg-1.0.dist-info")
    let lines = ["__init__", "mod"].map { "\(tree.package)/\($0).py   OK\n" }.joined()
    let report = tree.verify(lines: lines)
    #expect(report.count(.ok) == 2 && report.count(.proven) == 2)
    #expect(report.onlyDoubt?.verdict == .unproven)
    #expect(report.onlyDoubt?.reason?.contains("the package manager does not list it") == true)
  }

  @Test func linesAboutAnImage() throws {
    let lines = "py-1.0: checksum mismatch for /pkg/__pycache__/mod.\(tree.tag).pyc\n"
    #expect(tree.verify([], lines: lines, root: tree.site).results.map(\.verdict) == [.proven])
    let outside = tree.scratch.file("outside.py", Array("x\n".utf8))
    try FileManager.default.createSymbolicLink(
      atPath: tree.package + "/linked.py", withDestinationPath: outside)
    let report = tree.verify([], lines: "py-1.0: checksum mismatch for /pkg/linked.py\n", root: tree.site)
    #expect(report.results.map(\.verdict) == [.unproven])
    // What is missing with its directory leads nowhere, not out of the root.
    let missing = tree.verify([], lines: "py-1.0: checksum mismatch for /gone/mod.py\n", root: tree.site)
    #expect(missing.onlyDoubt?.verdict == .mismatch && missing.onlyDoubt?.reason == "missing")
    #expect(tree.verify([], lines: lines, root: "/nonexistent").errors.count == 1)
  }

  @Test func sourceThatDoesNotCompile() throws {
    try tree.write(tree.package + "/mod.py", Array("def (:\n".utf8))
    tree.writeRecord()
    let doubt = try #require(tree.verify().onlyDoubt)
    #expect(doubt.verdict == .mismatch)
    #expect(doubt.reason?.hasPrefix("its source does not compile: SyntaxError") == true)
  }

  /// Whatever is damaged: a verdict, never a trap; and nothing that was changed in what is run is proven.
  @Test func mutations() throws {
    let original = [UInt8](try Data(contentsOf: URL(filePath: tree.bytecode)))
    let pristine = try BytecodeImage(Bytes(original))
    let file = FileWalk.File(path: tree.bytecode, real: tree.bytecode, root: tree.site)
    var vouchers = Vouchers()
    vouchers.addRecords(in: tree.site, shownAs: tree.site)
    let recompiler = Recompiler(trusted: [tree.interpreter.path], searchPath: []) { _ in false }
    #expect(recompiler.start().isEmpty)
    let triage = BytecodeTriage(file: file, vouchers: vouchers, recompiler: recompiler)
    var counts: [Verdict: Int] = [:]
    try Mutation.each(of: original, times: 600, seed: 611, focus: [0..<40, 16..<300]) { mutant, name in
      let verdict = try triage.judge(Bytes(mutant)).verdict
      counts[verdict, default: 0] += 1
      guard verdict == .proven else { return }
      #expect(CodeComparison(try BytecodeImage(Bytes(mutant)), pristine).isSame, name)
    }
    let seen = counts[.invalid, default: 0] > 50 && counts[.mismatch, default: 0] > 5
    #expect(seen || !Mutation.triesAll, "\(counts)")
  }
}
