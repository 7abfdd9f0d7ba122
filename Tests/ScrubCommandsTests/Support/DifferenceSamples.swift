import BuildRoots
import ScrubCommands

@testable import Formats
@testable import ScrubKit

/// Hand-made results of a comparison.
enum DifferenceSample {
  static let first = "first/x-1.0.whl"
  static let second = "second/x-1.0.whl"

  static func report(_ differences: [Difference]) -> DifferenceReport {
    var report = DifferenceReport(first: first, second: second)
    report.differences = differences
    report.isIdentical = differences.isEmpty
    return report
  }

  static func difference(
    _ cause: Cause, _ section: String? = nil, _ offset: UInt64? = nil, count: Int = 1, _ one: String? = nil,
    _ other: String? = nil, member: String? = "pkg/_a.so", isFixed: Bool = true,
    consequences: [Consequence] = []
  ) -> Difference {
    var difference = Difference(
      cause, at: Place(path: first, member: member, section: section, offset: offset), count: count,
      first: one,
      second: other)
    difference.isFixed = isFixed
    difference.consequences = consequences
    return difference
  }

  static let identical = report([])

  static var fixable: DifferenceReport {
    report([
      difference(
        .memberTime, count: 12, "2026-07-01T12:00:00", "2026-07-01T12:00:02", member: "pkg/__init__.py"),
      difference(.buildID, ".note.gnu.build-id", 0x10, "0123456789abcdef", "fedcba9876543210"),
      difference(
        .buildRoot, ".debug_line_str", 0x41, count: 3, Sample.root + "/x.c", "/tmp/pip-wheel-zz99yy88/x.c"),
      difference(.tableOrder, ".debug_line_str", 0x41, count: 7, "x.c", "part.h"),
      difference(.stringOffsets, ".debug_info", 0x12, count: 40, "0x0", "0x5a"),
    ])
  }

  static var mixed: DifferenceReport {
    let sections = [".text", ".rela.dyn", ".eh_frame_hdr", ".eh_frame", ".data", ".debug_loclists"]
    var report = report([
      difference(.buildRoot, ".rodata", 0x18, count: 2, "/tmp/a/x.c", "/tmp/longer/x.c"),
      difference(
        .pathLength, ".rodata", 0x18, count: 2, "/tmp/a/x.c", "/tmp/longer/x.c", isFixed: false,
        consequences: [
          Consequence(what: "addresses", places: sections),
          Consequence(what: "hash and size in RECORD", places: ["pkg/_a.so"]),
        ]),
      difference(.memberMissing, nil, nil, nil, "pkg/new.py", member: "pkg/new.py", isFixed: false),
    ])
    report.notes = [Note("fix cannot be tried: has no RECORD", at: Place(path: first))]
    return report
  }

  static let failed: DifferenceReport = {
    var report = DifferenceReport(first: first, second: "second")
    report.errors = [
      ScrubError("needs two artifacts of one kind, \(first) is a wheel, second is a directory"),
      ScrubError(
        "needs 4 bytes, 2 left",
        at: Place(path: first, member: "pkg/_b.so", section: ".debug_line", offset: 4)),
    ]
    return report
  }()

  static var hostile: DifferenceReport {
    var report = report([
      difference(
        .unknown, "\u{1b}[2J", 0, "\u{9b}31m", "\u{202e}\n", member: "a\rb", isFixed: false,
        consequences: [Consequence(what: "addresses", places: ["\u{7}"])])
    ])
    report.notes = [Note("\u{1b}c", at: Place(path: "\u{1b}c"))]
    report.errors = [ScrubError("\u{1b}c")]
    return report
  }
}

extension Engine {
  static func comparing(_ report: DifferenceReport, witness: Witness = Witness()) -> Engine {
    var engine = Engine.samples(witness: witness)
    engine.compare = { options, first, second in
      witness.note(.compare(first, second, prefix: options.roots.prefix.text, options.sourceDateEpoch))
      return report
    }
    return engine
  }
}
