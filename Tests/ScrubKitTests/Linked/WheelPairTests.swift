import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// A wheel and the debug files of its members, which lie beside it: one `fix` seals them together.
@Suite struct WheelPairTests {
  private let scratch = Scratch()
  private let wheel = "m-1.0-py3-none-any.whl"

  /// A wheel with the library in `DIRECTORY`, and its debug files there in `debug`.
  private func build(in directory: String, longer: Int = 0, sources: [String: String] = Sources.quiet) throws
  {
    let parts = "\(directory)-parts"
    try Builds.run(Builds.pair, in: scratch, to: parts, sources: sources, longer: longer)
    let top = scratch.path
    for name in [".debug", ".build-id"] {
      try FileManager.default.createDirectory(
        atPath: "\(top)/\(directory)/debug", withIntermediateDirectories: true)
      try FileManager.default.moveItem(
        atPath: "\(top)/\(parts)/\(name)", toPath: "\(top)/\(directory)/debug/\(name)")
    }
    try scratch.pack(parts, as: "\(directory)/\(wheel)")
  }

  private func library(in directory: String) throws -> ElfImage {
    let wheel = try Wheel.open("\(scratch.path)/\(directory)/\(wheel)")
    return try ElfImage(try #require(wheel.member(named: "m/x.so")).content())
  }

  private func debugFile(in directory: String) throws -> ElfImage {
    try ElfImage(Bytes(scratch.read("\(directory)/debug/.debug/x.so.debug")))
  }

  /// What debuggers ask: one id, the name that it makes, the checksum of the file that the link names.
  private func expectOne(in directory: String) throws {
    let (library, debug) = (try library(in: directory), try debugFile(in: directory))
    #expect(library.buildIDContents == debug.buildIDContents)
    #expect(try #require(DebugLink(library)).checksum == Inflate.crc32(debug.bytes))
    let hex = BuildIDPath.hex(library.buildIDContents[0])
    let named = "\(directory)/debug/.build-id/\(hex.prefix(2))/\(hex.dropFirst(2)).debug"
    #expect(Bytes(scratch.read(named)) == debug.bytes)
  }

  @Test(arguments: [false, true]) func `builds in random directories become one`(isCanonical: Bool) throws {
    var options = Options()
    options.isCanonical = isCanonical
    func key(_ directory: String) throws -> KeyReport.Key {
      try #require(Keys(options, level: .full).run(["\(scratch.path)/\(directory)"])[0].key)
    }
    var results: [[String: [UInt8]]] = []
    var keys: Set<KeyReport.Key> = []
    for (index, longer) in [0, 0, 41].enumerated() {
      try build(in: "in\(index)", longer: longer)
      let original = scratch.contents(of: "in\(index)")
      let before = try key("in\(index)")
      let reports = scratch.fix(["in\(index)"], options: options)
      #expect(reports.allSatisfy { $0.errors.isEmpty && $0.unfixable.isEmpty }, "\(reports.map(\.errors))")
      #expect(reports.flatMap(\.notes).allSatisfy { !$0.message.contains("both") })
      try expectOne(in: "in\(index)")
      // A key is that of what one fix of all writes.
      #expect(try key("in\(index)") == before)
      keys.insert(before)
      let after = scratch.contents(of: "in\(index)")
      #expect(after != original)
      results.append(after)
      #expect(
        scratch.fix(["in\(index)"], options: options).allSatisfy { $0.changes.isEmpty && $0.writtenTo == nil }
      )
      #expect(scratch.contents(of: "in\(index)") == after)
    }
    #expect(results.allSatisfy { $0 == results[0] })
    #expect(keys.count == 1, "\(keys)")
    #expect(results[0].count == 3)
  }

