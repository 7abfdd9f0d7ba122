internal import BuildRoots
import Formats

/// Reads the names of all symbols before and after their string table was rebuilt.
struct SymbolStringComparison {
  let before: ElfImage
  let after: ElfImage
  let plan: SymbolStringPlan
  let roots: RootMap

  private func failure(_ message: String, _ index: Int) -> ScrubError {
    ScrubError("verify: \(message)", section: before.sections[plan.symbols].name, offset: UInt64(index))
  }

  /// Each symbol has the same name, except for roots.
  /// - Returns: the new symbols with their old `st_name`, so that everything else can be compared byte by byte.
  func verify() throws(ScrubError) -> Bytes {
    let (old, new) = (before.sections[plan.symbols], after.sections[plan.symbols])
    guard let range = new.fileRange, let strings = before.sections[plan.strings].fileRange,
      let newStrings = after.sections[plan.strings].fileRange, old.size == new.size
    else { throw failure("the number of symbols changed", 0) }
    let (text, newText) = (before.bytes[strings], after.bytes[newStrings])
    let restored = EditBuffer(copying: after.bytes[range])
    // Each pair is read once, however many symbols have it.
    var known: [UInt32: UInt32] = [:]
    for (index, pair) in zip(before.symbolNames(in: old), after.symbolNames(in: new)).enumerated() {
      let (name, newName) = pair
      if let earlier = known[name] {
        guard earlier == newName else { throw failure("one name became two", index) }
      } else {
        guard let string = text.string(at: UInt64(name)), let newString = newText.string(at: UInt64(newName)),
          string == newString || roots.clean(string.span).map({ Bytes($0) == newString }) ?? false
        else { throw failure("symbol \(index) has another name", index) }
        // No name is 0, not an empty string elsewhere.
        guard newName != 0 || string.count == 0 else { throw failure("symbol \(index) lost its name", index) }
        known[name] = newName
      }
      restored.store(
        UInt64(name), at: index * Int(old.entrySize), width: 4, order: before.header.order)
    }
    return restored.bytes
  }
}
