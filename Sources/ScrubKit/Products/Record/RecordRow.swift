import Formats

/// One row of RECORD, as ranges of its bytes: CSV with `,`, `"` doubled inside quotes, and `\n` or `\r\n`
/// (binary distribution format, "The .dist-info directory"; Python's `csv` module with its defaults).
struct RecordRow: Sendable {
  /// Raw fields, including quotes: path, hash, size.
  var fields: [Range<Int>]
  /// Includes its terminator, which the last row may lack.
  var whole: Range<Int>

  /// The rows of `bytes`. A byte order mark and empty lines are not rows: Python's `csv` takes the former as part of a
  /// path and the latter as rows without columns.
  static func parse(_ bytes: Span<UInt8>) throws(ScrubError) -> (rows: [RecordRow], strays: [Range<Int>]) {
    var rows: [RecordRow] = []
    var strays: [Range<Int>] = []
    var position = 0
    if bytes.count >= 3, bytes[0] == 0xef, bytes[1] == 0xbb, bytes[2] == 0xbf {
      strays.append(0..<3)
      position = 3
    }
    while position < bytes.count {
      // A row of a few bytes takes a hundred bytes of memory.
      if rows.count % (1 << 14) == 0 { try Memory.check() }
      let start = position
      var fields: [Range<Int>] = []
      repeat {
        fields.append(try field(bytes, &position, isFirst: fields.isEmpty))
      } while fieldFollows(bytes, position)
      let contentEnd = position
      if position < bytes.count, bytes[position] == 0x0d { position += 1 }
      if position < bytes.count, bytes[position] == 0x0a {
        position += 1
      } else if position > contentEnd {
        throw ScrubError("carriage return without line feed", offset: UInt64(contentEnd))
      }
      if contentEnd > start {
        rows.append(RecordRow(fields: fields, whole: start..<position))
      } else {
        strays.append(start..<position)
      }
    }
    return (rows, strays)
  }

  private static func fieldFollows(_ bytes: Span<UInt8>, _ position: Int) -> Bool {
    position < bytes.count && bytes[position] == 0x2c
  }

  /// Reads one field, and the comma before it unless it is the first.
  private static func field(
    _ bytes: Span<UInt8>, _ position: inout Int, isFirst: Bool
  ) throws(ScrubError) -> Range<Int> {
    if !isFirst { position += 1 }
    let start = position
    if position < bytes.count, bytes[position] == 0x22 {
      position += 1
      while true {
        guard position < bytes.count else {
          throw ScrubError("quoted field does not end", offset: UInt64(start))
        }
        let isQuote = bytes[position] == 0x22
        position += 1
        if !isQuote { continue }
        if position < bytes.count, bytes[position] == 0x22 { position += 1 } else { break }
      }
      guard position == bytes.count || [0x2c, 0x0a, 0x0d].contains(bytes[position]) else {
        throw ScrubError("text behind a closing quote", offset: UInt64(position))
      }
    } else {
      while position < bytes.count, ![0x2c, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
    }
    return start..<position
  }

  /// A field without its quotes.
  static func unquoted(_ raw: [UInt8]) -> [UInt8] {
    guard raw.count >= 2, raw[0] == 0x22 else { return raw }
    var result: [UInt8] = []
    var isSecondQuote = false
    for byte in raw[1..<raw.count - 1] {
      isSecondQuote = byte == 0x22 && !isSecondQuote
      if !isSecondQuote { result.append(byte) }
    }
    return result
  }

  /// As Python's csv module writes it.
  static func quoted(_ path: String) -> String {
    guard path.utf8.contains(where: { [0x22, 0x2c, 0x0a, 0x0d].contains($0) }) else { return path }
    return "\"" + path.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }
}
