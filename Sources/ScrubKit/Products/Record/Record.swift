import Formats

/// A wheel's RECORD: every byte is kept except the hash and size of changed members.
struct Record: Sendable {
  /// RECORD's own member name.
  let name: String
  let bytes: Bytes
  let rows: [RecordRow]
  /// Bytes that belong to no row and confuse CSV readers: a byte order mark and empty lines.
  let strays: [Range<Int>]
  /// Rows by unquoted path.
  let index: [[UInt8]: [Int]]

  /// - Parameter name: for errors and `signatures`.
  init(_ bytes: Bytes, name: String) throws(ScrubError) {
    self.name = name
    self.bytes = bytes
    guard String(validating: bytes.array(), as: UTF8.self) != nil else {
      throw ScrubError("is not UTF-8", at: Place(member: name))
    }
    do throws(ScrubError) { (rows, strays) = try RecordRow.parse(bytes.span) } catch {
      throw error.inside(path: "", member: name)
    }
    // Each has a path and a list of rows, which are separate objects.
    try Memory.check(adding: 160 * rows.count)
    var index: [[UInt8]: [Int]] = [:]
    index.reserveCapacity(rows.count)
    for (number, row) in rows.enumerated() {
      if number % (1 << 14) == 0 { try Memory.check() }
      index[RecordRow.unquoted(bytes[row.fields[0]].array()), default: []].append(number)
    }
    self.index = index
  }

  /// The RECORD of a wheel: the only `*.dist-info/RECORD` at its root.
  /// - Throws: if there is none or more than one, or it is too large or damaged.
  static func read(from wheel: Wheel) throws(ScrubError) -> Record {
    do throws(ScrubError) {
      let member = try locate(wheel.members)
      guard member.uncompressedSize <= Limits.recordSize else {
        throw ScrubError(
          "has \(member.uncompressedSize) bytes, the limit is \(Limits.recordSize)",
          at: Place(member: member.name))
      }
      return try Record(member.content(), name: member.name)
    } catch { throw error.inside(path: wheel.path) }
  }

  static func locate(_ members: [Wheel.Member]) throws(ScrubError) -> Wheel.Member {
    let found = members.filter { member in
      let parts = member.name.utf8.split(separator: 0x2f, omittingEmptySubsequences: false)
      return parts.count == 2 && parts[1].elementsEqual("RECORD".utf8)
        && String(Substring(parts[0])).hasSuffix(".dist-info")
    }
    guard let first = found.first else { throw ScrubError("has no RECORD: needs one *.dist-info/RECORD") }
    guard found.count == 1 else {
      throw ScrubError("has \(found.count) RECORDs: " + found.map(\.name).joined(separator: ", "))
    }
    return first
  }

  /// Members that sign RECORD (PEP 427, deprecated by PEP 815): they become invalid when RECORD changes.
  func signatures(among members: [Wheel.Member]) -> [Wheel.Member] {
    members.filter { $0.name == name + ".jws" || $0.name == name + ".p7s" }
  }

  /// Every path as written in its row, in order.
  var paths: [String] { rows.map { text($0.fields[0]) } }

  /// Whether there is a row for the file that must follow its content; rows of `.pyc` have no hash.
  func hasHash(of path: String) -> Bool {
    (index[Array(path.utf8)] ?? []).contains {
      rows[$0].fields.count > 1 && !text(rows[$0].fields[1]).isEmpty
    }
  }

  /// A row's text before and after.
  struct RowChange: Hashable, Sendable {
    var row: Int
    var before: String
    /// Nil if the row is removed together with its member.
    var after: String?
  }

