import Formats

/// The digests of what `fix` would write, without writing it. Two builds that `fix` makes equal have the same key, and
/// a fixed file has the key it had before.
public struct Keys: Sendable {
  public enum Kind: String, Sendable, CaseIterable {
    /// By the first bytes; by the name for preprocessed C and C++.
    case auto
    /// Preprocessed C or C++, whatever it looks like.
    case preprocessed = "i"
  }

  let options: Options
  private let files: FileKeys
  let standardInput: Int32

  /// - Parameters:
  ///   - options: those of `fix`.
  ///   - kind: the kind of the named files.
  ///   - standardInput: read for the path `-`, or for the list of paths.
  public init(_ options: Options, level: KeyLevel, kind: Kind = .auto, standardInput: Int32 = 0) {
    // Keys cover what is installed, however it is packed.
    var options = options
    options.isCanonical = true
    self.options = options
    files = FileKeys(
      options: options, contents: ContentKeys(level: level, keepsIDs: options.buildID == .keep),
      isPreprocessed: kind == .preprocessed)
    self.standardInput = standardInput
  }

  var level: KeyLevel { files.contents.level }

  /// One report for each path, in their order: a file, a directory, or `-` for standard input.
  public func run(_ paths: [String]) -> [KeyReport] {
    // Container: what to process. Errors found here occur again below, where they belong to a path.
    var inputs = Tree.expand(paths.filter { $0 != "-" }).files
    inputs.removeAll { !$0.isExplicit && options.paths.excludes(Place(path: $0.path)) }
    let known = Dictionary(
      inputs.compactMap { input in (try? AtomicWrite.realPath(input.path)).map { (Array($0.utf8), input) } }
    ) { first, _ in first }

    // LinkedFiles: files that belong together, each group once.
    let together = together(inputs)

    // Each path.
    return options.workers.map(paths) { path in
      do throws(ScrubError) {
        if path == "-" { return report(try stream()) }
        if let identity = try FileIdentity(path: path), identity.isDirectory {
          return try tree(path, known, together)
        }
        let real = Array(try AtomicWrite.realPath(path).utf8)
        let input = known[real] ?? InputFile(explicit: path)
        return report(try file(path, input, isExplicit: true, together[real]), path)
      } catch {
        return KeyReport(path: path, level: level, errors: [error.inside(path: path)])
      }
    }
  }

  private func report(_ keyed: FileKeys.Keyed, _ path: String = "-") -> KeyReport {
    KeyReport(
      path: path, key: keyed.reasons.isEmpty ? .normal(keyed.key.digest) : .raw(keyed.raw),
      level: keyed.key.level,
      reasons: keyed.reasons)
  }

  private func stream() throws(ScrubError) -> FileKeys.Keyed {
    let file = try MappedFile.reading(standardInput)
    return try Effort.within(file.bytes.count) { () throws(ScrubError) in
      try files.key(
        of: file, InputFile(path: "-", relativePath: "-", isExplicit: true), isExplicit: true)
    }
  }

  /// - Parameter known: its key if it belongs to other files.
  private func file(
    _ path: String, _ input: InputFile, isExplicit: Bool, _ known: Result<FileKeys.Keyed, ScrubError>?
  ) throws(ScrubError) -> FileKeys.Keyed {
    if let known { return try known.get() }
    var input = input
    input.path = path
    let file = try MappedFile.open(path)
    return try Effort.within(file.bytes.count) { () throws(ScrubError) in
      try files.key(of: file, input, isExplicit: isExplicit)
    }
  }

  /// By the real path of each file in a group.
  private func together(_ inputs: [InputFile]) -> [[UInt8]: Result<FileKeys.Keyed, ScrubError>] {
    guard !files.isPreprocessed else { return [:] }
    let results = options.workers.map(FileSet(inputs, options: options).groups) { group in
      let found = group.wheel.map { files.group(group, around: $0) } ?? loose(group)
      return zip(group.files, group.files.indices.map { found[$0] }).map { ($0, $1) }
    }
    var together: [[UInt8]: Result<FileKeys.Keyed, ScrubError>] = [:]
    for (input, result) in results.joined() {
      if let real = try? AtomicWrite.realPath(input.path) { together[Array(real.utf8)] = result }
    }
    return together
  }

  /// By their places in a group without a wheel.
  private func loose(_ group: FileSet.Group) -> [Int: Result<FileKeys.Keyed, ScrubError>] {
    var found: [Int: Result<FileKeys.Keyed, ScrubError>] = [:]
    let reports = Scrub(options).observe(group) { index, file, outcome in
      found[index] = Result { () throws(ScrubError) in try files.image(outcome, of: file) }
    }
    // An error in one file stops the whole group, as it stops the fix.
    for (index, report) in reports.enumerated() {
      if let error = report.errors.first { found[index] = .failure(error) }
    }
    return found
  }

  /// What is left in one file of a tree of random parts found in another.
  private func residue(in items: [TreeKey.Item], below top: String) throws(ScrubError) -> [Note] {
    let files = items.map { item in
      (path: DirectoryEntry.join(top, item.path), findings: item.keyed?.findings ?? [])
    }
    let found = TreeResidue(options: options).findings(in: files)
    var reasons = KeyReasons(level)
    for (index, result) in found.sorted(by: { $0.key < $1.key }) {
      let findings: [Finding]
      do throws(ScrubError) { findings = try result.get() } catch {
        throw error.inside(path: files[index].path)
      }
      reasons.add(
        findings.map { finding in
          var finding = finding
          finding.place.path = files[index].path
          return finding
        }, [])
    }
    return reasons.notes
  }

  private func tree(
    _ top: String, _ known: [[UInt8]: InputFile], _ together: [[UInt8]: Result<FileKeys.Keyed, ScrubError>]
  ) throws(ScrubError) -> KeyReport {
    let real = try AtomicWrite.realPath(top)
    let results = options.workers.map(try TreeKey.entries(top)) { path, entry in
      Result { () throws(ScrubError) in
        var item = TreeKey.Item(path: path, entry: entry)
        guard case .file = entry else { return item }
        let place = Array(DirectoryEntry.join(real, path).utf8)
        let full = DirectoryEntry.join(top, path)
        let input = known[place] ?? InputFile(path: full, relativePath: path, isExplicit: false)
        let keyed = try file(full, input, isExplicit: false, together[place])
        // The last two components are derived from the build-id.
        if let new = keyed.newPath {
          item.newPath = (path.split(separator: "/").dropLast(2) + new.split(separator: "/").suffix(2))
            .joined(separator: "/")
        }
        item.keyed = keyed
        return item
      }
    }
    var items: [TreeKey.Item] = []
    for result in results { items.append(try result.get()) }
    let tree = TreeKey(level: level)
    var reasons = items.filter(tree.counts).flatMap { $0.keyed?.reasons ?? [] }
    reasons += try residue(in: items.filter(tree.counts), below: top)
    guard reasons.isEmpty else {
      let raw = try tree.raw(of: items) { item throws(ScrubError) in
        Digest.of(try MappedFile.open(DirectoryEntry.join(top, item.path)).bytes, .sha256)
      }
      return KeyReport(path: top, key: .raw(raw), level: level, reasons: reasons)
    }
    return KeyReport(path: top, key: .normal(tree.key(of: items).digest), level: level)
  }
}
