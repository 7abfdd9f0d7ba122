/// One line of the table.
struct Row {
  var name: String
  var command: String
  var peer: String
  /// Ours by the peer's.
  var ratio: Double?
  var target: Double?
  /// Where the ratio alone does not say it, or why there is none.
  var note = ""
  /// Whether both found, or made, the same.
  var outputs: String

  /// A row that a missing program keeps from being measured.
  static func skipped(_ name: String, missing: String, package: String) -> Row {
    skipped(name, missing: missing, by: "apt-get install \(package)")
  }

  /// - Parameter command: what installs it.
  static func skipped(_ name: String, missing: String, by command: String) -> Row {
    Row(name: name, command: "", peer: "", note: "SKIPPED: there is no \(missing) (\(command))", outputs: "")
  }

  var line: String {
    let measured = ratio.map { fixed($0) } ?? ""
    let goal = target.map { fixed($0) } ?? ""
    let missed = if let ratio, let target, ratio > target { " MISSED" } else { "" }
    return
      "| \(name) | `\(command)` | `\(peer)` | \(measured)\(missed)\(note) | \(goal) | \(outputs) |"
      .replacing("``", with: "")
  }

  static let head = """
    | row | command | peer | ratio | target | outputs |
    | --- | --- | --- | --- | --- | --- |
    """
}

extension String {
  fileprivate func replacing(_ part: String, with other: String) -> String {
    split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
  }
}
