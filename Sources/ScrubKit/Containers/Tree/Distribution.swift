import Formats
import Synchronization

/// One installed distribution: the files that its RECORD lists. They are written together with RECORD, or not at all.
public final class Distribution: Sendable {
  /// Its files, as indices into the list of all inputs, ascending.
  public let files: [Int]
  /// Those outside the directory, with the paths that RECORD gives them.
  let outside: [Int: String]
  let record: InstalledRecord
  private let staged = Mutex<[Int: Staged]>([:])

  init(_ record: InstalledRecord, files: [Int], outside: [Int: String] = [:]) {
    self.record = record
    self.files = files
    self.outside = outside
  }

  /// A finished result that only needs its final name.
  struct Staged: Sendable {
    /// Nil if nothing is to be written, as with `--check`.
    var output: AtomicWrite?
    var rows: [Record.RowChange] = []
    /// The source of a `.pyc` and the time that it needs now.
    var time: ModificationTime?
    /// A file to remove afterwards, because it now has another name.
    var moved: MappedFile?
    /// A file to remove before anything else is renamed.
    var removed: MappedFile?
  }

  func stage(_ result: Staged, for file: Int) { staged.withLock { $0[file] = result } }

  /// By file index.
  func takeStaged() -> [Int: Staged] {
    staged.withLock { staged in
      defer { staged = [:] }
      return staged
    }
  }
}

/// RECORD of an installed distribution: what it says about the files beside it.
struct InstalledRecord: Sendable {
  let file: MappedFile
  /// The directory it is installed in, spelled as in the file's path.
  var root: String { String(file.path.dropLast(installedPath.count + 1)) }
  /// `name-1.0.dist-info/RECORD`.
  let installedPath: String
  let content: Record
  /// Paths that lead out of the directory (scripts, data files). Whoever writes RECORD chooses them: they are never
  /// followed, and only tell which of the files that the user named belong to the distribution.
  let outside: [String]
  /// Paths relative to the directory.
  let paths: Set<String>

  init(_ path: String, installedPath: String) throws(ScrubError) {
    do throws(ScrubError) {
      file = try MappedFile.open(path)
      guard file.bytes.count <= Int(Limits.recordSize) else {
        throw ScrubError("has \(file.bytes.count) bytes, the limit is \(Limits.recordSize)")
      }
      content = try Record(file.bytes, name: installedPath)
    } catch {
      var error = error
      error.place.member = nil
      throw error.inside(path: path)
    }
    self.installedPath = installedPath
    let all = content.paths
    outside = all.filter { $0.hasPrefix("/") || $0.split(separator: "/").contains("..") }
    paths = Set(all).subtracting(outside)
  }

  /// Whether the file belongs to the distribution: listed, or compiled from a listed source (uv lists no `.pyc`).
  func owns(_ installedPath: String) -> Bool {
    paths.contains(installedPath)
      || PythonSource.path(ofBytecode: installedPath).map { paths.contains($0) } == true
  }

  /// The change to a changed file's row; nil if it has no row that must follow.
  func change(
    of installedPath: String, from original: Bytes, to content: Bytes, named newName: String?
  ) throws(ScrubError) -> Record.RowChange? {
    guard self.content.hasHash(of: installedPath) else { return nil }
    do throws(ScrubError) {
      return try self.content.change(
        of: installedPath, from: original, to: content, named: newName)
    } catch {
      var error = error
      error.place.member = nil
      throw error.inside(path: file.path)
    }
  }
}
