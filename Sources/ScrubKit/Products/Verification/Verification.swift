import Formats

/// Separates harmless differences from others: compares installed files with RECORD or with a package manager's output,
/// and bytecode with what its verified source compiles to.
public struct Verification: Sendable {
  private var options: TriageOptions

  public init(_ options: TriageOptions) { self.options = options }

  /// - Parameter readsLines: whether a package manager's lines are on standard input.
  public func run(readsLines: Bool) -> VerificationReport {
    guard readsLines else { return run() }
    var triage = self
    do throws(ScrubError) { try triage.options.readLines() } catch {
      var report = VerificationReport()
      report.errors = [error]
      return report
    }
    return triage.run()
  }

  public func run() -> VerificationReport {
    var report = VerificationReport()

    // Lines: the package manager's complaints.
    var vouchers = Vouchers()
    var subjects: [Subject] = []
    if let lines = options.lines {
      do throws(ScrubError) {
        subjects = try read(ManagerLines(lines), &vouchers, &report)
      } catch {
        report.errors.append(error)
        return report
      }
    }

    // Files: everything below the paths, and the RECORDs that describe it.
    var seen = Set(subjects.map { Array($0.file.real.utf8) })
    var scopes: [Scope] = []
    var records: Set<[UInt8]> = []
    for path in options.paths {
      do throws(ScrubError) {
        if path.hasSuffix(".whl"), try FileIdentity(path: path)?.isRegularFile == true {
          throw ScrubError(
            "is not installed; wheelscrub record verify compares a wheel with its RECORD",
            at: Place(path: path))
        }
        let walk = try FileWalk(path)
        let scope = Scope(path: path, real: try AtomicWrite.realPath(path))
        scopes.append(scope)
        report.errors += walk.errors
        for root in walk.roots where records.insert(Array(root.utf8)).inserted {
          vouchers.addRecords(in: root, shownAs: scope.shown(root))
        }
        for file in walk.files where seen.insert(Array(file.real.utf8)).inserted {
          subjects.append(Subject(file: file, isExplicit: file.path == path))
        }
        for link in walk.links where seen.insert(Array(link.real.utf8)).inserted {
          subjects.append(Subject(file: link, isLink: true))
        }
      } catch { report.errors.append(error) }
    }
    report.errors += vouchers.errors
    report.notes += vouchers.notes

    // Verdicts: each file by itself, in parallel.
    let recompiler = recompiler(scopes, complained: vouchers.complained)
    report.errors += recompiler.start()
    let results = options.workers.map(subjects) {
      [vouchers, scopes, options, total = subjects.count] subject in
      options.progress(subject.file.path, total)
      return Result { () throws(ScrubError) in
        subject.isLink && !isFollowed(subject.file, scopes)
          ? judge(link: subject.file, vouchers) : try judge(subject, vouchers, recompiler)
      }
    }
    for (subject, result) in zip(subjects, results) {
      switch result {
      case .success(let judgement?): report.results.append(TriageResult(subject.file.path, judgement))
      case .success(nil): break
      case .failure(let error): report.errors.append(error.inside(path: subject.file.path))
      }
    }

    // Rows of files that do not exist.
    report.results += absent(vouchers, scopes, seen, &report.notes)
    report.interpreters = recompiler.used
    return report
  }

  /// One file, and why it is examined.
  private struct Subject: Sendable {
    var file: FileWalk.File
    var isExplicit = false
    /// A symbolic link, under its own name.
    var isLink = false
    var entry: ManagerLines.Entry?
    /// A path from a line that leads out of `--root` through a link.
    var isOutside = false
  }

  /// A path from the command line.
  private struct Scope: Sendable {
    var path: String
    var real: String

    func contains(_ other: String) -> Bool {
      other.utf8.elementsEqual(real.utf8) || other.utf8.starts(with: (real == "/" ? real : real + "/").utf8)
    }

