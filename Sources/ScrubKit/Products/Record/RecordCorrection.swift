import Formats

/// RECORD rewritten where it is wrong: correct rows keep their bytes and their order.
struct RecordCorrection: Sendable {
  /// New text of rows; nil for a row that is removed.
  private var rows: [Int: String?] = [:]
  private var added: [String] = []
  /// Bytes that belong to no row and are removed.
  private var strays: [Range<Int>] = []

  var isEmpty: Bool { rows.isEmpty && added.isEmpty && strays.isEmpty }

  mutating func removeStray(_ range: Range<Int>) { strays.append(range) }

  mutating func remove(_ row: Int) { rows[row] = .some(nil) }

  mutating func replace(_ row: Int, path: String, content: Bytes) { rows[row] = Self.line(path, content) }

  /// Makes it RECORD's own row, without hash and size.
  mutating func empty(_ row: Int, path: String) { rows[row] = "\(RecordRow.quoted(path)),," }

  mutating func add(path: String, content: Bytes) { added.append(Self.line(path, content)) }

  mutating func addOwn(path: String) { added.append("\(RecordRow.quoted(path)),,") }

  /// Texts before and after, for a report.
  func changes(in record: Record) -> [(before: String?, after: String?)] {
    rows.sorted { $0.key < $1.key }.map { (record.line($0.key), $0.value) } + added.map { (nil, $0) }
      + strays.map { (record.raw($0).filter { !$0.isNewline }, nil) }
  }

  func applied(to record: Record) -> Bytes {
    var result: [UInt8] = []
    var position = 0
    // What is removed, and its replacement.
    var edits = strays.map { (range: $0, new: "") }
    for (number, after) in rows {
      let row = record.rows[number]
      let end = after == nil ? row.whole.upperBound : row.fields.last!.upperBound
      edits.append((row.whole.lowerBound..<end, after ?? ""))
    }
    for (range, new) in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      result.append(record.bytes[position..<range.lowerBound])
      result += new.utf8
      position = range.upperBound
    }
    result.append(record.bytes[position..<record.bytes.count])
    guard !added.isEmpty else { return Bytes(result) }
    // The terminator of the other rows; the last row may lack it.
    let end: [UInt8] =
      record.bytes.span.indices.contains { record.bytes[$0] == 0x0d } ? [0x0d, 0x0a] : [0x0a]
    if let last = result.last, last != 0x0a { result += end }
    for line in added { result += Array(line.utf8) + end }
    return Bytes(result)
  }

  private static func line(_ path: String, _ content: Bytes) -> String {
    "\(RecordRow.quoted(path)),sha256=\(RecordHash.sha256.digest(content)),\(content.count)"
  }
}
