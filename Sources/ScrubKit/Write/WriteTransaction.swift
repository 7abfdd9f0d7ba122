import Formats
import Platform

/// Steps that belong together: files that get new content, are removed, or get another time. All content is on the disk
/// before the first name changes, so that a failure until then leaves everything unchanged. The steps are written to a
/// `Journal` before the first is taken, so that after a crash the next run completes them (`Leftover`).
struct WriteTransaction {
  enum Step {
    case replace(AtomicWrite)
    case remove(MappedFile)
    case time(ModificationTime)
  }

  private(set) var steps: [Step] = []

  /// - Parameter output: everything is written, and `prepare` was called.
  mutating func add(_ output: AtomicWrite) { steps.append(.replace(output)) }
  mutating func remove(_ file: MappedFile) { steps.append(.remove(file)) }
  mutating func set(_ time: ModificationTime) { steps.append(.time(time)) }

  var outputs: [AtomicWrite] {
    steps.compactMap { if case .replace(let output) = $0 { output } else { nil } }
  }

  /// Writes all content to the disk, once for each file system: calling `fsync` a thousand times takes seconds.
  static func flush(_ transactions: [WriteTransaction]) throws(ScrubError) {
    var directories: Set<String> = []
    var devices: Set<UInt64> = []
    for directory in transactions.lazy.flatMap(\.outputs).map(\.directory)
    where directories.insert(directory).inserted {
      guard let identity = try FileIdentity(path: directory), devices.insert(identity.device).inserted else {
        continue
      }
      let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard descriptor >= 0 else { throw ScrubError.system("cannot be opened", errno, path: directory) }
      let result = syncfs(descriptor)
      let code = errno
      _ = close(descriptor)
      guard result == 0 else { throw ScrubError.system("cannot be written", code, path: directory) }
    }
  }

  /// Takes all steps; call `flush` to write them to the disk as well.
  /// - Throws: if one of the files to replace was changed since it was read; then no step is taken.
  func commit() throws(ScrubError) {
    if let error = Self.commit([self])[0] { throw error }
  }

  /// The same for several transactions with one journal; each fails separately if one of its files was changed by
  /// another process.
  /// - Parameter willCall: called before each change of a directory, so that tests can stop there.
  /// - Returns: for each transaction, why not all its steps were taken.
  static func commit(
    _ transactions: [WriteTransaction], _ willCall: @escaping (String) -> Void = { _ in }
  ) -> [ScrubError?] {
    LiveTemporaries.undisturbed {
      var commit = Commit(transactions: transactions, willCall: willCall)
      return commit.run()
    }
  }
}

/// One commit, from the last check of the files to the removal of the journal.
private struct Commit {
  let transactions: [WriteTransaction]
  let willCall: (String) -> Void
  private var errors: [ScrubError?]

  init(transactions: [WriteTransaction], willCall: @escaping (String) -> Void) {
    self.transactions = transactions
    self.willCall = willCall
    errors = transactions.map { _ in nil }
  }

  mutating func run() -> [ScrubError?] {
    each { step throws(ScrubError) in
      switch step {
      case .replace(let output): try output.checkTarget()
      case .remove(let file): try file.checkStillNamed()
      case .time: break
      }
    }
    let staging = commonDirectory().flatMap { try? StagingDirectory.below($0) }
    each { [willCall] step throws(ScrubError) in
      guard case .replace(let output) = step else { return }
      willCall("link")
      try output.name(in: staging)
    }
    var journalName: String?
    if let staging, count > 1 {
      do throws(ScrubError) { journalName = try writeJournal(in: staging) } catch {
        for index in errors.indices where errors[index] == nil { errors[index] = error }
      }
    }
    each { [willCall] step throws(ScrubError) in
      switch step {
      case .replace(let output):
        willCall("rename")
        try output.rename()
      case .remove(let file):
        willCall("remove")
        try file.remove()
      case .time(let time):
        willCall("time")
        try time.set()
      }
    }
    if let journalName, let staging {
      willCall("end")
      _ = unsafe unlinkat(staging.descriptor, journalName, 0)
    }
    willCall("rmdir")
    return errors
  }

