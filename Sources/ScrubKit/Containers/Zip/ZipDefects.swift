import Formats

/// What is wrong with a zip that can still be read. The writer is strict: for it the first ambiguity is an error.
struct ZipDefects {
  enum Kind: Sendable {
    case dataDescriptor, comment, strayData, duplicateName, headerMismatch, compressionMethod, unsafeName
    case extraField, symbolicLink, encrypted, overlap, impossibleSize

    /// Whether the writer omits it.
    var isDroppedByWriting: Bool { self == .dataDescriptor || self == .comment }
  }

  private let isTolerant: Bool
  private(set) var list: [(kind: Kind, error: ScrubError)] = []
  /// Whether a line for the kernel may stand in front of the first member, as zipapp and pex write it. A wheel has none.
  var allowsScriptHead = false

  static let strict = ZipDefects(isTolerant: false)
  static let tolerant = ZipDefects(isTolerant: true)

  private init(isTolerant: Bool) { self.isTolerant = isTolerant }

  /// Records something that two readers could understand differently.
  /// - Throws: the error, if nothing is tolerated; otherwise reading continues.
  mutating func note(_ kind: Kind, _ error: ScrubError) throws(ScrubError) {
    guard isTolerant else { throw error }
    list.append((kind, error))
  }

  /// Records something that every reader understands in the same way but that is unwanted.
  mutating func remark(_ kind: Kind, _ message: String, member: String? = nil) {
    list.append((kind, ScrubError(message, at: Place(member: member))))
  }

  /// Adds the member's name to everything recorded since `start`.
  mutating func complete(since start: Int, member: String) {
    for index in list.indices.dropFirst(start) {
      list[index].error = list[index].error.inside(path: "", member: member)
    }
  }
}
