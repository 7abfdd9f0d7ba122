import Formats

/// The places of a tree file that hold a path, depending on the kind of file.
struct PathPlaces {
  /// One place.
  struct Place: Hashable, Sendable {
    /// Byte range in the file.
    var range: Range<Int>
    var form: Form
    /// Its name in a report.
    var label: String
  }

  enum Form: Hashable, Sendable {
    /// Nothing but a path.
    case path
    /// Words separated by spaces.
    case words
    /// A line of shell or Python code: quotes, assignments, colon-separated lists.
    case code
    /// The path of a URL, percent-encoded.
    case url
    /// The content of a string literal.
    case literal
  }

  /// In file order, disjoint.
  let places: [Place]

  /// - Throws: if the file is not what its name says.
  init(_ bytes: Bytes, _ kind: TreeFile.Kind) throws(ScrubError) {
    // Only the beginning of a script is examined.
    guard kind == .script || bytes.count <= Limits.treeFileSize else {
      throw ScrubError("has \(bytes.count) bytes, the limit is \(Limits.treeFileSize)")
    }
    switch kind {
    case .script:
      places = ScriptHead(bytes).map { [Place(range: $0.range, form: .path, label: "interpreter")] } ?? []
    case .directURL: places = try Self.url(bytes)
    case .uvCache: places = []
    case .environment: places = try Self.lines(bytes).compactMap { Self.setting($0, in: bytes) }
    case .activation:
      places = try Self.lines(bytes).map { Place(range: $0, form: .code, label: "") }
    case .editable: places = EditableLoader.places(bytes)
    case .pathFile:
      let isCode = bytes.span.firstIndex(of: Array("import ".utf8)) != nil
      // Python skips a byte order mark.
      let hasMark = bytes.slice(at: 0, length: 3)?.array() == [0xef, 0xbb, 0xbf]
      places = try Self.lines(bytes).compactMap { line in
        var line = line
        if hasMark, line.lowerBound == 0 { line = 3..<line.upperBound }
        if line.isEmpty { return nil }
        if bytes[line.lowerBound] == UInt8(ascii: "#") { return nil }
        return Place(range: line, form: isCode && bytes[line.lowerBound] != slash ? .code : .path, label: "")
      }
    }
  }

  /// Without terminators and surrounding spaces; no empty lines.
  private static func lines(_ bytes: Bytes) throws(ScrubError) -> [Range<Int>] {
    if let zero = bytes.span.firstIndex(of: 0, from: 0) {
      throw ScrubError("is no text: holds a NUL byte", offset: UInt64(zero))
    }
    var lines: [Range<Int>] = []
    var start = 0
    while start < bytes.count {
      let end = bytes.span.firstIndex(of: 0x0a, from: start) ?? bytes.count
      let line = trimmed(start..<end, in: bytes)
      if !line.isEmpty { lines.append(line) }
      start = end + 1
    }
    return lines
  }

  private static func trimmed(_ range: Range<Int>, in bytes: Bytes) -> Range<Int> {
    let span = bytes.span
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, isSpace(span[start]) { start += 1 }
    while end > start, isSpace(span[end - 1]) { end -= 1 }
    return start..<end
  }

  /// `key = value`; `command` is a command line, every other value is at most a path.
  private static func setting(_ line: Range<Int>, in bytes: Bytes) -> Place? {
    guard let equals = bytes[line].span.firstIndex(of: UInt8(ascii: "="), from: 0) else { return nil }
    let split = line.lowerBound + equals
    let key = String(decoding: bytes[trimmed(line.lowerBound..<split, in: bytes)].array(), as: UTF8.self)
    let value = trimmed(split + 1..<line.upperBound, in: bytes)
    guard !value.isEmpty else { return nil }
    return Place(range: value, form: key == "command" ? .words : .path, label: String(key.prefix(40)))
  }

  /// The path of a `file:` URL.
  private static func url(_ bytes: Bytes) throws(ScrubError) -> [Place] {
    guard let member = try JSONMembers(bytes).member("url") else { return [] }
    let text = bytes[member.value].array()
    let opening = Array("\"file://".utf8)
    guard text.count > opening.count, text.starts(with: opening), text[opening.count] == slash else {
      return []
    }
    guard !text.contains(UInt8(ascii: "\\")) else {
      throw ScrubError("\"url\" is spelled with escapes", offset: UInt64(member.value.lowerBound))
    }
    return [
      Place(
        range: member.value.lowerBound + opening.count..<member.value.upperBound - 1, form: .url, label: "url"
      )
    ]
  }

  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }
}

