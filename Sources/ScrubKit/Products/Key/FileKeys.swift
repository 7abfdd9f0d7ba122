import Formats

/// Computes the key of one file: processes it as `fix` would, up to the point of writing.
struct FileKeys {
  let options: Options
  let contents: ContentKeys
  /// Whether an unrecognized text is treated as preprocessed.
  var isPreprocessed = false

  /// What is known about one file.
  struct Keyed: Sendable {
    var key: ContentKey
    /// Why it is not a lasting key.
    var reasons: [Note] = []
    /// All findings.
    var findings: [Finding] = []
    /// The SHA-256 of the unmodified bytes, if there are reasons.
    var raw: [UInt8] = []
    /// The file's new path, if its name is derived from the build-id.
    var newPath: String?

    init(_ key: ContentKey) { self.key = key }
  }

  /// - Parameter isExplicit: the file was named, so it must be something that has its own key.
  func key(of file: MappedFile, _ input: InputFile, isExplicit: Bool) throws(ScrubError) -> Keyed {
    do throws(ScrubError) {
      guard let options = options.narrowed(to: Place(path: input.path), isExplicit: isExplicit) else {
        return Keyed(contents.whole(file.bytes))
      }
      if isExplicit, isPreprocessed {
        return Keyed(try PreprocessedText(options: options).key(of: file.bytes))
      }
      let kind = FileKind.of(file.bytes)
      switch kind {
      case .zip where isExplicit || input.path.hasSuffix(".whl"):
        return try ZipForm(of: file) == .wheel ? wheel(file, options).keyed : zip(file, options)
      case _ where kind.isScrubbed:
        return try image(
          LooseScrub(options: options, path: input.path)
            .runAlone(file.bytes, kind, BytecodeScrub.Surroundings(input), fix: true),
          of: file)
      default:
        let text = Text(of: input, file.bytes)
        if text.rule != nil || !isExplicit && text.isOther && !PreprocessedText.isNamedSo(file.path) {
          return try image(TextScrub(text, options).run(file.bytes, fix: true), of: file)
        }
        return Keyed(try self.text(file, options, isExplicit: isExplicit))
      }
    } catch {
      throw error.inside(path: input.path)
    }
  }

  /// The key for the outcome of an image, alone or with others that belong to it.
  /// - Throws: if the file was modified in the meantime.
  func image(_ outcome: ImageScrub.Outcome, of file: MappedFile) throws(ScrubError) -> Keyed {
    var keyed = Keyed(contents.key(of: outcome.output ?? file.bytes, path: file.path))
    var report = FileReport(path: file.path)
    report.add(outcome, path: file.path, member: nil)
    explain(&keyed, report, file)
    if let output = outcome.output {
      // An image that was sealed can be read.
      keyed.newPath = try? BuildIDPath(file.path, ids: outcome.facts?.buildIDs ?? [])?
        .change(to: output)
    }
    try file.checkUnchanged()
    return keyed
  }

  /// - Parameter outside: files that belong to its members, whose outcomes are returned as well.
  private func wheel(
    _ file: MappedFile, with outside: [Part] = [], _ options: Options
  ) throws(ScrubError) -> (keyed: Keyed, outside: [ImageScrub.Outcome]) {
    var report = FileReport(path: file.path)
    let (key, outcomes) = try WheelKey(options: options, contents: contents)
      .key(of: file, with: outside, &report)
    var keyed = Keyed(key)
    explain(&keyed, report, file)
    try file.checkUnchanged()
    return (keyed, outcomes)
  }

  /// Of a wheel and the files that belong to its members, as one `fix` would write all of them.
  /// - Returns: by their places in the group.
  func group(_ group: FileSet.Group, around wheel: Int) -> [Int: Result<Keyed, ScrubError>] {
    do throws(ScrubError) {
      let files = try group.open()
      let (places, parts) = group.parts(of: files, around: wheel, options)
      return try Effort.within(files.reduce(0) { $0 + $1.bytes.count }) { () throws(ScrubError) in
        let own = options.narrowed(to: Place(path: files[wheel].path), isExplicit: true) ?? options
        let (keyed, outcomes) = try self.wheel(files[wheel], with: parts, own)
        var found: [Int: Result<Keyed, ScrubError>] = [wheel: .success(keyed)]
        for (place, outcome) in Swift.zip(places, outcomes) {
          found[place] = .success(try image(outcome, of: files[place]))
        }
        return found
      }
    } catch {
      // An error in one file stops the whole group, as it stops the fix.
      return Dictionary(uniqueKeysWithValues: group.files.indices.map { ($0, .failure(error)) })
    }
  }

  /// Of a zip that is no wheel every byte counts that `fix` would write.
  private func zip(_ file: MappedFile, _ options: Options) throws(ScrubError) -> Keyed {
    var report = FileReport(path: file.path)
    var bytes = file.bytes
    if case .wheel(let output) = try WheelScrub(options).run(file, fix: true, &report) {
      bytes = output.bytes
    }
    var keyed = Keyed(contents.whole(bytes))
    explain(&keyed, report, file)
    try file.checkUnchanged()
    return keyed
  }

  private func text(
    _ file: MappedFile, _ options: Options, isExplicit: Bool
  ) throws(ScrubError) -> ContentKey {
    let isNamed = PreprocessedText.isNamedSo(file.path)
    let isMarked = PreprocessedText.isOne(file.bytes)
    // SWIG's sources also end in .i: in a tree, both name and mark are required.
    if isExplicit ? isNamed || isMarked : isNamed && isMarked {
      return try PreprocessedText(options: options).key(of: file.bytes)
    }
    if isExplicit { try Scrub.refuse(file) }
    return contents.whole(file.bytes)
  }

  private func explain(_ keyed: inout Keyed, _ report: FileReport, _ file: MappedFile) {
    var reasons = KeyReasons(keyed.key.level)
    reasons.add(report.findings, report.notes)
    keyed.reasons = reasons.notes
    keyed.findings = report.findings
    if !keyed.reasons.isEmpty { keyed.raw = Digest.of(file.bytes, .sha256) }
  }
}
