import Foundation
import Testing

@testable import Formats
@testable import ScrubCommands
@testable import ScrubKit

/// Known findings of a project that adopts the check.
@Suite struct BaselineTests {
  private let directory: TemporaryDirectory
  private var file: String { directory.path + "/known.json" }

  init() throws { directory = try TemporaryDirectory() }

  @Test func `known findings do not count, new ones do, and gone ones are told`() throws {
    let first = Run(["check", "x", "--add-baseline", file], engine: .samples([Sample.leaking]))
    #expect(
      first.code == 0 && first.output.contains("All clean: 1 file checked, 5 known."), "\(first.output)")

    let same = Run(["check", "x", "--baseline", file], engine: .samples([Sample.leaking]))
    #expect(same.code == 0 && same.output.contains("5 known") && !same.output.contains("BP101"))

    var more = Sample.leaking
    more.findings.append(Sample.finding(".rodata", 0x800, after: "/src/new.c"))
    let new = Run(["check", "x", "--baseline", file], engine: .samples([more]))
    #expect(new.code == 1 && new.output.contains("new.c") && new.output.contains("Found 1 build root"))

    var fewer = Sample.leaking
    fewer.findings.removeLast(2)
    let gone = Run(["check", "x", "--baseline", file], engine: .samples([fewer]))
    #expect(gone.code == 0)
    #expect(
      gone.output.contains("2 known findings no longer found (1 of BP101, 1 of BP141)"), "\(gone.output)")
    // Of files that were not looked at nothing is said.
    let other = Run(["check", "x", "--baseline", file], engine: .samples([Sample.clean]))
    #expect(!other.output.contains("no longer found"))
  }

  /// Another build has another random name and other offsets.
  @Test func `another build has the same findings`() {
    _ = Run(["check", "x", "--add-baseline", file], engine: .samples([Sample.leaking]))
    var rebuilt = Sample.leaking
    let root = "/tmp/pip-wheel-zy98xw76/x_fedcba9876543210fedcba9876543210"
    rebuilt.findings = [
      Sample.finding(".debug_line_str", 0x99, root: root, context: "DW_AT_comp_dir of src/x.c"),
      Sample.finding(".rodata", 0x28, after: "/src/x.c", root: root),
    ]
    let run = Run(["check", "x", "--baseline", file], engine: .samples([rebuilt]))
    #expect(run.code == 0 && run.output.contains("2 known"), "\(run.output)")
  }

  @Test func `what is no baseline is an error`() throws {
    for (text, message) in [
      ("{}", "is no baseline"), ("{\"version\": 9, \"findings\": []}", "has version 9"),
    ] {
      try text.write(toFile: file, atomically: true, encoding: .utf8)
      let run = Run(["check", "x", "--baseline", file])
      #expect(run.code == 2 && run.error.contains(message), "\(run.error)")
    }
    #expect(Run(["check", "x", "--baseline", file + "x"]).error.contains("cannot be read"))
    #expect(Run(["check", "x", "--baseline", "a", "--add-baseline", "b"]).code == 2)
  }
}
