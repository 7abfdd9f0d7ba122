internal import BuildRoots
import Formats

/// The directory at the beginning of a file name in bytecode, if it is the tree's location: uv and `compileall` write
/// the absolute path of the source, so two installs of one package differ in every `.pyc`.
///
/// Only the path of the file's own source, below the directory that distributions are installed in, counts as such a
/// name: an import completes it.
struct BytecodeLocation {
  let sourceName: String
  /// Where the tree is, absolute, both as spelled and as resolved.
  let directories: [[UInt8]]
  let options: Options

  /// Nil if the rule is not selected, or the file holds no such name.
  init?(_ bytes: Bytes, _ surroundings: BytecodeScrub.Surroundings, _ options: Options) {
    guard options.policy.selection.contains(.bytecodeLocation), let sourceName = surroundings.sourceName,
      let directories = surroundings.directories,
      bytes.span.firstIndex(of: Array("/\(sourceName)".utf8)) != nil
    else { return nil }
    self.sourceName = sourceName
    self.directories = directories().map { Array($0.utf8) }
    self.options = options
  }

  /// The length of the directory, without the slash after it; nil if the name does not reveal the tree's location.
  func directory(in name: [UInt8]) -> Int? {
    let tail = Array("/\(sourceName)".utf8)
    guard name.first == slash, name.count > tail.count, name.suffix(tail.count).elementsEqual(tail) else {
      return nil
    }
    let directory = Array(name.dropLast(tail.count))
    guard !Self.is(directory, below: Array("/usr".utf8)),
      directories.contains(directory) || !isStable(directory),
      // The location that the user specified for the tree.
      !options.relocations.isDestination(directory),
      !options.policy.treeFiles.isAllowed(0..<directory.count, in: name.span)
    else { return nil }
    return directory.count
  }

  /// Directories that are the same on every machine: a name there was chosen, and does not reveal where somebody
  /// happened to work (Filesystem Hierarchy Standard, sections 3.13, 3.17 and 4; Nix and Guix stores; macOS).
  private static let stable = [
    "/opt", "/srv", "/app", "/snap", "/nix/store", "/gnu/store", "/Library", "/System", "/Applications",
  ].map { Array($0.utf8) }

  private func isStable(_ directory: [UInt8]) -> Bool {
    Self.stable.contains { Self.is(directory, below: $0) }
      || Self.is(directory, below: Array(options.policy.roots.prefix.text.utf8))
      || options.bytecode.prefix.map { Self.is(directory, below: Array($0.utf8)) } == true
  }

  private static func `is`(_ path: [UInt8], below directory: [UInt8]) -> Bool {
    path.starts(with: directory) && (path.count == directory.count || path[directory.count] == slash)
  }
}

private let slash = UInt8(ascii: "/")
