internal import BuildRoots

/// A path that a line number program keeps in two parts, a directory and a file's name in it (DWARF 5 section 6.2.4).
/// clang takes what the file's path and the compilation directory have in common for the directory: `/tmp`, and the
/// name begins with `pip-build-env-x`. Alone, the name has a relative root, and the directory none.
enum JoinedPath {
  /// The whole path with clean roots, which needs no directory any more.
  /// - Returns: nil where no root runs from the directory into the name, so that each part is clean on its own.
  static func clean(_ directory: Bytes, _ name: Bytes, _ roots: RootMap) -> [UInt8]? {
    guard isPart(directory, name, roots) else { return nil }
    let joined = directory.array() + (directory.last == slash ? [] : [slash]) + name.array()
    let boundary = joined.count - name.count
    let runsOver = roots.roots(in: joined.span).contains {
      $0.range.lowerBound < boundary && $0.range.upperBound > boundary
    }
    guard runsOver, let clean = roots.clean(joined.span), clean.first == slash else { return nil }
    return clean
  }

  /// Whether the name begins with a root that has lost its beginning.
  private static func isPart(_ directory: Bytes, _ name: Bytes, _ roots: RootMap) -> Bool {
    guard !directory.isEmpty, directory[0] == slash, let root = roots.firstRoot(in: name.span) else {
      return false
    }
    return root.range.lowerBound == 0 && root.isRelative
  }

  private static let slash = UInt8(ascii: "/")
}

extension Bytes {
  fileprivate var last: UInt8? { isEmpty ? nil : self[count - 1] }
}

/// The joined paths of one line section, each pair of strings read once.
struct JoinedPaths {
  /// A string: where it begins, in a table, or in `.debug_line` itself.
  struct Text: Hashable {
    var table: ReferenceTarget
    var offset: UInt64
  }

  private struct Pair: Hashable {
    var directory: Text
    var name: Text
  }

  let dwarf: DwarfSections
  let section: DwarfSections.Section
  private let roots: RootMap
  private var seen: [Pair: [UInt8]?] = [:]
  /// How many bytes may still be read: strings share their ends, so their lengths may add up to a square.
  private var budget: Int

  init(_ dwarf: DwarfSections, _ section: DwarfSections.Section, _ roots: RootMap) {
    (self.dwarf, self.section, self.roots) = (dwarf, section, roots)
    let tables = ReferenceTarget.allCases.reduce(0) { $0 + (dwarf[$1.sectionName]?.content.count ?? 0) }
    budget = 16 * tables + 4096
  }

  /// Whether more was asked for than a compiler's tables hold; from then on every answer is nil.
  var isExhausted: Bool { budget < 0 }

  /// Where a name of this section's programs stands, after relocation.
  func text(_ name: LineProgram.Name) -> Text {
    switch name {
    case .inline(let range): return Text(table: .line, offset: UInt64(range.lowerBound))
    case .reference(let reference):
      let target = section.relocations?.value(
        of: reference.target, at: reference.position, width: reference.width)
      return Text(table: reference.kind, offset: target ?? reference.target)
    }
  }

  /// - Returns: nil for an offset that leads nowhere.
  func bytes(_ text: Text) -> Bytes? {
    (text.table == .line ? section : dwarf[text.table.sectionName])?.content.string(at: text.offset)
  }

  mutating func clean(_ directory: Text, _ name: Text) -> [UInt8]? {
    let pair = Pair(directory: directory, name: name)
    if let known = seen[pair] { return known }
    guard !isExhausted, let one = bytes(directory), let other = bytes(name) else { return nil }
    budget -= one.count + other.count
    let path = isExhausted ? nil : JoinedPath.clean(one, other, roots)
    seen[pair] = .some(path)
    return path
  }
}
