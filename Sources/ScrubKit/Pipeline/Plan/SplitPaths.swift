internal import BuildRoots
import Formats

/// Decides what happens to paths whose root begins in a directory of a line number program and ends in a file name: the
/// name becomes the whole clean path, which overrides its directory (DWARF 5 section 6.2.4), and a directory that
/// contains only such files becomes the stable prefix, so that nothing reveals where TMPDIR was.
///
/// A string with any other reference keeps its text. Directory 0, and the files in it, remain consistent with the
/// unit's own `DW_AT_comp_dir` and `DW_AT_name`.
struct SplitPaths {
  /// New text of strings, by table and offset.
  private(set) var strings: [ReferenceTarget: [Int: [UInt8]]] = [:]
  /// New text of names that headers hold themselves, by where they begin.
  private(set) var inline: [Int: [UInt8]] = [:]
  /// Replacements for the roots of renamed files, and whether they are in `.debug_line` itself.
  private var roots: [(place: Place, path: [UInt8], isInline: Bool)] = []

  init() {}

  fileprivate typealias Text = JoinedPaths.Text

  fileprivate struct File {
    var name: Text
    var directory: Int
    /// What the name becomes; nil if its directory is not involved.
    var path: JoinedPath?
  }

  fileprivate struct Program {
    /// Nil for the compilation directory.
    var directories: [Text?] = []
    var files: [File] = []
  }

  /// - Throws: if the line number programs contradict themselves.
  init(_ dwarf: DwarfSections, _ roots: RootMap) throws(ScrubError) {
    guard let section = dwarf[".debug_line"] else { return }
    var programs: [Program] = []
    var paths = JoinedPaths(dwarf, section, roots)
    try LinePrograms.forEach(
      in: section, addressSize: Int(dwarf.addressSize), order: dwarf.order, reference: { _ in },
      program: { program in
        if let found = Program(program, &paths) { programs.append(found) }
      })
    // Bytes that are read too often do not come from a compiler; each part is left as planned separately.
    guard !paths.isExhausted else { return }
    try decide(programs, dwarf, section, roots)
  }

  private mutating func decide(
    _ programs: [Program], _ dwarf: DwarfSections, _ section: DwarfSections.Section, _ roots: RootMap
  ) throws(ScrubError) {
    // Names, by what each use requires them to be.
    var wishes: [Text: (path: JoinedPath, uses: Int)] = [:]
    var isDisputed: Set<Text> = []
    for file in programs.lazy.flatMap(\.files) {
      guard let path = file.path else { continue }
      if let known = wishes[file.name] {
        if known.path.clean != path.clean { isDisputed.insert(file.name) }
        wishes[file.name]?.uses += 1
      } else {
        wishes[file.name] = (path, 1)
      }
    }
    guard !wishes.isEmpty else { return }
    var directories: Set<Text> = []
    for case let directory? in programs.lazy.flatMap(\.directories) { directories.insert(directory) }
    let uses = try Self.uses(of: directories.union(wishes.keys), in: dwarf)
    let names = wishes.filter {
      !isDisputed.contains($0.key) && ($0.key.table == .line || uses[$0.key] == $0.value.uses)
    }

    // Directories in which all files are renamed, in every program.
    var empty: [Text: Int] = [:]
    for program in programs {
      var isUsed = Set<Int>()
      var isLeft = Set<Int>()
      for file in program.files {
        if file.path != nil, names[file.name] != nil {
          isLeft.insert(file.directory)
        } else {
          isUsed.insert(file.directory)
        }
      }
      for index in isLeft.subtracting(isUsed) where program.directories.indices.contains(index) {
        if let directory = program.directories[index] { empty[directory, default: 0] += 1 }
      }
    }
    for (text, wish) in names { set(text, wish.path.clean) }
    for (text, count) in empty where text.table == .line || uses[text] == count {
      set(text, Array(roots.prefix.text.utf8))
    }
    for (text, wish) in names { describe(text, wish.path, dwarf, section) }
  }

  private mutating func set(_ text: Text, _ path: [UInt8]) {
    if text.table == .line {
      inline[Int(text.offset)] = path
    } else {
      strings[text.table, default: [:]][Int(text.offset)] = path
    }
  }

  /// How often each of these strings is referenced, from anywhere.
  private static func uses(
    of texts: Set<Text>, in dwarf: DwarfSections
  ) throws(ScrubError) -> [Text: Int] {
    var uses: [Text: Int] = [:]
    func count(_ kind: ReferenceTarget, _ offset: UInt64) {
      let text = Text(table: kind, offset: offset)
      if texts.contains(text) { uses[text, default: 0] += 1 }
    }
    guard texts.contains(where: { $0.table != .line }) else { return [:] }
    try SectionReferences(dwarf: dwarf).visit { _, reference in count(reference.kind, reference.target) }
    for kind in ReferenceTarget.stringTables {
      for label in dwarf[kind.sectionName]?.labels ?? [] { count(kind, label.offset) }
    }
    return uses
  }

  // MARK: Findings

  private mutating func describe(
    _ text: Text, _ path: JoinedPath, _ dwarf: DwarfSections, _ line: DwarfSections.Section
  ) {
    guard let section = text.table == .line ? line : dwarf[text.table.sectionName],
      let name = section.content.string(at: text.offset)
    else { return }
    // The rest after the root is the same in both, except for its own roots.
    let rest = name[path.root.range.upperBound..<name.count].array()
    let isSame = path.clean.count > rest.count && path.clean.suffix(rest.count).elementsEqual(rest)
    roots.append(
      (
        Place(section: section.label, offset: text.offset),
        isSame ? path.clean.dropLast(rest.count) : path.clean,
        text.table == .line
      ))
  }

  /// Replacements, by place, of roots in names without their directories.
  /// - Parameter inLine: whether names in `.debug_line` itself are rewritten.
  func replacements(inLine: Bool) -> [Place: [UInt8]] {
    Dictionary(roots.lazy.filter { inLine || !$0.isInline }.map { ($0.place, $0.path) }) { first, _ in first }
  }
}

extension SplitPaths.Program {
  /// - Returns: nil for a program whose names are not all in the same kind of place: if some are rebuilt and others may
  ///   not be, neither can rely on the other.
  fileprivate init?(_ program: LineProgram, _ paths: inout JoinedPaths) {
    let entries = program.paths
    guard let first = entries.files.first?.name else { return nil }
    for entry in entries.directories {
      if let name = entry.name, name.isInline != first.isInline { return nil }
      directories.append(entry.name.map { paths.text($0) })
    }
    if !directories.isEmpty { directories[0] = nil }
    for entry in entries.files {
      guard let name = entry.name, name.isInline == first.isInline,
        let index = entry.directory.flatMap({ Int(exactly: $0) })
      else { return nil }
      let text = paths.text(name)
      let directory = directories.indices.contains(index) ? directories[index] : nil
      files.append(
        SplitPaths.File(
          name: text, directory: index, path: directory.flatMap { paths.path($0, text) }))
    }
  }
}

extension LineProgram.Name {
  fileprivate var isInline: Bool {
    if case .inline = self { true } else { false }
  }
}
