internal import BuildRoots
import Formats

/// Has libdwarf, which was not involved in the edit, read both images in parallel: the same units, directories, files
/// and (if requested) DIEs, and strings that are the same except for the roots.
struct DwarfComparison {
  let before: DwarfSections
  let after: DwarfSections
  let roots: RootMap

  func compare(everyDIE: Bool) throws(ScrubError) {
    try DwarfHandle.exclusively { () throws(ScrubError) in try compareUnits(everyDIE: everyDIE) }
  }

  private func compareUnits(everyDIE: Bool) throws(ScrubError) {
    guard let old = try? DwarfHandle(everyDIE ? before : withoutRows(before)) else { return }
    let new = try DwarfHandle(everyDIE ? after : withoutRows(after))
    var unit = 0
    while true {
      var expected: [(role: DwarfHandle.Role, text: Bytes?)] = []
      let more: Bool
      do throws(ScrubError) {
        more = try old.nextUnit(everyDIE: everyDIE) { role, text throws(ScrubError) in
          expected.append((role, text?.bytes))
        }
      } catch {
        // libdwarf cannot judge what it cannot read, and a note says so. It must fail on the same thing.
        let message = errorMessage { () throws(ScrubError) in
          _ = try new.nextUnit(everyDIE: everyDIE) { _, _ throws(ScrubError) in }
        }
        guard message == error.message else {
          throw failure("unit \(unit) reads differently: \(error.message)")
        }
        return
      }
      var index = 0
      var odd: [(index: Int, text: Bytes?)] = []
      let moreNew = try new.nextUnit(everyDIE: everyDIE) { role, text throws(ScrubError) in
        guard index < expected.count, expected[index].role == role else {
          throw failure("unit \(unit) reads differently at \(role)")
        }
        if !isSame(expected[index].text, text?.bytes) { odd.append((index, text?.bytes)) }
        index += 1
      }
      guard more == moreNew, index == expected.count else { throw failure("unit \(unit) has other contents") }
      if let index = unexplained(odd, expected) {
        throw failure("unit \(unit) reads differently at \(expected[index].role)")
      }
      if !more { return }
      unit += 1
    }
  }

  /// The first odd string that is neither a name of a split path that became the whole path, nor a directory that such
  /// files have left.
  private func unexplained(
    _ odd: [(index: Int, text: Bytes?)], _ expected: [(role: DwarfHandle.Role, text: Bytes?)]
  ) -> Int? {
    guard !odd.isEmpty else { return nil }
    var directories: [UInt64: Bytes] = [:]
    for case (.includeDirectory(let number), let text?) in expected { directories[UInt64(number)] = text }
    let news = Dictionary(odd.lazy.map { ($0.index, $0.text) }) { first, _ in first }
    var explained: Set<Int> = []
    var renamed: Set<UInt64> = []
    var kept: Set<UInt64> = []
    for (index, (role, text)) in expected.enumerated() {
      // Each file is followed by the number of its directory.
      guard case .file = role, index + 1 < expected.count,
        case .shape(let number) = expected[index + 1].role
      else { continue }
      if number > 0, let new = news[index] ?? nil, let text, let directory = directories[number],
        JoinedPath(directory, text, roots).map({ Bytes($0.clean) == new }) ?? false
      {
        explained.insert(index)
        renamed.insert(number)
      } else {
        kept.insert(number)
      }
    }
    let prefix = Bytes(Array(roots.prefix.text.utf8))
    return odd.first { index, text in
      if case .includeDirectory(let number) = expected[index].role {
        return !renamed.contains(UInt64(number)) || kept.contains(UInt64(number)) || text != prefix
      }
      return !explained.contains(index)
    }?.index
  }

  private func errorMessage(_ body: () throws(ScrubError) -> Void) -> String? {
    do throws(ScrubError) { try body() } catch { return error.message }
    return nil
  }

  /// Rows are opcodes, which `LineComparison` compares byte for byte; libdwarf would run them for each file name.
  private func withoutRows(_ dwarf: DwarfSections) -> DwarfSections {
    // If our reader does not understand the section, libdwarf gets all of it.
    (try? dwarf.withoutLineRows()) ?? dwarf
  }

  private func isSame(_ old: Bytes?, _ new: Bytes?) -> Bool {
    guard let old, let new else { return old == nil && new == nil }
    if old == new { return true }
    // Rebuilt tables hold clean paths, inline ones are padded.
    return roots.clean(old.span).map { Bytes($0) == new } ?? false
      || roots.padded(old.span).map { Bytes($0) == new } ?? false
  }

  private func failure(_ message: String) -> ScrubError {
    ScrubError("verify: libdwarf: \(message)", section: ".debug_info")
  }
}
