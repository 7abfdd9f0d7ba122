import Formats

/// What the canonical form changes in the packing of a wheel, for reports.
struct CanonicalChanges {
  private let before: Wheel
  private let pairs: [(old: Wheel.Member, new: Wheel.Member, content: PackedMember)]
  private let recordRows: Int

  /// - Parameters:
  ///   - after: the members as they are written, in their order.
  ///   - recordRows: the number of rows in RECORD if it changes; else 0.
  init(before: Wheel, after: [(member: Wheel.Member, content: PackedMember)], recordRows: Int) {
    self.before = before
    self.recordRows = recordRows
    pairs = after.map { (before.members[$0.member.index], $0.member, $0.content) }
  }

  /// One for each aspect. Places name only the wheel.
  var list: [Change] {
    let isOrdered = pairs.map(\.old.index) == before.members.map(\.index) && isInFileOrder
    let counts: [(Change.Packing, Int)] = [
      (.order, isOrdered ? 0 : pairs.count),
      (.time, pairs.count { $0.old.time != $0.new.time || $0.old.localTime != $0.new.localTime }),
      (
        .mode,
        pairs.count {
          $0.old.externalAttributes != $0.new.externalAttributes
            || $0.old.versionMadeBy >> 8 != $0.new.versionMadeBy >> 8
        }
      ),
      (.headers, pairs.count { hasOtherHeaders($0.old, $0.new) }),
      (
        .compression,
        pairs.count { old, new, content in
          old.methodNumber != new.methodNumber
            || old.crc == content.crc && old.compressed != content.compressed
        }
      ),
      (.directories, before.members.count(where: \.isDirectory) - pairs.count(where: \.new.isDirectory)),
      (.record, recordRows),
    ].filter { $0.1 > 0 }
    // A rewritten wheel is reported even if none of these aspects explains why.
    return (counts.isEmpty ? [(.headers, pairs.count)] : counts).map {
      Change(place: Place(path: before.path), kind: .packing($0.0, count: $0.1))
    }
  }

  private var isInFileOrder: Bool {
    let places = Dictionary(uniqueKeysWithValues: before.fileOrder.enumerated().map { ($1, $0) })
    let order = pairs.compactMap { places[$0.old.index] }
    return zip(order, order.dropFirst()).allSatisfy { $0 < $1 }
  }

  private func hasOtherHeaders(_ old: Wheel.Member, _ new: Wheel.Member) -> Bool {
    old.flags != new.flags || old.versionMadeBy & 0xff != new.versionMadeBy & 0xff
      || old.versionNeeded != new.versionNeeded || old.internalAttributes != 0 || !old.extra.bytes.isEmpty
      || !old.localExtra.bytes.isEmpty || !old.comment.isEmpty
  }
}
