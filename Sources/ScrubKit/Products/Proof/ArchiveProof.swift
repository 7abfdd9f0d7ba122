internal import BuildRoots
import Formats

/// A static archive before and after `fix`: the same members, with the same names except for roots; the same headers
/// except for sizes and late dates; and symbols that lead to the same members.
struct ArchiveProof {
  let before: StaticArchive
  let after: StaticArchive
  let options: Options

  init(_ before: StaticArchive, _ after: StaticArchive, options: Options) {
    self.before = before
    self.after = after
    self.options = options
  }

  func compare() throws(ScrubError) -> Proof {
    var proof = Proof()
    guard before.members.map(\.kind) == after.members.map(\.kind) else {
      proof.object("has other members", section: "archive")
      return proof
    }
    for (old, new) in zip(before.members, after.members) {
      proof.add(compareHeaders(old, new).placed { if old.kind == .file { $0.member = new.name } })
      switch old.kind {
      case .file:
        let content = try ContentProof(options: options).compare(
          before.content(of: old), after.content(of: new))
        proof.add(content.placed { $0 = $0.within(new.name) })
      case .symbols(let form): proof.add(try compareSymbols(old, new, form))
      case .names:
        proof.add(
          PathBytes(roots: options.roots).compare(
            before.content(of: old), after.content(of: new), in: "names table"))
      case .unknown:
        proof.add(
          PathBytes(roots: options.roots).compare(
            before.content(of: old), after.content(of: new), [], in: old.name))
      }
    }
    return proof
  }

  private func compareHeaders(_ old: StaticArchive.Member, _ new: StaticArchive.Member) -> Proof {
    var proof = Proof()
    let place = "member header"
    let start = (old.extent.lowerBound, new.extent.lowerBound)
    func field(_ range: Range<Int>) -> (Bytes, Bytes) {
      (
        before.bytes[start.0 + range.lowerBound..<start.0 + range.upperBound],
        after.bytes[start.1 + range.lowerBound..<start.1 + range.upperBound]
      )
    }
    // A name stored before the content may have a different amount of padding (`#1/20`).
    let name = field(0..<16)
    if old.bsdName.isEmpty {
      proof.add(PathBytes(roots: options.roots).compare(name.0, name.1, in: place))
    } else {
      proof.add(
        PathBytes(roots: options.roots).compare(
          before.bytes[old.nameRange], after.bytes[new.nameRange], in: "member name"))
      if !after.bytes[new.nameRange.upperBound..<new.bsdName.upperBound].isZero {
        proof.object("the name's filling is not zero", section: "member name")
      }
    }
    let owner = field(28..<48)
    if owner.0 != owner.1 {
      proof.object(
        "owner or mode changed", section: place, offset: 28, before: PathBytes.text(owner.0, 0..<20),
        after: PathBytes.text(owner.1, 0..<20))
    }
    let date = field(16..<28)
    if date.0 != date.1 {
      var late = old.header.date
      if let epoch = options.sourceDateEpoch, let time = late, time > epoch { late = max(epoch, 0) }
      if late != new.header.date || options.sourceDateEpoch == nil {
        proof.object(
          "the date changed", section: place, offset: 16, before: PathBytes.text(date.0, 0..<12),
          after: PathBytes.text(date.1, 0..<12))
      }
    }
    let padding = after.bytes[new.content.upperBound..<new.extent.upperBound]
    let oldPadding = before.bytes[old.content.upperBound..<old.extent.upperBound]
    if padding != oldPadding, !padding.array().allSatisfy({ $0 == 0x0a }) {
      proof.object("the padding changed", section: place, offset: new.content.upperBound - start.1)
    }
    return proof
  }

  /// The same symbols, each in the same member as before.
  private func compareSymbols(
    _ old: StaticArchive.Member, _ new: StaticArchive.Member, _ form: ArchiveSymbols.Form
  ) throws(ScrubError) -> Proof {
    let (was, now) = (before.content(of: old), after.content(of: new))
    var proof = Proof()
    let symbols: ArchiveSymbols
    let others: ArchiveSymbols
    do throws(ScrubError) {
      (symbols, others) = (try ArchiveSymbols(was, form), try ArchiveSymbols(now, form))
    } catch {
      return PathBytes(roots: options.roots).compare(was, now, [], in: "symbol table")
    }
    let targets = headers(before)
    let newTargets = headers(after)
    guard symbols.entries.map(\.position) == others.entries.map(\.position) else {
      proof.object("has other symbols", section: "symbol table")
      return proof
    }
    for (one, other) in zip(symbols.entries, others.entries)
    where targets[one.header] != newTargets[other.header] {
      proof.object("a symbol leads to another member", section: "symbol table", offset: other.position)
      return proof
    }
    let free = symbols.entries.map { $0.position..<$0.position + symbols.width }
    proof.add(PathBytes(roots: options.roots).compare(was, now, free: free, in: "symbol table"))
    return proof
  }

  private func headers(_ archive: StaticArchive) -> [UInt64: Int] {
    Dictionary(archive.members.map { (UInt64($0.extent.lowerBound), $0.index) }) { first, _ in first }
  }
}
