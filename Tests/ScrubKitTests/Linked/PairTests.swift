import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// An image and its separate debug file: one build-id, a checksum that is true, a name that is the id.
@Suite struct PairTests {
  private let scratch = Scratch()

  private func image(_ name: String) throws -> ElfImage { try ElfImage(Bytes(scratch.read(name))) }

  /// The names in a directory tree with the id-made ones cut out.
  private func debugFile(in directory: String) throws -> String {
    try #require(
      scratch.contents(of: directory).keys.first { $0.hasPrefix(".build-id/") }.map { "\(directory)/\($0)" })
  }

  @Test func pairsFromRandomDirectoriesBecomeOne() throws {
    var results: [[String: [UInt8]]] = []
    for (index, longer) in [0, 0, 41].enumerated() {
      try Builds.run(Builds.pair, in: scratch, to: "in\(index)", longer: longer)
      let reports = scratch.fix(["in\(index)"])
      #expect(reports.allSatisfy { $0.errors.isEmpty && $0.unfixable.isEmpty }, "\(reports.map(\.errors))")
      results.append(scratch.contents(of: "in\(index)"))

      let library = try image("in\(index)/x.so")
      let debug = try image("in\(index)/.debug/x.so.debug")
      #expect(library.buildIDContents == debug.buildIDContents)
      #expect(try #require(DebugLink(library)).checksum == Inflate.crc32(debug.bytes))
      let named = try debugFile(in: "in\(index)")
      #expect(
        named.replacing("in\(index)/.build-id/", with: "").replacing("/", with: "")
          == BuildIDPath.hex(library.buildIDContents[0]) + ".debug")
      #expect(try image(named).bytes == debug.bytes)
      // The directory of the old id is gone with its only file.
      let directories = try FileManager.default.contentsOfDirectory(
        atPath: "\(scratch.path)/in\(index)/.build-id")
      #expect(directories.count == 1)

      #expect(scratch.fix(["in\(index)"]).allSatisfy { $0.changes.isEmpty && $0.writtenTo == nil })
      #expect(scratch.contents(of: "in\(index)") == results[index])
    }
    #expect(results.allSatisfy { $0 == results[0] })
    #expect(results[0].count == 3)
  }

  /// Files that are sealed together obey the rules that were chosen for each.
  @Test func rulesThatDoNotCountInAFileAreNotFixedInIt() throws {
    try Builds.run(Builds.pair, in: scratch, to: "in")
    let before = scratch.contents(of: "in")
    var options = Options()
    options.paths.ignores = [(try Glob("*.debug"), ["BP"])]
    let reports = scratch.fix(["in"], options: options)
    #expect(reports.allSatisfy { $0.errors.isEmpty && $0.findings.isEmpty }, "\(reports)")
    #expect(scratch.contents(of: "in") == before)
  }

  /// A run path that no chosen rule is about does not keep its image from being sealed again.
  @Test func anUnselectedRunPathIsNoHindrance() throws {
    let leaky = Builds.pair.replacing("-nostdlib", with: "-nostdlib -Wl,-rpath,\"$PWD/lib\"")
    try Builds.run(leaky, in: scratch, to: "in")
    var options = Options()
    options.policy = try Policy(RuleSelection(ignore: ["BP4"]))
    let reports = scratch.fix(["in"], options: options)
    #expect(reports.allSatisfy { $0.errors.isEmpty }, "\(reports.map(\.errors))")
    #expect(try image("in/x.so").buildIDContents == image("in/.debug/x.so.debug").buildIDContents)
  }

  /// The library leaks nothing, and has to change all the same.
  @Test func aCleanImageIsSealedAgain() throws {
    try Builds.run(Builds.pair, in: scratch, to: "in")
    let before = try image("in/x.so")
    #expect(try Hits.all(in: before.regions(), .default).isEmpty)
    let reports = scratch.fix(["in/x.so", "in/.debug/x.so.debug"], to: "out")
    #expect(reports.map(\.writtenTo) == ["x.so", "x.so.debug"].map { "\(scratch.path)/out/\($0)" })
    #expect(reports[0].findings.isEmpty)
    #expect(
      reports[0].changes.map { change in
        switch change.kind {
        case .buildID: "build-id"
        case .debugLink: "debuglink"
        default: "else"
        }
      } == ["build-id", "debuglink"])
    #expect(reports[0].notes.contains { $0.message.contains("x.so.debug, which belongs to it") })
    let after = try image("out/x.so")
    #expect(after.buildIDContents != before.buildIDContents)
    #expect(try #require(DebugLink(after)).checksum == Inflate.crc32(image("out/x.so.debug").bytes))
    // The originals are as they were.
    #expect(try image("in/x.so").bytes == before.bytes)
  }

  /// A copy is no second thing: it gets the id that the file gets alone.
  @Test func copiesGetTheIDOfOne() throws {
    let library = try Compiler.sharedLibrary("gcc", ["-nostdlib"], sources: Sources.quiet)
    for name in ["a/x.so", "b/x.so", "alone/x.so"] { _ = scratch.file(name, library) }
    scratch.fix(["a", "b"])
    scratch.fix(["alone"])
    #expect(scratch.read("a/x.so") == scratch.read("alone/x.so"))
    #expect(scratch.read("b/x.so") == scratch.read("alone/x.so"))
  }

  @Test func keptBuildIDsKeepTheirNamesAndTheirFilesFit() throws {
    try Builds.run(Builds.pair, in: scratch, to: "in")
    let before = try image("in/x.so").buildIDContents
    let named = try debugFile(in: "in")
    var options = Options()
    options.buildID = .keep
    scratch.fix(["in"], options: options)
    let after = try image("in/x.so")
    #expect(after.buildIDContents == before)
    #expect(try debugFile(in: "in") == named)
    #expect(try #require(DebugLink(after)).checksum == Inflate.crc32(image(named).bytes))
  }

  @Test func halvesSayWhatTheyLose() throws {
    try Builds.run(Builds.pair, in: scratch, to: "in", sources: Sources.plain)
    for name in ["in/x.so", "in/.debug/x.so.debug"] {
      let reports = scratch.fix([name], to: "out")
      #expect(reports[0].notes.contains { $0.message.contains("unless both are given to the same fix") })
    }
    #expect(
      scratch.fix(["in"]).flatMap(\.notes).allSatisfy { !$0.message.contains("unless both are given") })
  }

  @Test func aChecksumThatWasWrongIsNotMadeRight() throws {
    try Builds.run(Builds.pair, in: scratch, to: "in")
    // Another file under the name: with its own id, so nothing but the name speaks for it.
    let other = try Compiler.sharedLibrary("gcc", ["-nostdlib"], sources: Sources.single)
    _ = scratch.file("in/.debug/x.so.debug", other)
    let before = try #require(DebugLink(try image("in/x.so"))).checksum
    let reports = scratch.fix(["in/x.so", "in/.debug"])
    #expect(reports[0].notes.contains { $0.message.contains("the link was broken before, and stays so") })
    #expect(reports.allSatisfy { $0.errors.isEmpty })
    #expect(try #require(DebugLink(try image("in/x.so"))).checksum == before)
  }

  @Test func aDamagedHalfKeepsTheOtherFromBeingWritten() throws {
    try Builds.run(Builds.pair, in: scratch, to: "in", sources: Sources.plain)
    let debug = scratch.read("in/.debug/x.so.debug")
    _ = scratch.file("in/.debug/x.so.debug", Array(debug.prefix(debug.count / 2)))
    let before = scratch.contents(of: "in")
    let reports = scratch.fix(["in/x.so", "in/.debug/x.so.debug"])
    #expect(reports.allSatisfy { $0.errors.count == 1 && $0.writtenTo == nil })
    #expect("\(reports[0].errors)".contains("not written, because"))
    #expect(scratch.contents(of: "in") == before)
  }

  @Test func aHalfThatCannotBeWrittenKeepsTheOtherFromBeingWritten() throws {
    try Builds.run(Builds.pair, in: scratch, to: "in")
    let files = Tree.expand(["\(scratch.path)/in/x.so", "\(scratch.path)/in/.debug/x.so.debug"]).files
    let set = FileSet(files, options: Options())
    _ = scratch.file("out/blocked")
    let reports = Scrub(Options()).fix(
      try #require(set.groups.first),
      to: [.file("\(scratch.path)/out/x.so"), .file("\(scratch.path)/out/blocked/x.so.debug")])
    #expect(reports.allSatisfy { $0.errors.count == 1 && $0.writtenTo == nil })
    #expect(scratch.contents(of: "out").keys.sorted() == ["blocked"])
  }

  @Test func aTakenNameIsNotOverwritten() throws {
    try Builds.run(Builds.pair, in: scratch, to: "probe")
    scratch.fix(["probe"])
    let name = try debugFile(in: "probe").replacing("probe/", with: "")
    try Builds.run(Builds.pair, in: scratch, to: "in")
    _ = scratch.file("in/" + name, Array("another".utf8))
    let before = scratch.contents(of: "in")
    let reports = scratch.fix(["in"])
    #expect(reports.allSatisfy { !$0.errors.isEmpty })
    #expect("\(reports.map(\.errors))".contains("another file has the name of its build-id"))
    #expect(scratch.contents(of: "in") == before)
  }

  @Test func linksInACircleAreRefused() throws {
    let library = try Compiler.sharedLibrary("gcc", ["-nostdlib"], sources: Sources.quiet)
    let members = ["a", "b"].map { Part(name: $0, bytes: Bytes(library), options: Options()) }
    #expect(throws: PartFailure.self) {
      try ClusterScrub(options: Options(), targets: [0: [1], 1: [0]]).run(members)
    }
  }

  /// Members of one wheel, one of them named after its build-id; RECORD follows, name and all.
  @Test func pairsInAWheelBecomeOne() throws {
    var wheels: Set<[UInt8]> = []
    for index in 0..<2 {
      try Builds.run(Builds.pair, in: scratch, to: "in\(index)")
      let wheel = "\(scratch.path)/m\(index)-1.0-py3-none-any.whl"
      try scratch.pack("in\(index)", as: "m\(index)-1.0-py3-none-any.whl")
      let reports = scratch.fix(["m\(index)-1.0-py3-none-any.whl"])
      #expect(reports[0].errors.isEmpty, "\(reports[0].errors)")
      wheels.insert(scratch.read("m\(index)-1.0-py3-none-any.whl"))
      try scratch.python(
        """
        import base64, csv, hashlib, io, subprocess, sys, tempfile, zipfile, zlib
        with zipfile.ZipFile(sys.argv[1]) as z:
            rows = {r[0]: r[1] for r in csv.reader(io.StringIO(z.read("m-1.0.dist-info/RECORD").decode()))}
            assert sorted(rows) == sorted(z.namelist()), (rows, z.namelist())
            for name, digest in rows.items():
                if digest:
                    found = base64.urlsafe_b64encode(hashlib.sha256(z.read(name)).digest()).decode().rstrip("=")
                    assert digest == "sha256=" + found, name
            named = [n for n in rows if ".build-id" in n][0]
            with tempfile.TemporaryDirectory() as scratch:
                z.extractall(scratch)
                notes = subprocess.run(["readelf", "-n", scratch + "/m/x.so"], capture_output=True, text=True).stdout
            ident = notes.split("Build ID: ")[1].split()[0]
            assert named == f"m/.build-id/{ident[:2]}/{ident[2:]}.debug", (named, ident)
            crc = zlib.crc32(z.read("m/.debug/x.so.debug"))
            assert crc.to_bytes(4, "little") in z.read("m/x.so")
            assert z.read(named) == z.read("m/.debug/x.so.debug")
        """, wheel)
      #expect(scratch.fix(["m\(index)-1.0-py3-none-any.whl"])[0].changes.isEmpty)
    }
    #expect(wheels.count == 1)
  }
}
