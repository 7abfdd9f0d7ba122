internal import BuildRoots
import Formats

/// What is opened to be looked at, and never written again: a source distribution or another tar archive, a conda
/// package, a wheel or archive inside of another one. What holds it has hashes of it, or was signed as it is.
///
/// Members are searched as those of a wheel are, one after the other; no more than one is in memory.
struct PackageSearch {
  let options: Options
  private var depth = 0
  /// What members share that cost more than they explain.
  private let spare: Effort.Spare
  /// Why what is found stays.
  private let reason: String

  init(options: Options, reason: String = Self.reason) {
    self.options = options
    self.reason = reason
    spare = Effort.Spare()
  }

  static let reason =
    "archives and nested packages are searched, not rewritten; fix the files before they are packed"

  /// - Throws: where it is damaged, or something that is not opened.
  func run(_ bytes: Bytes, _ kind: FileKind) throws(ScrubError) -> ImageScrub.Outcome {
    guard depth < Limits.payloadDepth else {
      throw ScrubError("lies in \(depth) packages, the limit is \(Limits.payloadDepth)")
    }
    if kind == .zip { return try zip(bytes) }
    let source = try kind.source(of: bytes)
    let head = try source.read(TarReader.blockSize)
    guard TarReader.mayBegin(head) else { return try stream(head, source, kind) }
    return try tar(TarReader(source, first: head), kind)
  }

  /// The same for what lies in a container, or was merely found: what cannot be opened is searched as it is, and
  /// counts as skipped.
  func runNested(_ bytes: Bytes, _ kind: FileKind) throws(ScrubError) -> ImageScrub.Outcome {
    do throws(ScrubError) { return try run(bytes, kind) } catch {
      try error.rethrowRefusal()
      var outcome = plain(bytes)
      outcome.notes.append(Note(skipped: "not opened: \(error.description)", at: Place()))
      return outcome
    }
  }

  private func tar(_ reader: TarReader, _ kind: FileKind) throws(ScrubError) -> ImageScrub.Outcome {
    var reader = reader
    var outcome = ImageScrub.Outcome()
    var isFirst = true
    while let member = try reader.next() {
      if isFirst, kind == .gzip, member.name.hasPrefix(".SIGN.") || member.name == ".PKGINFO" {
        throw ScrubError(
          "is an Alpine package, which is not opened: unpack it with tar -xzf FILE -C DIR, and give the directory"
        )
      }
      isFirst = false
      guard member.isFile, member.size > 0 else { continue }
      let content: Bytes
      do throws(ScrubError) { content = try reader.content(of: member) } catch {
        throw error.inside(path: "", member: member.name)
      }
      outcome.add(try look(at: content, named: member.name), in: member.name)
    }
    try reader.finish()
    return outcome
  }

  private func zip(_ bytes: Bytes) throws(ScrubError) -> ImageScrub.Outcome {
    var defects = ZipDefects.tolerant
    var outcome = ImageScrub.Outcome()
    for member in try Wheel.read(bytes, &defects).members where !member.isDirectory && !member.isSymbolicLink
    {
      let content: Bytes
      do throws(ScrubError) {
        guard !member.isUnreadable else { throw ScrubError("its headers contradict each other") }
        content = try member.content()
      } catch {
        try error.rethrowRefusal()
        outcome.notes.append(Note(skipped: "not read: \(error.message)", at: Place(member: member.name)))
        continue
      }
      outcome.add(try look(at: content, named: member.name), in: member.name)
    }
    return outcome
  }

  /// A compressed file that is no archive.
  private func stream(_ head: Bytes, _ source: ByteSource, _ kind: FileKind) throws(ScrubError)
    -> ImageScrub.Outcome
  {
    let rest = try source.read(Int(Limits.memberSize))
    var outcome = try look(at: rest.isEmpty ? head : Bytes.joined([head, rest]), named: "")
    outcome.place { if $0.section == nil { $0.section = kind.compression?.name } }
    return outcome
  }

  /// What is found in one member, all of which stays.
  private func look(at content: Bytes, named name: String) throws(ScrubError) -> ImageScrub.Outcome {
    guard let options = options.narrowed(to: Place(member: name)) else {
      return ImageScrub.Outcome(notes: [Note(skipped: "excluded", at: Place())])
    }
    var outcome = try Effort.within(content.count, spare) { () throws(ScrubError) in
      try search(content, named: name, options)
    }
    for index in outcome.findings.indices {
      outcome.findings[index].fate = .left(reason: reason)
      outcome.findings[index].extent = nil
    }
    // The others are about what `fix` would make of it.
    outcome.notes.removeAll { !$0.isSkip }
    return outcome
  }

  private func search(
    _ content: Bytes, named name: String, _ options: Options
  ) throws(ScrubError) -> ImageScrub.Outcome {
    let kind = FileKind.of(content)
    var note: Note?
    if kind.isScrubbed, GeneratedText.rule(of: name) == nil {
      do throws(ScrubError) {
        if kind.isPackage { return try deeper(options).runNested(content, kind) }
        if !options.policy.selection.isAboutImages { return ImageScrub.Outcome() }
        return try LooseScrub(options: options, path: name).run(content, kind, fix: false)
      } catch {
        // Source distributions hold damaged files on purpose, for tests.
        try error.rethrowRefusal()
        note = Note(skipped: "searched as it is, not understood: \(error.description)", at: Place())
      }
    }
    let text = TextScrub(Text(memberAt: name, head: content), options)
    var outcome = plain(content)
    if text.isWanted, note == nil {
      do throws(ScrubError) { outcome = try text.run(content, fix: false) } catch {
        try error.rethrowRefusal()
        note = Note(skipped: "searched as it is, not understood: \(error.description)", at: Place())
      }
    }
    if let note { outcome.notes.append(note) }
    return outcome
  }

  private func deeper(_ options: Options) -> PackageSearch {
    var search = PackageSearch(options: options, reason: reason)
    search.depth = depth + 1
    return search
  }

  /// The bytes as they are, and what is compressed in a zip that cannot be read as one.
  private func plain(_ bytes: Bytes) -> ImageScrub.Outcome {
    var regions = [Region(whole: bytes)]
    if FileKind.of(bytes) == .zip {
      Payloads.open(&regions, fileSize: bytes.count, place: { offset, _ in offset }, where: { _ in true })
    }
    return SearchOnly(options: options, reason: reason, roots: options.policy.others).run(regions)
  }
}

extension ImageScrub.Outcome {
  /// Takes over what was found in a member, which may be a package itself.
  fileprivate mutating func add(_ other: consuming ImageScrub.Outcome, in member: String) {
    other.place { $0 = $0.within(member) }
    findings.take(other.findings)
    notes += other.notes
  }
}