    /// A path without links, as the user would spell it.
    func shown(_ other: String) -> String {
      guard contains(other) else { return other }
      let rest = other.utf8.dropFirst(real.utf8.count)
      let base = path.utf8.last == 0x2f && rest.first == 0x2f ? String(path.dropLast()) : path
      return base + String(decoding: rest, as: UTF8.self)
    }
  }
}

extension Verification {
  private func read(
    _ lines: ManagerLines, _ vouchers: inout Vouchers, _ report: inout VerificationReport
  ) throws(ScrubError) -> [Subject] {
    vouchers.hasManager = true
    report.oddLines = lines.odd
    report.furtherOddLines = lines.furtherOdd
    let root = try options.root.map { path throws(ScrubError) in
      Scope(path: path, real: try AtomicWrite.realPath(path))
    }
    func located(_ path: String) -> (path: String, real: String) {
      let shown = (root?.path ?? "") + path
      // A missing file has no real path, but its directory may.
      let (directory, name) = AtomicWrite.split(shown)
      let real =
        (try? AtomicWrite.realPath(shown)) ?? (try? AtomicWrite.realPath(directory)).map { "\($0)/\(name)" }
      return (
        shown, real ?? (root.map { DirectoryEntry.join($0.real, String(path.drop { $0 == "/" })) } ?? path)
      )
    }
    for path in lines.verified {
      vouchers.verified.insert(Array(located(String(decoding: path, as: UTF8.self)).real.utf8))
    }
    return lines.entries.map { entry in
      let (path, real) = located(entry.path)
      vouchers.complained[Array(real.utf8)] = entry.complaint
      return Subject(
        file: FileWalk.File(path: path, real: real, root: nil), entry: entry,
        isOutside: root.map { !$0.contains(real) } ?? false)
    }
  }

  private func recompiler(_ scopes: [Scope], complained: [[UInt8]: ManagerLine.Complaint]) -> Recompiler {
    Recompiler(trusted: options.interpreters, searchPath: options.searchPath) { path in
      // If the whole system is verified, any interpreter lies inside it: then only a complaint counts.
      scopes.contains { $0.real != "/" && ($0.contains(path) || Self.isEnvironment(of: path, around: $0)) }
        || complained[Array(path.utf8)] != nil
    }
  }

  /// Whether the interpreter lies in the environment that is being verified: whoever could change one could change the
  /// other. The system's own directories hold everything installed, and often its only interpreter.
  private static func isEnvironment(of interpreter: String, around scope: Scope) -> Bool {
    let (directory, _) = AtomicWrite.split(interpreter)
    let (prefix, name) = AtomicWrite.split(directory)
    guard name == "bin", !["", ".", "/", "/usr", "/usr/local"].contains(prefix) else { return false }
    return scope.real.utf8.starts(with: "\(prefix)/".utf8)
  }

  /// Nil if nothing describes the file, and nothing is expected to.
  private func judge(
    _ subject: Subject, _ vouchers: Vouchers, _ recompiler: Recompiler
  ) throws(ScrubError) -> Judgement? {
    let file = subject.file
    if subject.isOutside { return Judgement(.unproven, "a link out of the directory; not followed") }
    if let entry = subject.entry, let judgement = try judge(entry, file, vouchers) { return judgement }
    let isBytecode = isBytecode(file)
    let isListed = vouchers.lists(file.real) || subject.entry != nil
    if !isBytecode, !isListed {
      if vouchers.verified.contains(Array(file.real.utf8)) { return Judgement(.ok) }
      return subject.isExplicit || isImportable(file)
        ? Judgement(.unproven, file.root == nil ? "no RECORD is about it" : "no RECORD lists it") : nil
    }
    if vouchers.isRecord(file.real) { return nil }
    // A copy: the hashed bytes are the judged ones.
    let content = Bytes(try MappedFile.open(file.real).bytes.array())
    switch (vouchers.trust(file.real, content), isBytecode) {
    case (.verified, _): return Judgement(.ok)
    case (.unknown, true), (.modified, true):
      return try Effort.within(content.count) { () throws(ScrubError) in
        try BytecodeVerification(file: file, vouchers: vouchers, recompiler: recompiler).judge(content)
      }
    case (.unknown(let reason), false): return Judgement(.unproven, reason)
    case (.modified(let reason), false):
      let isSource = file.real.utf8.suffix(3).elementsEqual(".py".utf8)
      let configuration = subject.entry?.isConfiguration == true ? "; a configuration file" : ""
      return Judgement(isSource ? .sourceModified : .mismatch, reason + configuration)
    }
  }