  /// A stripped wheel is clean, and its id has hashed what is in the debug file: both get a new one.
  @Test func `a clean wheel follows its debug file`() throws {
    try build(in: "in")
    let before = try library(in: "in").buildIDContents
    #expect(scratch.fix(["in/\(wheel)"], to: "alone")[0].changes.isEmpty)
    let reports = scratch.fix(["in"], to: "out")
    #expect(reports.allSatisfy { $0.errors.isEmpty })
    #expect(reports.flatMap(\.notes).contains { $0.message.contains("which belongs to it, changes") })
    try expectOne(in: "out")
    #expect(try library(in: "out").buildIDContents != before)
    // RECORD follows, says CPython; and the inputs are as they were.
    try scratch.python(
      """
      import base64, csv, hashlib, io, sys, zipfile
      with zipfile.ZipFile(sys.argv[1]) as z:
          for name, digest, _ in csv.reader(io.StringIO(z.read("m-1.0.dist-info/RECORD").decode())):
              found = base64.urlsafe_b64encode(hashlib.sha256(z.read(name)).digest()).decode().rstrip("=")
              assert not digest or digest == "sha256=" + found, name
      """, "\(scratch.path)/out/\(wheel)")
    #expect(try library(in: "in").buildIDContents == before)
  }

  /// The proof shares nothing with fix but the rules.
  @Test func `the proof holds for the directory`() throws {
    try build(in: "in")
    #expect(scratch.fix(["in"], to: "out").allSatisfy { $0.errors.isEmpty })
    let report = PathProof(Options()).run("\(scratch.path)/in", "\(scratch.path)/out")
    #expect(report.errors.isEmpty && report.violations.isEmpty, "\(report)")
    #expect(report.seals >= 3)
  }

  @Test func `kept ids stay, and checksums follow`() throws {
    try build(in: "in", sources: Sources.plain)
    var options = Options()
    options.buildID = .keep
    let before = try library(in: "in").buildIDContents
    #expect(scratch.fix(["in"], options: options).allSatisfy { $0.errors.isEmpty })
    #expect(try library(in: "in").buildIDContents == before)
    try expectOne(in: "in")
  }

  @Test func `one that fails keeps the others from being written`() throws {
    // A wheel whose RECORD cannot be written stops its debug files.
    try build(in: "bad", sources: Sources.plain)
    try scratch.python(
      """
      import sys, zipfile
      source, target = sys.argv[1:]
      with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
          for info in old.infolist():
              data = old.read(info)
              new.writestr(info, b"m/x.so,sha256=AAAA,1\\n" if info.filename.endswith("RECORD") else data)
      """, "\(scratch.path)/bad/\(wheel)", "\(scratch.path)/bad/new")
    try FileManager.default.removeItem(atPath: "\(scratch.path)/bad/\(wheel)")
    try FileManager.default.moveItem(
      atPath: "\(scratch.path)/bad/new", toPath: "\(scratch.path)/bad/\(wheel)")
    let whole = scratch.contents(of: "bad")
    let refused = scratch.fix(["bad"])
    #expect(refused.allSatisfy { !$0.errors.isEmpty && $0.writtenTo == nil }, "\(refused)")
    #expect(refused.flatMap(\.errors).contains { $0.message.contains("not written, because") })
    #expect(scratch.contents(of: "bad") == whole)
  }

  /// Each wheel would give the file another id.
  @Test func `a debug file of several wheels says so`() throws {
    try build(in: "in", sources: Sources.plain)
    try Builds.run(Builds.pair, in: scratch, to: "more", sources: Sources.plain)
    try FileManager.default.copyItem(
      atPath: "\(scratch.path)/in/\(wheel)", toPath: "\(scratch.path)/in/m-1.0-cp311-none-any.whl")
    let reports = scratch.fix(["in"], to: "out")
    #expect(reports.allSatisfy { $0.errors.isEmpty })
    let noted = reports.filter { $0.notes.contains { $0.message.contains("images of several wheels") } }
    #expect(noted.count == 2)
    #expect(noted.allSatisfy { !$0.path.hasSuffix(".whl") })
  }
}
