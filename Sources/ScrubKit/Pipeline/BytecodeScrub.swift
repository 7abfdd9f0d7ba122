internal import BuildRoots
import Formats

/// Processes one `.pyc`: finds, plans, edits, verifies.
struct BytecodeScrub {
  /// What is known about the file apart from its bytes.
  struct Surroundings: Sendable {
    /// The source's path relative to the directory that the distribution is installed in; nil if unknown.
    var sourceName: String?
    /// Reads the source. Called only if the header is to change.
    var source: @Sendable () throws(ScrubError) -> PythonSource? = { () throws(ScrubError) in nil }
    /// Whether there is a source, without reading it.
    var state: @Sendable () throws(ScrubError) -> PythonSource.State = { () throws(ScrubError) in .unknown }
    /// Its source, if that is a generated one with which constants change. Called only if a root is found.
    var compiled: @Sendable () -> CompiledSource? = { nil }
    /// Where the tree is, absolute; nil outside one. Called only if a name could contain it.
    var directories: (@Sendable () -> [String])?
  }

  let options: Options
  let surroundings: Surroundings

  func run(_ bytes: Bytes, fix: Bool) throws(ScrubError) -> ImageScrub.Outcome {
    do throws(ScrubError) { return try run(bytes, header: BytecodeHeader(bytes), fix: fix) } catch {
      guard error.kind == .notUnderstood else { throw error }
      return foreign(bytes, error)
    }
  }

  private func run(
    _ bytes: Bytes, header oldHeader: BytecodeHeader, fix: Bool
  ) throws(ScrubError) -> ImageScrub.Outcome {
    // Header: whether the file matches its source, and a new header.
    var outcome = ImageScrub.Outcome(
      findings: try BytecodeAudit(
        header: oldHeader, surroundings: surroundings, selection: options.policy.selection
      ).findings())
    let successor = mayHold(bytes, fix: fix) ? try self.successor() : nil
    let header = try BytecodeHeaderPlan(
      oldHeader, source: surroundings.source, successor: successor?.new, options: options)
    if fix, let note = header.note { outcome.notes.append(Note(note, at: Place(), isDetail: false)) }

    // Image: the objects.
    let image = try BytecodeImage(bytes)
    let rest = BytecodeRest(image, options)
    outcome.findings += rest.findings
    let location = BytecodeLocation(bytes, surroundings, options)
    let mayChange = fix && (header.header != nil || options.bytecode.isCanonical || rest.goes)
    guard mayChange || location != nil || mayHold(bytes, fix: fix) else { return outcome }
    let codes = image.codes()

    // Find: every string.
    let strings = BytecodeStrings(image)
    let roots = options.roots.roots(in: strings.region.content.span)

    // Plan: new names.
    let plan = BytecodePlan(
      image, codes, sourceName: surroundings.sourceName, location: location,
      constants: try successor.flatMap { texts throws(ScrubError) in
        try ConstantsPlan(image, source: texts.old, successor: texts.new, options.policy.texts)
      }, options: options)

    // Findings: what holds each root.
    let findings = BytecodeFindings(image: image, codes: codes, plan: plan, roots: options.roots)
    outcome.findings += findings.describe(roots, in: strings) + findings.locations() + rest.roots()
    if fix, !options.relocations.isEmpty, try surroundings.state() == .missing(isCached: false) {
      outcome.findings += findings.kept(options.relocations)
    }
    guard fix, !plan.isEmpty || mayChange else { return outcome }

    // Apply: only if writing the unchanged objects reproduces the exact bytes.
    guard Bytes(MarshalWriter.write(image)) == image.marshal else {
      throw ScrubError("is not written as CPython writes it", section: "marshal", offset: 0)
    }
    let newHeader = header.header ?? image.header
    let output = Bytes(newHeader.bytes + marshal(image, plan) + rest.kept.array())
    guard output != bytes else { return outcome }

    // Verify: read the result again.
    try BytecodeVerifier(
      before: image, after: BytecodeImage(output), plan: plan, header: newHeader, trailing: rest.kept,
      roots: options.roots
    )
    .verify(isCanonical: options.bytecode.isCanonical)
    outcome.changes = changes(
      plan, from: image, to: newHeader,
      newSize: output.count - image.header.version.headerSize - rest.kept.count)
    if rest.goes {
      outcome.changes.append(
        Change(place: Place(section: "trailing bytes"), kind: .trailing(size: image.trailing.count)))
    }
    outcome.output = output
    outcome.sourceTime = header.sourceTime
    return outcome
  }

  /// The source's old and new content, if constants change with it.
  private func successor() throws(ScrubError) -> (old: Bytes, new: Bytes)? {
    guard let compiled = surroundings.compiled(),
      case .follows(let new) = try compiled.decision(options)
    else { return nil }
    return (try compiled.source.content(), new)
  }

  /// Whether any string could hold a root. Strings are stored verbatim in the file, so the whole file is searched at
  /// once; most files need no more than this.
  private func mayHold(_ bytes: Bytes, fix: Bool) -> Bool {
    options.roots.mayHoldRoot(bytes.span) || fix && options.relocations.mayHold(bytes.span)
  }

  private func marshal(_ image: BytecodeImage, _ plan: BytecodePlan) -> [UInt8] {
    guard options.bytecode.isCanonical else { return MarshalWriter.write(image, plan.roles(in: image)) }
    var graph = MarshalGraph(sharesEverything: false)
    let root = graph.add(image, names: plan.names)
    return graph.write(root: root)
  }

  private func changes(
    _ plan: BytecodePlan, from image: BytecodeImage, to header: BytecodeHeader, newSize: Int
  ) -> [Change] {
    var changes: [Change] = []
    if header != image.header {
      changes.append(
        Change(
          place: Place(section: "header", offset: UInt64(image.header.validationOffset)),
          kind: .bytecodeHeader(before: "\(image.header.validation)", after: "\(header.validation)")))
    }
    for rename in plan.renames {
      changes.append(
        Change(
          place: Place(section: "marshal", offset: UInt64(image.objects[rename.object].start)),
          kind: .string(
            before: String(decoding: rename.before, as: UTF8.self),
            after: String(decoding: rename.after, as: UTF8.self))))
    }
    if options.bytecode.isCanonical {
      changes.append(
        Change(
          place: Place(section: "marshal"),
          kind: .canonical(oldSize: UInt64(image.marshal.count), newSize: UInt64(newSize))))
    }
    return changes
  }

  /// For another interpreter: searched as bytes, never changed.
  private func foreign(_ bytes: Bytes, _ error: ScrubError) -> ImageScrub.Outcome {
    let regions = [Region(whole: bytes)]
    // The length that precedes a string may also be a valid path byte.
    var glued: [Hit] = []
    let hits = (Hits.all(in: regions, options.roots, &glued) + glued).sorted {
      $0.root.range.lowerBound < $1.root.range.lowerBound
    }
    let fates = hits.map { _ in Finding.Fate.left(reason: error.message) }
    return ImageScrub.Outcome(
      findings: RawFindings(roots: options.roots).describe(hits, in: regions, fates),
      notes: [Note("not looked into: \(error.message)", at: error.place, isDetail: hits.isEmpty)])
  }
}
