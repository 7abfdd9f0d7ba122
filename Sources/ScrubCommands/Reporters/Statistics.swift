import BuildRoots
import Formats
import ScrubKit

/// How often each rule objected, the most frequent first: `--statistics`.
struct Statistics {
  struct Row {
    var rule: Rule
    var count: Int
    var fixable: Int
  }

  let rows: [Row]

  init(_ outcome: Outcome) {
    var rows: [String: Row] = [:]
    for finding in outcome.reports.flatMap({ outcome.listed($0) }) {
      rows[finding.rule.code, default: Row(rule: finding.rule, count: 0, fixable: 0)].count += 1
      if finding.isFixable { rows[finding.rule.code]?.fixable += 1 }
    }
    self.rows = rows.values.sorted { (-$0.count, $0.rule.code) < (-$1.count, $1.rule.code) }
  }

  /// `  12  BP101  [*] pip-wheel (pip wheel)`; a star if `fix` removes all, a minus if it removes some.
  var lines: [Line] {
    let width = rows.map { String($0.count).count }.max() ?? 0
    return rows.map { row in
      let count = String(row.count)
      let pad = String(repeating: " ", count: width - count.count)
      let mark = row.fixable == row.count ? "*" : row.fixable > 0 ? "-" : " "
      return
        "\(pad)\(count)  \(row.rule.code, .code)  [\(mark, .added)] \(row.rule.slug) (\(row.rule.origin))"
    }
  }

  var json: JSONValue {
    .array(
      rows.map { row in
        .object([
          ("code", .string(row.rule.code)), ("rule", .string(row.rule.slug)), ("count", .count(row.count)),
          ("fixable", .count(row.fixable)),
        ])
      })
  }
}
