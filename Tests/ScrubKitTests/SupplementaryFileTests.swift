import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Shared debug info: `dwz -m` takes what several files have in common into a supplementary file.
@Suite(.enabled(if: Scratch.has("dwz"))) struct SupplementaryFileTests {
  private static let source = [
    "big.cpp": """
    #include <map>
    #include <string>
    #include <vector>
    struct counter { std::map<std::string, int> seen; int count(std::string s) { return seen[s]++; } };
    int census(std::vector<std::string> v) { counter c; int n = 0; for (auto &s : v) n += c.count(s); return n; }
    """
  ]

  /// Two libraries of one build directory.
  private func libraries(_ flags: [String]) throws -> Scratch {
    let scratch = Scratch()
    let library = try Compiler.sharedLibrary("g++", ["-O0"] + flags, sources: Self.source)
    for name in ["x.so", "y.so"] { _ = scratch.file(name, library) }
    return scratch
  }

  private func fix(_ name: String, in scratch: Scratch) throws -> ImageScrub.Outcome {
    let outcome = try ImageScrub(options: Options()).run(Bytes(scratch.read(name)), fix: true)
    if let output = outcome.output { _ = scratch.file(name, output.array()) }
    return outcome
  }

  /// Strings of the shared file keep their offsets and it keeps its build-id, so that its users still find it.
  @Test(arguments: [["-gdwarf-4"], ["-gdwarf-5"]], [[], ["-5"]])
  func fixedFilesStillBelongTogether(_ flags: [String], _ form: [String]) throws {
    let scratch = try libraries(flags)
    try Compiler.run("dwz", form + ["-m", "common.debug", "x.so", "y.so"], in: scratch.url)
    func says(_ name: String) throws -> String {
      try scratch.run("readelf", "--debug-dump=info", name)
        .replacing(/\(indirect (line )?string, offset: (0x)?[0-9a-f]+\)/, with: "")
    }
    let before = try says("x.so")
    #expect(before.contains("(alt indirect string") == form.isEmpty)

    let shared = try fix("common.debug", in: scratch)
    #expect(shared.findings.allSatisfy { $0.fate == .inPlace } && !shared.findings.isEmpty)
    #expect(shared.notes.contains { $0.message.contains("other files refer to its strings") })
    #expect(!shared.changes.contains { if case .buildID = $0.kind { true } else { false } })
    for name in ["x.so", "y.so"] {
      let outcome = try fix(name, in: scratch)
      #expect(outcome.output != nil && outcome.findings.allSatisfy(\.isFixable))
      let hasLink = outcome.notes.contains { $0.place.section == ".gnu_debugaltlink" }
      #expect(hasLink == form.isEmpty, "\(outcome.notes)")
    }
    // A judge that reads both files: every string says the same, but for roots.
    let root = /\/[^ ]*pip-install-[a-z0-9_]{8}\/demo_[0-9a-f]{32}/
    let clean = /\/build\/demo\/*/
    #expect(
      before.replacing(root, with: "R").replacing("R/", with: "R")
        == (try says("x.so")).replacing(clean, with: "R"))
    // gdb 13 does not know DW_FORM_strp_sup.
    guard form.isEmpty else { return }
    let answer = try scratch.run(
      "gdb", "-nx", "-batch", "-ex", "ptype counter", "-ex", "info line census", "x.so")
    #expect(answer.contains("std::map<") && answer.contains("\"/build/demo/big.cpp\""), "\(answer)")
  }

  /// Given to one fix: the shared file gets an id that no directory is in, its users follow, and builds agree.
  /// (With DWARF 4 dwz orders strings by a hash of the path; then only the relation is kept.)
  @Test(arguments: ["-gdwarf-4", "-gdwarf-5"]) func filesOfOneFixAreSealedTogether(_ version: String) throws {
    var results: Set<[[UInt8]]> = []
    for _ in 0..<4 {
      let scratch = try libraries([version])
      try scratch.run("dwz", "-m", "common.debug", "x.so", "y.so")
      let old = try ElfImage(Bytes(scratch.read("common.debug")))
      let names = ["x.so", "common.debug", "y.so"]
      let options = Options()
      let groups = FileSet(names.map { scratch.input($0) }, options: options).groups
      let group = try #require(groups.first)
      #expect(groups.count == 1 && group.files.count == 3)
      let reports = Scrub(options).fix(group, to: [.inPlace, .inPlace, .inPlace])
      #expect(reports.flatMap(\.errors).isEmpty, "\(reports.flatMap(\.errors))")
      #expect(!reports.flatMap(\.notes).contains { $0.message.contains("build-id") })
      let new = try ElfImage(Bytes(scratch.read("common.debug")))
      #expect(new.buildIDContents != old.buildIDContents)
      for name in ["x.so", "y.so"] {
        let link = try #require(SupplementaryLink(try ElfImage(Bytes(scratch.read(name)))))
        #expect(link.buildID == new.buildIDContents.first && link.name == "common.debug")
      }
      // gdb refuses a supplementary file of another build-id.
      let answer = try scratch.run("gdb", "-nx", "-batch", "-ex", "ptype counter", "x.so")
      #expect(answer.contains("std::map<"), "\(answer)")
      results.insert(names.map { scratch.read($0) })

      let again = Scrub(options).fix(group, to: [.inPlace, .inPlace, .inPlace])
      #expect(again.allSatisfy { $0.writtenTo == nil && $0.errors.isEmpty })
    }
    if version == "-gdwarf-5" { #expect(results.count == 1) }
  }

  @Test func membersOfAWheelAreSealedTogether() throws {
    var wheels: Set<[UInt8]> = []
    for _ in 0..<3 {
      let scratch = try libraries(["-gdwarf-5"])
      try scratch.run("dwz", "-m", "common.debug", "x.so", "y.so")
      try scratch.python(
        """
        import base64, hashlib, zipfile
        def row(name):
            data = open(name[2:], "rb").read()
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
            return f"{name},sha256={digest},{len(data)}\\n"
        with zipfile.ZipFile("m-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as z:
            names = ["m/x.so", "m/y.so", "m/common.debug"]
            for name in names:
                z.writestr(zipfile.ZipInfo(name), open(name[2:], "rb").read(), zipfile.ZIP_DEFLATED)
            rows = "".join(row(name) for name in names) + "m-1.0.dist-info/RECORD,,\\n"
            z.writestr(zipfile.ZipInfo("m-1.0.dist-info/RECORD"), rows)
        """)
      let wheel = "m-1.0-py3-none-any.whl"
      let report = Scrub(Options()).fix(scratch.input(wheel), to: .inPlace)
      #expect(report.errors.isEmpty && report.writtenTo != nil, "\(report.errors)")
      wheels.insert(scratch.read(wheel))
      try scratch.run("unzip", "-q", "-d", "out", wheel)
      let link = try #require(SupplementaryLink(try ElfImage(Bytes(scratch.read("out/m/x.so")))))
      let shared = try ElfImage(Bytes(scratch.read("out/m/common.debug")))
      #expect(shared.buildIDContents == [link.buildID])
    }
    #expect(wheels.count == 1)
  }

  @Test func gdbRefusesAFileOfAnotherBuildID() throws {
    let scratch = try libraries(["-gdwarf-5"])
    try scratch.run("dwz", "-m", "common.debug", "x.so", "y.so")
    var shared = scratch.read("common.debug")
    let id = try #require(try ElfImage(Bytes(shared)).buildIDs.first)
    shared[id.lowerBound] ^= 1
    _ = scratch.file("common.debug", shared)
    let answer = try scratch.run("sh", "-c", "gdb -nx -batch -ex 'ptype counter' x.so 2>&1 || true")
    #expect(!answer.contains("std::map<"), "\(answer)")
  }

  /// Not a relocatable file of a linker's, although dwz says so.
  @Test func theSharedTableIsNotRebuilt() throws {
    let scratch = try libraries(["-gdwarf-4"])
    try scratch.run("dwz", "-m", "common.debug", "x.so", "y.so")
    let before = try ElfImage(Bytes(scratch.read("common.debug")))
    #expect(before.header.type == ElfImage.relocatable && before.isSupplementary)
    _ = try fix("common.debug", in: scratch)
    let after = try ElfImage(Bytes(scratch.read("common.debug")))
    let table = try #require(before.section(named: ".debug_str"))
    let newTable = try #require(after.section(named: ".debug_str"))
    #expect(table.offset == newTable.offset && table.size == newTable.size)
    #expect(before.bytes[before.buildIDs[0]] == after.bytes[after.buildIDs[0]])
  }

  /// What the notes and `diff` advise.
  @Test func dwzAfterFixMakesTheSameFiles() throws {
    var results: Set<[[UInt8]]> = []
    for _ in 0..<3 {
      let scratch = try libraries(["-gdwarf-5"])
      for name in ["x.so", "y.so"] { _ = try fix(name, in: scratch) }
      try scratch.run("dwz", "-m", "common.debug", "x.so", "y.so")
      results.insert([scratch.read("x.so"), scratch.read("common.debug")])
    }
    #expect(results.count == 1)
  }

  @Test func diffNamesTheBuildIDOfTheSharedFile() throws {
    let inputs = try (0..<2).map { _ in
      let scratch = try libraries(["-gdwarf-5"])
      try scratch.run("dwz", "-m", "common.debug", "x.so", "y.so")
      return scratch.read("x.so")
    }
    let pair = Pair(inputs[0], inputs[1])
    #expect(pair.causes.contains(".gnu_debugaltlink: supplementary-file!"), "\(pair.causes)")
    #expect(!pair.report.differences.contains { $0.cause == .unknown }, "\(pair.causes)")
  }
}
