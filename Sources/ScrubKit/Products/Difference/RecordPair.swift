import Formats

/// Two RECORDs: rows follow from the members that they name; any other difference is a cause.
struct RecordPair {
  private let member: Wheel.Member
  private let rows: [(path: String, text: String)]
  private let otherRows: [(path: String, text: String)]
  private let path: String

  init(_ member: Wheel.Member, _ partner: Wheel.Member, path: String) throws(ScrubError) {
    self.member = member
    self.path = path
    rows = try Self.read(member)
    otherRows = try Self.read(partner)
  }

  private static func read(_ member: Wheel.Member) throws(ScrubError) -> [(String, String)] {
    let bytes = try member.content()
    return try RecordRow.parse(bytes.span).rows.map { row in
      let path = RecordRow.unquoted(bytes[row.fields[0]].array())
      return (
        String(decoding: path, as: UTF8.self), String(decoding: bytes[row.whole].array(), as: UTF8.self)
      )
    }
  }

  /// Attaches rows to the first difference of their member.
  /// - Returns: rows that follow from no member, and a different order of rows.
  func compare(_ differences: inout [Difference]) throws(ScrubError) -> [Difference] {
    var partners = Dictionary(otherRows.map { ($0.path, $0.text) }, uniquingKeysWith: { first, _ in first })
    var odd: [Found] = []
    for row in rows {
      let partner = partners.removeValue(forKey: row.path)
      guard partner != row.text else { continue }
      let content: (Difference) -> Bool = {
        $0.place.member?.split(separator: "!").first.map(String.init) == row.path
          && ![.memberTime, .memberMode, .memberHeader].contains($0.cause)
      }
      if let index = differences.firstIndex(where: content) {
        differences[index].consequences.append(
          Consequence(what: "hash and size in RECORD", places: [row.path]))
      } else {
        odd.add(.recordRow, nil, row.text.trimmed, partner?.trimmed)
      }
    }
    for (name, text) in partners.sorted(by: { $0.key < $1.key })
    where !differences.contains(where: { $0.place.member == name && $0.cause == .memberMissing }) {
      odd.add(.recordRow, nil, nil, text.trimmed)
    }
    let common = Set(rows.map(\.path)).intersection(otherRows.map(\.path))
    let order = zip(rows.map(\.path).filter(common.contains), otherRows.map(\.path).filter(common.contains))
      .first { $0 != $1 }
    if let order, !differences.contains(where: { $0.cause == .memberOrder }) {
      odd.add(.recordRow, nil, order.0, order.1)
    }
    return odd.map { $0.difference(at: Place(path: path, member: member.name)) }
  }
}

extension String {
  /// Without the line terminator.
  fileprivate var trimmed: String { String(prefix { !$0.isNewline }) }
}
