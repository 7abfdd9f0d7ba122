internal import BuildRoots
import Formats

/// Reads a written archive again and compares it with its original and with the plan for each member.
struct ArchiveVerifier {
  let before: StaticArchive
  let after: StaticArchive
  /// New contents, by member index.
  let contents: [Int: Bytes]
  let edits: ArchiveEdits
  let roots: RootMap
  let epoch: Int64?
  /// The number of roots in the archive's own bytes that stay.
  var left = 0

  private func failure(_ message: String, _ member: StaticArchive.Member? = nil) -> ScrubError {
    ScrubError("verify: \(message)", at: Place(member: member?.name, section: "archive"))
  }

  /// - Throws: the first difference that was not planned.
  func verify() throws(ScrubError) {
    guard before.members.count == after.members.count else {
      throw failure("has \(after.members.count) members, needs \(before.members.count)")
    }
    for (old, new) in zip(before.members, after.members) {
      try compareHeaders(old, new)
      try compareContents(old, new)
    }
    try compareSymbols()
    let hits = Hits.all(in: ArchiveNames.stretches(of: after).map(\.region), roots)
    guard hits.count == left else {
      throw failure("\(hits.count) build roots are left in names and tables, \(left) were to be")
    }
  }

  /// Owner and mode as before; name and date as before or as planned.
  private func compareHeaders(_ old: StaticArchive.Member, _ new: StaticArchive.Member) throws(ScrubError) {
    let owner = 28..<48
    guard old.kind == new.kind, old.header.bytes[owner] == new.header.bytes[owner] else {
      throw failure("the header changed", old)
    }
    guard planned(old.nameRange) == after.bytes[new.nameRange] else { throw failure("the name changed", old) }
    var date = old.header.date
    if let epoch, let late = date, late > epoch { date = max(epoch, 0) }
    guard date == new.header.date else { throw failure("the date changed", old) }
  }

  private func compareContents(_ old: StaticArchive.Member, _ new: StaticArchive.Member) throws(ScrubError) {
    if case .symbols = old.kind { return }
    guard contents[old.index] ?? planned(old.content) == after.content(of: new) else {
      throw failure("the content is not what was to be written", old)
    }
  }

  /// Every symbol leads to the same member as before.
  private func compareSymbols() throws(ScrubError) {
    guard let old = before.members.first, let new = after.members.first, case .symbols(let form) = old.kind
    else { return }
    let hasMoved = zip(before.members, after.members).contains {
      $0.extent.lowerBound != $1.extent.lowerBound
    }
    // A table that did not have to be changed may be unreadable.
    guard hasMoved else {
      guard planned(old.content) == after.content(of: new) else {
        throw failure("the symbol table changed", old)
      }
      return
    }
    let (was, now) = (planned(old.content), after.content(of: new))
    let (symbols, newSymbols) = (try ArchiveSymbols(was, form), try ArchiveSymbols(now, form))
    guard was.count == now.count, symbols.entries.count == newSymbols.entries.count else {
      throw failure("the symbol table has another size", old)
    }
    let targets = headers(before)
    let newTargets = headers(after)
    let copy = EditBuffer(copying: was)
    for (one, other) in zip(symbols.entries, newSymbols.entries) {
      guard one.position == other.position, let target = targets[one.header],
        target == newTargets[other.header]
      else { throw failure("a symbol leads to another member", old) }
      copy.store(other.header, at: one.position, width: symbols.width, order: symbols.order)
    }
    guard copy.bytes == now else { throw failure("the symbol table's names changed", old) }
  }

  private func headers(_ archive: StaticArchive) -> [UInt64: Int] {
    Dictionary(uniqueKeysWithValues: archive.members.map { (UInt64($0.extent.lowerBound), $0.index) })
  }

  private func planned(_ range: Range<Int>) -> Bytes { edits.applied(to: before.bytes, range) }
}