extension PathPlaces {
  /// Where a path may begin in a place.
  struct Start: Hashable, Sendable {
    /// Of the slash.
    var offset: Int
    /// The quote directly before it, which therefore also ends it.
    var quote: UInt8?
  }
}

extension PathPlaces.Place {
  /// In one pass.
  func starts(in span: Span<UInt8>) -> [PathPlaces.Start] {
    switch form {
    case .path, .url:
      return span[range.lowerBound] == slash ? [PathPlaces.Start(offset: range.lowerBound)] : []
    case .literal:
      // A path in its own quotes may contain spaces; otherwise it ends at a space.
      var starts: [PathPlaces.Start] = []
      for offset in range where span[offset] == slash {
        if offset == range.lowerBound {
          starts.append(PathPlaces.Start(offset: offset, quote: UInt8(ascii: "'")))
        } else if beforePath.contains(span[offset - 1]) || isBehindScheme(offset, span) {
          starts.append(PathPlaces.Start(offset: offset))
        }
      }
      return starts
    case .words:
      var starts: [PathPlaces.Start] = []
      for offset in range
      where span[offset] == slash && (offset == range.lowerBound || PathPlaces.isSpace(span[offset - 1])) {
        starts.append(PathPlaces.Start(offset: offset))
      }
      return starts
    case .code: return startsInCode(span)
    }
  }

  /// A shell, Python and batch files all quote with `"` or `'`.
  private func startsInCode(_ span: Span<UInt8>) -> [PathPlaces.Start] {
    var starts: [PathPlaces.Start] = []
    var quote: UInt8?
    var opened = -1
    var isEscaped = false
    // Prose, in which apostrophes do not open a string.
    let isComment = span[range.lowerBound] == UInt8(ascii: "#")
    for offset in range {
      let byte = span[offset]
      if isComment {
        if byte == slash, offset > range.lowerBound, beforeInComment.contains(span[offset - 1]) {
          starts.append(PathPlaces.Start(offset: offset))
        }
      } else if isEscaped {
        isEscaped = false
      } else if byte == slash {
        let before = offset == range.lowerBound ? UInt8(ascii: " ") : span[offset - 1]
        if quote != nil, opened == offset - 1 {
          starts.append(PathPlaces.Start(offset: offset, quote: quote))
        } else if beforePath.contains(before) || isBehindScheme(offset, span) {
          starts.append(PathPlaces.Start(offset: offset))
        }
      } else if byte == UInt8(ascii: "\\"), quote != UInt8(ascii: "'") {
        isEscaped = true
      } else if byte == quote {
        quote = nil
      } else if quote == nil, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
        opened = offset
      }
    }
    return starts
  }

  /// Whether `file://` precedes the slash.
  private func isBehindScheme(_ offset: Int, _ span: Span<UInt8>) -> Bool {
    offset - range.lowerBound >= 3 && span[offset - 1] == slash && span[offset - 2] == slash
      && span[offset - 3] == UInt8(ascii: ":")
  }

  /// The end of `path` if it occurs at `start` as whole components; nil if it does not.
  func end(of path: [UInt8], at start: PathPlaces.Start, in span: Span<UInt8>) -> Int? {
    var offset = start.offset
    for byte in path {
      guard offset < range.upperBound else { return nil }
      if form == .url, span[offset] == UInt8(ascii: "%") {
        guard offset + 2 < range.upperBound, let high = hex(span[offset + 1]),
          let low = hex(span[offset + 2]),
          high << 4 | low == byte
        else { return nil }
        offset += 3
      } else {
        guard span[offset] == byte else { return nil }
        offset += 1
      }
    }
    if offset == range.upperBound || span[offset] == slash { return offset }
    let next = span[offset]
    let ends =
      switch form {
      case .path: false
      case .url: next == UInt8(ascii: "#") || next == UInt8(ascii: "?")
      case .words: PathPlaces.isSpace(next)
      // A path in its own quotes may contain spaces.
      case .code, .literal:
        start.quote.map { [$0, UInt8(ascii: ":"), UInt8(ascii: ";")].contains(next) }
          ?? behindPath.contains(next)
      }
    return ends ? offset : nil
  }

  private func hex(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

private let slash = UInt8(ascii: "/")
private let beforePath = Set(" \t=:;([{,!<>|&`".utf8)
private let beforeInComment = beforePath.union("\"'".utf8)
private let behindPath = Set(" \t\r:;)]},<>|&`\"'#".utf8)
