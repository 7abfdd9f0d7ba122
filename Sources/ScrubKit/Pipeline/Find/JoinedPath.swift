internal import BuildRoots
import Formats

/// A path that a line number program stores in two parts, a directory and a file name in it (DWARF 5 section 6.2.4).
/// clang uses the common part of the file's path and the compilation directory as the directory: `/tmp`, and the name
/// begins with `pip-build-env-x`. Alone, the name has a relative root, and the directory none.
struct JoinedPath {
  /// The whole path with clean roots, which no longer needs a directory.
  var clean: [UInt8]
  /// The root that extends from the directory into the name, as a range of the name.
  var root: BuildRoot

  /// - Returns: nil if no root extends from the directory into the name, so that each part can be cleaned alone.
  init?(_ directory: Bytes, _ name: Bytes, _ roots: RootMap) {
    guard !directory.isEmpty, !name.isEmpty, directory[0] == Self.slash, name[0] != Self.slash else {
      return nil
    }
    var joined = directory.array()
    if joined.last != Self.slash { joined.append(Self.slash) }
    let boundary = joined.count
    joined += name.array()
    guard
      var root = roots.roots(in: joined.span).first(where: {
        $0.range.lowerBound < boundary && $0.range.upperBound > boundary
      }), let clean = roots.clean(joined.span), clean.first == Self.slash
    else { return nil }
    root.range = 0..<root.range.upperBound - boundary
    (self.clean, self.root) = (clean, root)
  }

  private static let slash = UInt8(ascii: "/")
}

/// The joined paths of one line section; each pair of strings is read once.
struct JoinedPaths {
  /// A string: where it begins in a table, or in `.debug_line` itself.
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
  private var seen: [Pair: JoinedPath?] = [:]
  /// How many bytes may still be read: strings share their endings, so their lengths may add up to a square.
  private var budget: Int

  init(_ dwarf: DwarfSections, _ section: DwarfSections.Section, _ roots: RootMap) {
    (self.dwarf, self.section, self.roots) = (dwarf, section, roots)
    let tables = ReferenceTarget.allCases.reduce(0) { $0 + (dwarf[$1.sectionName]?.content.count ?? 0) }
    budget = 16 * tables + 4096
  }

  /// Whether more was requested than a compiler's tables hold; from then on every answer is nil.
  var isExhausted: Bool { budget < 0 }

  /// Where a name of this section's programs is, after relocation.
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

  mutating func path(_ directory: Text, _ name: Text) -> JoinedPath? {
    let pair = Pair(directory: directory, name: name)
    if let known = seen[pair] { return known }
    guard !isExhausted, let one = bytes(directory), let other = bytes(name) else { return nil }
    budget -= one.count + other.count
    let path = isExhausted ? nil : JoinedPath(one, other, roots)
    seen[pair] = .some(path)
    return path
  }
}
