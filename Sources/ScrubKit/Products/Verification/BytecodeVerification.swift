import Formats

/// Judges one `.pyc` whose hash nothing vouches for.
struct BytecodeVerification: Sendable {
  let file: FileWalk.File
  let vouchers: Vouchers
  let recompiler: Recompiler

  func judge(_ content: Bytes) throws(ScrubError) -> Judgement {
    // Damaged or foreign files tell nothing.
    let image: BytecodeImage
    do throws(ScrubError) { image = try BytecodeImage(content) } catch {
      return Self.unreadable(content, error)
    }
    return Self.naming(image, in: try judge(image))
  }

  private func judge(_ image: BytecodeImage) throws(ScrubError) -> Judgement {
    if let difference = CodeComparison.mixedFilename(image) {
      var judgement = Judgement(.mismatch, "a function has another file name than its module")
      judgement.differences = [difference]
      return judgement
    }

    // The source beside it, and what vouches for that.
    guard let sourceName = PythonSource.path(ofBytecode: file.real) else {
      return Judgement(.orphan, "no interpreter looks for a file of this name")
    }
    guard let source = try source(sourceName) else {
      return PythonSource.isCached(file.real)
        ? Judgement(.orphan, "its source is not there, so no interpreter looks at it")
        : Judgement(.sourceless, "imported as it is, nothing to compare it with")
    }
    let isPackaged = vouchers.complained[Array(file.real.utf8)] != nil
    let trust = vouchers.trust(sourceName, source.content, isPackaged: isPackaged)
    if case .modified(let reason) = trust { return Judgement(.unproven, "its source is modified: \(reason)") }

    // What the source compiles to.
    let freshness = BytecodeHeaderPlan.freshness(image.header, source)
    if freshness != .fresh, case .hash(_, isChecked: false) = image.header.validation {
      // Python never compares this hash: it runs the file whatever the source contains.
      return Judgement(.mismatch, "its unchecked hash is not the source's, and Python runs it all the same")
    }
    guard let levels = Self.levels(file.real) else {
      return Judgement(.unproven, "its optimisation is none of Python's own")
    }
    let comparison: CodeComparison
    switch try compare(image, source.content, levels) {
    case .success(let result): comparison = result
    case .failure(let error): return Self.notCompiled(error.absence, image.header.version, freshness)
    }
    return Self.conclude(comparison, freshness, trust)
  }

  /// Bytes after the code object, which CPython never writes: they do not come from a compiler.
  private static func naming(_ image: BytecodeImage, in judgement: Judgement) -> Judgement {
    guard !image.trailing.isEmpty else { return judgement }
    var judgement = judgement
    judgement.verdict = .invalid
    let rest =
      judgement.reason ?? "the code is what its source compiles to, and wheelscrub fix leaves the rest out"
    judgement.reason =
      "marshal+0x\(String(image.marshal.count, radix: 16)): \(image.trailing.count) bytes behind the code object, "
      + "which no import reads; \(rest)"
    return judgement
  }

  /// A copy, so that the hashed bytes are the compiled ones, and no descriptor stays open.
  private func source(_ path: String) throws(ScrubError) -> PythonSource? {
    guard var source = try PythonSource.beside(file.real), source.path == path else { return nil }
    source.content = Bytes(source.content.array())
    return source
  }

  /// The optimisation levels that a name permits (PEP 488); nil for one that CPython's compiler does not have. The name
  /// of a file outside `__pycache__` does not tell.
  private static func levels(_ path: String) -> [Int]? {
    let (directory, name) = AtomicWrite.split(path)
    guard AtomicWrite.split(directory).name == "__pycache__" else { return [0, 1, 2] }
    let parts = name.split(separator: ".")
    guard parts.count == 4 else { return [0] }
    return switch parts[2] {
    case "opt-1": [1]
    case "opt-2": [2]
    default: nil
    }
  }

  /// The first level that gives the same code, or the differences at the lowest.
  private func compare(
    _ image: BytecodeImage, _ source: Bytes, _ levels: [Int]
  ) throws(ScrubError) -> Result<CodeComparison, Recompiler.AbsenceError> {
    let header = Bytes(image.header.bytes)
    var first: CodeComparison?
    for level in levels {
      switch recompiler.compile(source, level: level, for: image.header.version) {
      case .failure(let error): return .failure(error)
      case .success(let code):
        let expected: BytecodeImage
        do throws(ScrubError) { expected = try BytecodeImage(Bytes.joined([header, code])) } catch {
          throw ScrubError(
            "the interpreter's own code is not understood: \(error)", at: Place(path: file.path))
        }
        let comparison = CodeComparison(image, expected)
        if comparison.isSame { return .success(comparison) }
        first = first ?? comparison
      }
    }
    // There is at least one level.
    return first.map { .success($0) } ?? .failure(Recompiler.AbsenceError(.noInterpreter))
  }

  private static func unreadable(_ content: Bytes, _ error: ScrubError) -> Judgement {
    let place = error.place.position
    let message = place.isEmpty ? error.message : "\(place): \(error.message)"
    // Without the magic number of any version it is not bytecode, whatever its name.
    let isForeign =
      error.kind == .notUnderstood && FileKind.of(content.slice(at: 0, length: 8)?.array() ?? []) == .bytecode
    return Judgement(isForeign ? .foreignMagic : .invalid, message)
  }

  private static func notCompiled(
    _ absence: Recompiler.Absence, _ version: BytecodeVersion, _ freshness: BytecodeHeaderPlan.Freshness
  ) -> Judgement {
    switch absence {
    case .noInterpreter:
      let stale = freshness == .fresh ? "" : "; its header tells of another source"
      return Judgement(
        .foreignMagic,
        "needs CPython \(version.name) to be proven, and none is on the path outside of what is verified\(stale)"
      )
    case .refused(let message):
      return Judgement(.mismatch, "its source does not compile: \(message)")
    case .failed(let message): return Judgement(.unproven, "not compiled: \(message)")
    }
  }

  /// The conclusion from all facts.
  private static func conclude(
    _ comparison: CodeComparison, _ freshness: BytecodeHeaderPlan.Freshness, _ trust: Vouchers.Trust
  ) -> Judgement {
    var judgement: Judgement
    switch (comparison.isSame, freshness == .fresh, trust) {
    case (true, true, .verified): judgement = Judgement(.proven)
    case (true, true, .unknown(let reason)), (true, true, .modified(let reason)):
      judgement = Judgement(
        .unproven, "is what its source compiles to, but nobody vouches for that: \(reason)")
    case (true, false, _):
      judgement = Judgement(
        .stale, "its header tells of another source, its code is this one's; Python compiles it anew")
    case (false, false, _):
      judgement = Judgement(
        .stale, "its header tells of another source, and so does its code; Python compiles it anew")
    case (false, true, _): judgement = Judgement(.mismatch, "is not what its source compiles to")
    }
    judgement.differences = comparison.differences
    judgement.furtherDifferences = comparison.hasMore
    return judgement
  }
}
