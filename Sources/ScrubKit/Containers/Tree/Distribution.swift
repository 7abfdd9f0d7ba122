import Formats
import Synchronization

/// One installed distribution: the files that its RECORD lists, which are written together or not at all, and RECORD
/// with them.
public final class Distribution: Sendable {
  /// Its files, as places in the list of all inputs, ascending.
  public let files: [Int]
  /// Those that lie outside of the directory, and what RECORD calls them.
  let outside: [Int: String]
  let record: InstalledRecord
  private let staged = Mutex<[Int: Staged]>([:])

  init(_ record: InstalledRecord, files: [Int], outside: [Int: String] = [:]) {
    self.record = record
    self.files = files
    self.outside = outside
  }

  /// A result that only has to be given its name.
  struct Staged: Sendable {
    /// Nil where nothing is to be written, as with `--check`.
    var output: AtomicWrite?
    var rows: [Record.RowChange] = []
    /// The source of a `.pyc` and the time that it needs now.
    var time: ModificationTime?
    /// What is to be removed afterwards, because the file has another name now.
    var moved: MappedFile?
    /// What is to be removed before anything has its new content.
    var removed: MappedFile?
  }

  func stage(_ result: Staged, for file: Int) { staged.withLock { $0[file] = result } }

  /// By the number of the file.
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
  /// Where it is installed, as the file's path spells it.
  var root: String { String(file.path.dropLast(installedPath.count + 1)) }
  /// `name-1.0.dist-info/RECORD`.
  let installedPath: String
  let content: Record
  /// Paths that lead out of the directory (scripts, data files). Whoever writes RECORD chooses them: they are never
  /// followed, and only say which of the files that the user named are the distribution's.
  let outside: [String]
  /// Paths as they are below the directory.
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

  /// Whether the file is the distribution's: listed, or compiled from what is (uv lists no `.pyc`).
  func owns(_ installedPath: String) -> Bool {
    paths.contains(installedPath)
      || PythonSource.path(ofBytecode: installedPath).map { paths.contains($0) } == true
  }

  /// What becomes of the row of a changed file; nil where there is none that would have to follow.
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
