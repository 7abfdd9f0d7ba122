import Formats

/// Reads a canonical wheel again and checks that it installs the same files as the original, apart from the fixes.
struct CanonicalVerifier {
  let before: Wheel
  let after: [Wheel.Member]
  let entries: [CanonicalWheel.Entry]
  /// The RECORD that is expected.
  let record: Bytes

  /// - Throws: the first difference.
  func verify(_ workers: Workers) throws(ScrubError) {
    let found = Dictionary(after.map { ($0.name, $0) }) { first, _ in first }
    let files = after.filter { !$0.isDirectory }
    guard files.count == entries.count + 1, let last = files.last, try last.content() == record else {
      throw failure("has \(files.count) files, needs \(entries.count) and RECORD behind them")
    }
    let results = workers.map(entries) { entry in
      Result { () throws(ScrubError) in
        guard let member = found[entry.name] else { throw failure("is gone", entry.name) }
        try compare(entry, member)
      }
    }
    for result in results { try result.get() }
    // Empty directories matter to installers that create them.
    let names = Set(after.map(\.name))
    for directory in before.members where directory.isDirectory && !names.contains(directory.name) {
      guard names.contains(where: { $0.hasPrefix(directory.name) }) else {
        throw failure("is gone", directory.name)
      }
    }
  }

  private func compare(_ entry: CanonicalWheel.Entry, _ member: Wheel.Member) throws(ScrubError) {
    guard InstalledMode(member) == InstalledMode(entry.member) else {
      throw failure("would be installed with another mode", entry.name)
    }
    let content = try member.content()
    // The digest was computed from what the passes have verified.
    let isRight =
      try entry.isChanged
      ? RecordHash.sha256.digest(content) == entry.content.digest : entry.member.content() == content
    guard isRight else { throw failure("has another content", entry.name) }
  }

  private func failure(_ message: String, _ member: String? = nil) -> ScrubError {
    ScrubError("verify: \(message)", at: Place(member: member, section: "canonical form"))
  }
}