  /// The change to a changed member's row.
  /// - Parameter newName: the member's new name, if it changes.
  /// - Throws: if there is no row or more than one, if its hash uses an algorithm that RECORD may not have, or if hash
  ///   or size does not match `original`: then this is not the wheel's RECORD.
  func change(
    of member: String, from original: Bytes, to content: Bytes, named newName: String? = nil
  ) throws(ScrubError) -> RowChange {
    let number = try row(of: member)
    let row = rows[number]
    let place = Place(member: name, offset: UInt64(row.whole.lowerBound))
    guard row.fields.count == 3 else {
      throw ScrubError("row of \(member) needs 3 fields, has \(row.fields.count)", at: place)
    }
    let (algorithm, digest) = try hash(of: member, text(row.fields[1]), at: place)
    guard digest == algorithm.digest(original) else {
      throw ScrubError("row of \(member) has a hash that its content has not", at: place)
    }
    let size = text(row.fields[2])
    guard size.isEmpty || size == String(original.count) else {
      throw ScrubError("row of \(member) says \(size) bytes, its content has \(original.count)", at: place)
    }
    let fields = [
      newName.map { requoted(row.fields[0], $0) } ?? raw(row.fields[0]),
      requoted(row.fields[1], "\(algorithm.rawValue)=\(algorithm.digest(content))"),
      // A size that was not stated is not added.
      requoted(row.fields[2], size.isEmpty ? "" : String(content.count)),
    ]
    return RowChange(row: number, before: line(number), after: fields.joined(separator: ","))
  }

  /// The change to a dropped member's row; none if it has no row.
  func removal(of member: String) -> [RowChange] {
    (index[Array(member.utf8)] ?? []).map { RowChange(row: $0, before: line($0), after: nil) }
  }

  /// RECORD with these rows changed; all other bytes unchanged.
  func applying(_ changes: [RowChange]) -> Bytes {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var position = 0
    for change in changes.sorted(by: { $0.row < $1.row }) {
      let row = rows[change.row]
      result.append(bytes[position..<row.whole.lowerBound])
      if let after = change.after {
        result += after.utf8
        position = row.fields.last!.upperBound
      } else {
        position = row.whole.upperBound
      }
    }
    result.append(bytes[position..<bytes.count])
    return Bytes(result)
  }
}

extension Record {
  private func row(of member: String) throws(ScrubError) -> Int {
    let found = index[Array(member.utf8)] ?? []
    guard let first = found.first else {
      throw ScrubError("has no row for \(member), which changes", at: Place(member: name))
    }
    guard found.count == 1 else {
      throw ScrubError("has \(found.count) rows for \(member), which changes", at: Place(member: name))
    }
    return first
  }

  /// `sha256=<urlsafe base64>`; padding is tolerated but not written.
  private func hash(
    of member: String, _ field: String, at place: Place
  ) throws(ScrubError) -> (RecordHash, digest: String) {
    let parts = field.split(separator: "=", maxSplits: 1)
    guard parts.count == 2 else {
      throw ScrubError("row of \(member) has no hash, needs one of \(RecordHash.names)", at: place)
    }
    guard let algorithm = RecordHash(rawValue: String(parts[0])) else {
      throw ScrubError("row of \(member) has a \(parts[0]) hash, needs one of \(RecordHash.names)", at: place)
    }
    var digest = parts[1]
    while digest.last == "=" { digest.removeLast() }
    guard digest.utf8.count == algorithm.length else {
      throw ScrubError(
        "row of \(member) has a \(parts[0]) hash of \(digest.utf8.count) characters, needs \(algorithm.length)",
        at: place)
    }
    return (algorithm, String(digest))
  }

  func raw(_ range: Range<Int>) -> String { String(decoding: bytes[range].array(), as: UTF8.self) }

  func text(_ range: Range<Int>) -> String {
    String(decoding: RecordRow.unquoted(bytes[range].array()), as: UTF8.self)
  }

  func line(_ number: Int) -> String {
    raw(rows[number].whole.lowerBound..<rows[number].fields.last!.upperBound)
  }

  /// A new value in the old one's quotes.
  private func requoted(_ old: Range<Int>, _ value: String) -> String {
    old.count >= 2 && bytes[old.lowerBound] == 0x22 ? "\"\(value)\"" : value
  }
}
