internal import BuildRoots
import Formats

/// The directory that a file name in bytecode begins with, where that is a matter of the tree: uv and `compileall`
/// write the absolute path of the source, so two installs of one package differ in every `.pyc`.
///
/// Only the path of the file's own source, below the directory that distributions are installed in, is taken for
/// such a name: an import completes it.
struct BytecodeLocation {
  let sourceName: String
  /// Where the tree is, absolute, as it is spelled and as it is.
  let directories: [[UInt8]]
  let options: Options

  /// Nil where the names of the tree are no matter, or none is in the file.
  init?(_ bytes: Bytes, _ surroundings: BytecodeScrub.Surroundings, _ options: Options) {
    guard options.policy.selection.contains(.bytecodeLocation), let sourceName = surroundings.sourceName,
      let directories = surroundings.directories,
      bytes.span.firstIndex(of: Array("/\(sourceName)".utf8)) != nil
    else { return nil }
    self.sourceName = sourceName
    self.directories = directories().map { Array($0.utf8) }
    self.options = options
  }

  /// How long the directory is, without the slash behind it; nil where the name says nothing of the tree's place.
  func directory(in name: [UInt8]) -> Int? {
    let tail = Array("/\(sourceName)".utf8)
    guard name.first == slash, name.count > tail.count, name.suffix(tail.count).elementsEqual(tail) else {
      return nil
    }
    let directory = Array(name.dropLast(tail.count))
    guard !Self.is(directory, below: Array("/usr".utf8)),
      directories.contains(directory) || !isStable(directory),
      // Where the user says that the tree will be.
      !options.relocations.isDestination(directory),
      !options.policy.carriers.isAllowed(0..<directory.count, in: name.span)
    else { return nil }
    return directory.count
  }

  /// Directories that are the same on every machine: a name there was chosen, and is not where somebody happened to
  /// work (Filesystem Hierarchy Standard, sections 3.13, 3.17 and 4; Nix and Guix stores; macOS).
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
