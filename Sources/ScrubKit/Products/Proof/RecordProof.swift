import Formats

/// RECORD before and after: the same rows in the same order. For a changed file, hash and size are those of the new
/// bytes; all other rows are identical.
struct RecordProof {
  /// The new content of a changed file, by its old path; nil for all others.
  let changed: (String) -> Bytes?
  /// The new path of a renamed file; nil for one that kept its name or is gone.
  let renamed: (String) -> String?
  /// Whether the file is gone, and its row with it.
  let isGone: (String) -> Bool
  /// Whether wrong rows may have been corrected.
  var mayCorrect = false

  func compare(_ old: Record, _ new: Record) -> Proof {
    var proof = Proof()
    let paths = old.paths
    var changes = old.rows.indices.filter { isGone(paths[$0]) }.map {
      Record.RowChange(row: $0, before: old.line($0), after: nil)
    }
    let gone = Set(changes.map(\.row))
    let kept = old.rows.indices.filter { !gone.contains($0) }
    guard kept.count == new.rows.count else {
      proof.object("has \(new.rows.count) rows, needs \(kept.count)")
      return proof
    }
    for (row, newRow) in zip(kept, new.rows.indices) where old.line(row) != new.line(newRow) {
      let path = paths[row]
      func object(_ message: String) {
        proof.object(
          "\(path): \(message)", offset: new.rows[newRow].whole.lowerBound, before: old.line(row),
          after: new.line(newRow))
      }
      guard let content = changed(path) else {
        object(mayCorrect ? "the row changed" : "the row changed, and the file did not")
        continue
      }
      guard let was = RecordClaim(old, row: row), let now = RecordClaim(new, row: newRow),
        now.path == renamed(path) ?? path, now.algorithm == was.algorithm,
        now.size.isEmpty == was.size.isEmpty
      else {
        object("the row says something else")
        continue
      }
      guard now.doubts(about: content, needsSize: false).isEmpty else {
        object("the row is not true")
        continue
      }
      proof.seals += 1
      changes.append(Record.RowChange(row: row, before: old.line(row), after: new.line(newRow)))
    }
    if proof.violations.isEmpty, old.applying(changes) != new.bytes {
      proof.object("bytes between the rows changed")
    }
    // A row that did not follow its file is as wrong as one that changed without it.
    for (row, newRow) in zip(kept, new.rows.indices) where old.line(row) == new.line(newRow) {
      guard let content = changed(paths[row]), let claim = RecordClaim(new, row: newRow), !claim.isEmpty,
        !claim.digest.isEmpty, !claim.doubts(about: content, needsSize: false).isEmpty
      else { continue }
      proof.object(
        "\(paths[row]): the row is not true of the file, which changed",
        offset: new.rows[newRow].whole.lowerBound, after: new.line(newRow))
    }
    return proof
  }
}
