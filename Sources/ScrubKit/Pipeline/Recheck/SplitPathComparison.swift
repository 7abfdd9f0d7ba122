internal import BuildRoots
import Formats

/// Finds names of line number programs that have the same meaning only together with their directory: the new one is
/// the whole clean path of the old one, or a directory in which no other file is left. Derived from both images, not
/// from a plan.
struct SplitPathComparison {
  /// Where such names, or the offsets that lead to them, are in the old line section.
  private var positions: Set<Int> = []
  private var old: JoinedPaths
  private let new: JoinedPaths
  private let prefix: Bytes

  /// - Parameter programs: those of both line sections, equally many.
  init(
    _ before: DwarfSections, _ old: DwarfSections.Section, _ after: DwarfSections,
    _ new: DwarfSections.Section, _ programs: ([LineProgram], [LineProgram]), _ roots: RootMap
  ) {
    self.old = JoinedPaths(before, old, roots)
    self.new = JoinedPaths(after, new, roots)
    prefix = Bytes(Array(roots.prefix.text.utf8))
    for (one, other) in zip(programs.0, programs.1) { compare(one, other) }
  }

  /// Whether the name at this position of the old line section, with its directory, means the same as before.
  func accepts(_ position: Int) -> Bool { positions.contains(position) }

  private mutating func compare(_ one: LineProgram, _ other: LineProgram) {
    let (paths, newPaths) = (one.paths, other.paths)
    // Directories by what happened to the files in them.
    var renamed: Set<Int> = []
    var kept: Set<Int> = []
    for (file, newFile) in zip(paths.files, newPaths.files) {
      // (A file without a directory affects none of those judged here.)
      guard let index = file.directory.flatMap({ Int(exactly: $0) }) else { continue }
      if isRenamed(file, newFile, index, paths.directories), let name = file.name {
        positions.insert(name.position)
        renamed.insert(index)
      } else {
        kept.insert(index)
      }
    }
    for index in renamed.subtracting(kept) where index < newPaths.directories.count {
      guard let name = paths.directories[index].name, let newName = newPaths.directories[index].name,
        new.bytes(new.text(newName)) == prefix
      else { continue }
      positions.insert(name.position)
    }
  }

  private mutating func isRenamed(
    _ file: LineProgram.Entry, _ newFile: LineProgram.Entry, _ index: Int,
    _ directories: [LineProgram.Entry]
  ) -> Bool {
    // Directory 0 is the unit's, and files in it depend on it.
    guard index > 0, index < directories.count, file.directory == newFile.directory,
      let name = file.name, let newName = newFile.name, let directory = directories[index].name,
      let text = new.bytes(new.text(newName)), !text.isEmpty, text[0] == UInt8(ascii: "/")
    else { return false }
    return old.path(old.text(directory), old.text(name)).map { Bytes($0.clean) == text } ?? false
  }
}
