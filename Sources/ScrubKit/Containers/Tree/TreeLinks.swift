internal import BuildRoots
import Formats
import Platform

/// Symbolic links below a path that lead into a directory of `--relocate`: a strict editable installation consists of
/// such links, and Python would follow them to the old place.
public struct TreeLinks {
  private let relocations: PathRelocations
  private let writes: Bool
  private var report: FileReport

  /// - Parameters:
  ///   - path: walked without following links.
  ///   - writes: false to only report what would be done.
  public static func relocate(_ path: String, options: Options, writes: Bool) -> FileReport {
    var links = TreeLinks(
      relocations: options.relocations, writes: writes, report: FileReport(path: path))
    if !options.relocations.isEmpty { links.visit(path, options) }
    return links.report
  }

  private mutating func visit(_ path: String, _ options: Options) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else {
      report.errors.append(ScrubError.system("cannot be read", errno, path: path))
      return
    }
    if options.paths.excludes(Place(path: path)) { return }
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      if Leftover.isOne(path) { return }
      let names = InstallRoot.entries(of: path)
      for name in names.sorted(by: { Array($0.utf8).lexicographicallyPrecedes($1.utf8) }) {
        visit(DirectoryEntry.join(path, name), options)
      }
    case S_IFLNK:
      do throws(ScrubError) { try relocate(path) } catch { report.errors.append(error) }
    default: break
    }
  }

  private mutating func relocate(_ path: String) throws(ScrubError) {
    guard let before = try Self.target(path), let new = relocations.relocated(before) else { return }
    if writes { try Self.replace(path, target: new) }
    report.changes.append(
      Change(
        place: Place(path: path),
        kind: .string(
          before: String(decoding: before, as: UTF8.self), after: String(decoding: new, as: UTF8.self))))
    report.findings.append(
      Finding(
        place: Place(path: path), rule: .pathFile, root: String(decoding: before, as: UTF8.self),
        text: String(decoding: before, as: UTF8.self), rootOffset: 0, context: "a symbolic link",
        replacement: String(decoding: new, as: UTF8.self), fate: .rewritten))
    if writes { report.writtenTo = path }
  }

  /// The link's target; nil if it can no longer be read.
  private static func target(_ path: String) throws(ScrubError) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe buffer.withUnsafeMutableBytes {
      unsafe readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    guard count >= 0 else {
      if errno == ENOENT { return nil }
      throw ScrubError.system("cannot be read", errno, path: path)
    }
    return count == buffer.count ? nil : Array(buffer.prefix(count))
  }

  /// Creates a link under another name and renames it, so that the path always leads somewhere.
  private static func replace(_ path: String, target: [UInt8]) throws(ScrubError) {
    let real = AtomicWrite.split(path)
    let staging = try StagingDirectory.below(AtomicWrite.realPath(real.directory))
    try LiveTemporaries.undisturbed { () throws(ScrubError) in
      let name = staging.freeName()
      let made = unsafe (target + [0]).withUnsafeBytes {
        unsafe symlinkat($0.baseAddress!.assumingMemoryBound(to: CChar.self), staging.descriptor, name)
      }
      guard made == 0 else { throw ScrubError.system("cannot be written", errno, path: path) }
      guard unsafe renameat(staging.descriptor, name, AT_FDCWD, path) == 0 else {
        let code = errno
        _ = unsafe unlinkat(staging.descriptor, name, 0)
        throw ScrubError.system("cannot be written", code, path: path)
      }
    }
  }
}
