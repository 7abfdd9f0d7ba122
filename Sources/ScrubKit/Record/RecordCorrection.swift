/// RECORD written anew where it is not true: rows that are right keep their bytes and their order.
struct RecordCorrection: Sendable {
  /// What a row becomes; nil where it goes.
  private var rows: [Int: String?] = [:]
  private var added: [String] = []

  var isEmpty: Bool { rows.isEmpty && added.isEmpty }

  mutating func remove(_ row: Int) { rows[row] = .some(nil) }

  mutating func replace(_ row: Int, path: String, content: Bytes) { rows[row] = Self.line(path, content) }

  /// RECORD's own row.
  mutating func empty(_ row: Int, path: String) { rows[row] = "\(Self.quoted(path)),," }

  mutating func add(path: String, content: Bytes) { added.append(Self.line(path, content)) }

  mutating func addOwn(path: String) { added.append("\(Self.quoted(path)),,") }

  /// Texts before and after, for a report.
  func changes(in record: Record) -> [(before: String?, after: String?)] {
    rows.sorted { $0.key < $1.key }.map { (record.line($0.key), $0.value) } + added.map { (nil, $0) }
  }

  func applied(to record: Record) -> Bytes {
    var result: [UInt8] = []
    var position = 0
    for (number, after) in rows.sorted(by: { $0.key < $1.key }) {
      let row = record.rows[number]
      result.append(record.bytes[position..<row.whole.lowerBound])
      position = row.whole.upperBound
      if let after {
        result += after.utf8
        position = row.fields.last!.upperBound
      }
    }
    result.append(record.bytes[position..<record.bytes.count])
    guard !added.isEmpty else { return Bytes(result) }
    // The terminator that the other rows have; the last row may lack it.
    let end: [UInt8] =
      record.bytes.span.indices.contains { record.bytes[$0] == 0x0d } ? [0x0d, 0x0a] : [0x0a]
    if let last = result.last, last != 0x0a { result += end }
    for line in added { result += Array(line.utf8) + end }
    return Bytes(result)
  }

  private static func line(_ path: String, _ content: Bytes) -> String {
    "\(quoted(path)),sha256=\(RecordHash.sha256.digest(content)),\(content.count)"
  }

  /// As Python's csv module writes it.
  private static func quoted(_ path: String) -> String {
    guard path.utf8.contains(where: { [0x22, 0x2c, 0x0a, 0x0d].contains($0) }) else { return path }
    return "\"" + path.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }
}
