import Formats
import Platform

/// Sets everything below a path that is later than SOURCE_DATE_EPOCH to that time: archives of trees, and container
/// layers, store these times.
public struct TreeTimes {
  private let epoch: Int64
  private let writes: Bool
  private var report: FileReport

  private init(_ path: String, epoch: Int64, writes: Bool) {
    self.epoch = epoch
    self.writes = writes
    report = FileReport(path: path)
  }

  /// Symbolic links are not followed; their own times are clamped.
  ///
  /// - Parameters:
  ///   - epoch: seconds since 1970.
  ///   - writes: false to only report what would be done.
  public static func clamp(_ path: String, epoch: Int64, writes: Bool) -> FileReport {
    var times = TreeTimes(path, epoch: epoch, writes: writes)
    times.visit(path)
    return times.report
  }

  private mutating func visit(_ path: String) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else {
      report.errors.append(ScrubError.system("cannot be read", errno, path: path))
      return
    }
    if status.st_mode & S_IFMT == S_IFDIR {
      if Leftover.isOne(path) { return }
      let names = InstallRoot.entries(of: path)
      for name in names.sorted(by: { Array($0.utf8).lexicographicallyPrecedes($1.utf8) }) {
        visit(DirectoryEntry.join(path, name))
      }
    }
    let time = status.st_mtim
    guard time.tv_sec > epoch || (time.tv_sec == epoch && time.tv_nsec > 0) else { return }
    do throws(ScrubError) {
      let before = Int64(time.tv_sec)
      if try changesFreshness(ofSource: path, from: before) {
        report.notes.append(
          Note("time kept: a .pyc of it would become fresh or stale with another one", at: Place(path: path)))
        return
      }
      if writes { try ModificationTime(path: path, seconds: epoch).set() }
      report.changes.append(
        Change(
          place: Place(path: path),
          kind: .time(
            before: CalendarTime(seconds: before).description,
            after: CalendarTime(seconds: epoch).description)))
    } catch { report.errors.append(error) }
  }

  /// Whether an interpreter would judge one of the source's `.pyc` files differently after the change.
  private func changesFreshness(ofSource path: String, from before: Int64) throws(ScrubError) -> Bool {
    guard path.hasSuffix(".py") else { return false }
    let (directory, name) = AtomicWrite.split(path)
    let stem = name.dropLast(3)
    let cache = "\(directory)/__pycache__"
    var candidates = InstallRoot.entries(of: cache).filter {
      $0.hasPrefix("\(stem).") && $0.hasSuffix(".pyc")
    }
    .map { "\(cache)/\($0)" }
    let beside = "\(directory)/\(stem).pyc"
    if try FileIdentity(path: beside) != nil { candidates.append(beside) }
    for candidate in candidates {
      // A `.pyc` that is not understood is never fresh here.
      guard let file = try? MappedFile.open(candidate), let header = try? BytecodeHeader(file.bytes),
        case .timestamp(let time, _) = header.validation
      else { continue }
      let isFresh = UInt32(truncatingIfNeeded: before) == time
      if isFresh != (UInt32(truncatingIfNeeded: epoch) == time) { return true }
    }
    return false
  }
}
