import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Installed packages: a root with `*.dist-info` in it.
@Suite struct RecordScrubTests {
  private let scratch = Scratch()

  private func row(_ path: String, _ text: String) -> String {
    let content = Bytes(Array(text.utf8))
    return "\(path),sha256=\(RecordHash.sha256.digest(content)),\(content.count)\n"
  }

  /// A package as pip leaves it: bytecode without a hash, a script outside.
  private func install(_ more: String = "") -> String {
    _ = scratch.file("bin/x", Array("#!/bin/sh\n".utf8))
    _ = scratch.file("lib/site/x/__init__.py", Array("print(1)\n".utf8))
    _ = scratch.file("lib/site/x/__pycache__/__init__.cpython-311.pyc", [1, 2, 3])
    _ = scratch.file("lib/site/x-1.dist-info/INSTALLER", Array("pip\n".utf8))
    let record =
      "../../bin/x,sha256=AAAA,1\n" + row("x/__init__.py", "print(1)\n")
      + "x/__pycache__/__init__.cpython-311.pyc,,\n" + row("x-1.dist-info/INSTALLER", "pip\n") + more
      + "x-1.dist-info/RECORD,,\n"
    _ = scratch.file("lib/site/x-1.dist-info/RECORD", Array(record.utf8))
    return scratch.path + "/lib/site"
  }

  private let scrub = RecordScrub(workers: Workers(jobs: 2))

  @Test func whatPipInstalledIsTrue() throws {
    let reports = scrub.run(install(), update: false)
    #expect(reports.count == 1)
    #expect(reports[0].findings.isEmpty && reports[0].errors.isEmpty)
    #expect(reports[0].notes.map(\.message) == ["../../bin/x leads out of the directory; not followed"])
  }

  @Test func updateWritesWhatIsWrongAndNothingElse() throws {
    let root = install(row("x/gone.py", "x") + "x/data,md5=abc,\n")
    _ = scratch.file("lib/site/x/__init__.py", Array("print(2)\n".utf8))
    _ = scratch.file("lib/site/x/data", Array("data".utf8))
    let before = scrub.run(root, update: false)
    #expect(before[0].findings.map(\.rule.code).sorted() == ["RC103", "RC104", "RC106"])
    let updated = scrub.run(root, update: true)
    #expect(updated[0].errors.isEmpty && updated[0].unfixable.isEmpty)
    let record = String(decoding: scratch.read("lib/site/x-1.dist-info/RECORD"), as: UTF8.self)
    #expect(
      record == "../../bin/x,sha256=AAAA,1\n" + row("x/__init__.py", "print(2)\n")
        + "x/__pycache__/__init__.cpython-311.pyc,,\n" + row("x-1.dist-info/INSTALLER", "pip\n")
        + row("x/data", "data") + "x-1.dist-info/RECORD,,\n")
    #expect(scrub.run(root, update: false)[0].findings.isEmpty)
    #expect(scrub.run(root, update: true)[0].changes.isEmpty)
  }

  @Test func linksOutOfTheRootAreNotFollowed() throws {
    let root = install(row("x/link", "secret"))
    let secret = scratch.file("secret", Array("secret".utf8))
    try FileManager.default.createSymbolicLink(atPath: root + "/x/link", withDestinationPath: secret)
    let report = scrub.run(root, update: false)[0]
    #expect(report.notes.contains { $0.message.contains("link out of the directory; not followed") })
    #expect(report.findings.map(\.rule.code) == ["RC103"])
  }

  @Test func missingRECORDIsLeftMissing() throws {
    let root = install()
    try FileManager.default.removeItem(atPath: root + "/x-1.dist-info/RECORD")
    #expect(scrub.run(root, update: true).isEmpty)
    #expect(!scratch.names.contains("RECORD"))
  }

  @Test func whatCannotBeReadIsAnErrorAndTheRestIsDone() throws {
    let root = install()
    let reports = [root, root + "/missing"].flatMap { scrub.run($0, update: false) }
    #expect(reports[0].errors.isEmpty)
    #expect(reports[1].errors.count == 1)
  }
}