  /// Bytecode that a link names is run as another module, so it is judged under that name too. Other links add nothing
  /// to their targets; nothing is read outside the paths.
  private func isFollowed(_ link: FileWalk.File, _ scopes: [Scope]) -> Bool {
    guard let real = try? AtomicWrite.realPath(link.real),
      (try? FileIdentity(path: real))?.isRegularFile == true
    else { return false }
    return isBytecode(link) && scopes.contains { $0.contains(real) }
  }

  private func judge(link: FileWalk.File, _ vouchers: Vouchers) -> Judgement? {
    let isCache = AtomicWrite.split(link.real).name == "__pycache__"
    guard let target = try? FileIdentity(path: link.real),
      isCache || isBytecode(link) || isImportable(link) || vouchers.lists(link.real)
        || (target.isDirectory && link.root != nil)
    else { return nil }
    return Judgement(.unproven, "a link; not followed")
  }

  private func isBytecode(_ file: FileWalk.File) -> Bool {
    file.real.utf8.suffix(4).elementsEqual(".pyc".utf8)
  }

  /// The verdict from a package manager's complaint; nil if the file must be examined.
  private func judge(
    _ entry: ManagerLines.Entry, _ file: FileWalk.File, _ vouchers: Vouchers
  ) throws(ScrubError) -> Judgement? {
    if case .attributes(let flags) = entry.complaint {
      let isTime = flags.utf8.allSatisfy { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "T") }
      return isTime
        ? Judgement(.ok, "only its time is another one")
        : Judgement(.unproven, "the package manager complains of something else than its content: \(flags)")
    }
    guard let identity = try FileIdentity(path: file.real) else {
      guard entry.path.utf8.suffix(4).elementsEqual(".pyc".utf8),
        let source = try PythonSource.beside(file.real), let name = source.path,
        vouchers.trust(name, source.content, isPackaged: true) == .verified
      else { return Judgement(.mismatch, "missing") }
      return Judgement(.ok, "missing; Python compiles its source instead")
    }
    if !identity.isRegularFile { return Judgement(.mismatch, "needs a regular file, is \(identity.kind)") }
    return nil
  }

  /// Whether its place lets Python run or load it.
  private func isImportable(_ file: FileWalk.File) -> Bool {
    guard file.root != nil else { return false }
    return [".py", ".pyw", ".pth", ".so", ".pyd", ".dylib"].contains {
      file.real.utf8.suffix($0.utf8.count).elementsEqual($0.utf8)
    }
  }

  /// Rows that name missing files below the paths.
  private func absent(
    _ vouchers: Vouchers, _ scopes: [Scope], _ seen: Set<[UInt8]>, _ notes: inout [Note]
  ) -> [TriageResult] {
    var results: [TriageResult] = []
    var missingBytecode = 0
    for row in vouchers.absent(from: seen) {
      guard let scope = scopes.first(where: { $0.contains(row.real) }) else { continue }
      let path = scope.shown(row.real)
      guard let real = try? AtomicWrite.realPath(row.real) else {
        // Python compiles it again; a row without a hash requires no more.
        if row.real.utf8.suffix(4).elementsEqual(".pyc".utf8) {
          missingBytecode += 1
        } else {
          results.append(TriageResult(path, Judgement(.mismatch, "missing; \(row.record) lists it")))
        }
        continue
      }
      if seen.contains(Array(real.utf8)) { continue }
      results.append(TriageResult(path, Judgement(.unproven, "leads through a link; not followed")))
    }
    if missingBytecode > 0 {
      notes.append(
        Note("\(missingBytecode) .pyc that RECORD lists are not there", at: Place(), isDetail: true))
    }
    return results
  }
}