  /// The number of steps of the transactions without an error.
  private var count: Int {
    zip(transactions, errors).reduce(0) { $0 + ($1.1 == nil ? $1.0.steps.count : 0) }
  }

  /// Applies `body` to every step, until one of its transaction fails.
  private mutating func each(_ body: (WriteTransaction.Step) throws(ScrubError) -> Void) {
    for index in transactions.indices where errors[index] == nil {
      do throws(ScrubError) {
        for step in transactions[index].steps { try body(step) }
      } catch { errors[index] = error }
    }
  }

  /// The nearest common parent directory, without links; nil if there is nothing to do.
  private func commonDirectory() -> String? {
    var common: [Substring]?
    for (transaction, error) in zip(transactions, errors) where error == nil {
      for step in transaction.steps {
        let path: String? =
          switch step {
          case .replace(let output): output.target
          case .remove(let file): Self.real(file.path)
          case .time(let time): Self.real(time.path)
          }
        guard let path, path.utf8.first == 0x2f else { return nil }
        let parts = path.split(separator: "/").dropLast()
        guard let known = common else {
          common = Array(parts)
          continue
        }
        common = zip(known, parts).prefix { $0.0.utf8.elementsEqual($0.1.utf8) }.map(\.0)
      }
    }
    return common.map { "/" + $0.joined(separator: "/") }
  }

  /// The path with links in its directory resolved.
  private static func real(_ path: String) -> String? {
    let (directory, name) = AtomicWrite.split(path)
    return (try? AtomicWrite.realPath(directory)).map { DirectoryEntry.join($0, name) }
  }

  /// Written to the disk before the first step, together with the names that it lists.
  /// - Returns: the journal's name in the staging directory.
  private func writeJournal(in staging: StagingDirectory) throws(ScrubError) -> String {
    let bytes = try journal(in: staging).bytes
    let name = staging.freeJournalName()
    willCall("journal")
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
    let descriptor = unsafe openat(staging.descriptor, name, flags, 0o600)
    guard descriptor >= 0 else { throw ScrubError.system("cannot be written", errno, path: staging.parent) }
    var code = unsafe bytes.withUnsafeBytes { unsafe writeAll($0, to: descriptor) }
    willCall("sync")
    if code == 0, fsync(descriptor) != 0 { code = errno }
    if close(descriptor) != 0, code == 0 { code = errno }
    if code != 0 {
      _ = unsafe unlinkat(staging.descriptor, name, 0)
      throw ScrubError.system("cannot be written", code, path: staging.parent)
    }
    // Not every system supports this.
    _ = fsync(staging.descriptor)
    return name
  }

  private func journal(in staging: StagingDirectory) throws(ScrubError) -> Journal {
    let base = staging.parent
    func relative(_ path: String?) throws(ScrubError) -> String {
      let start = base == "/" ? "/" : base + "/"
      guard let path, path.utf8.starts(with: start.utf8) else {
        throw ScrubError("is not below \(base)", at: Place(path: path ?? base))
      }
      return String(path.utf8.dropFirst(start.utf8.count)) ?? ""
    }
    var journal = Journal()
    for (transaction, error) in zip(transactions, errors) where error == nil {
      for step in transaction.steps {
        switch step {
        case .replace(let output):
          guard let staged = output.staged else { continue }
          let path = DirectoryEntry.join(staged.directory.path, staged.name)
          guard let identity = try FileIdentity(path: path) else { continue }
          journal.steps.append(
            .replace(
              staged: try relative(path), inode: identity.inode, target: try relative(output.target),
              before: try FileIdentity(path: output.target).map(Journal.State.init)))
        case .remove(let file):
          journal.steps.append(
            .remove(try relative(Self.real(file.path)), before: Journal.State(file.identity)))
        case .time(let time):
          guard let identity = try FileIdentity(path: time.path) else { continue }
          journal.steps.append(
            .time(
              try relative(Self.real(time.path)), before: Journal.State(identity), seconds: time.seconds))
        }
      }
    }
    return journal
  }
}
