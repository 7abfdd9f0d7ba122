internal import BuildRoots
import Formats

/// A generated Python source and everything compiled from it. The bytecode has its own copy of each path, as a
/// constant, and must remain what the source compiles to.
///
/// So both change or neither does, and nothing moves: the bytecode's tables hold column numbers. A root is padded to
/// its length, in the source and in each constant that occurs verbatim in the source.
struct CompiledSource: Sendable {
  struct File: Sendable {
    /// The place to which path-specific rules apply.
    var place: Place
    var content: @Sendable () throws(ScrubError) -> Bytes
  }

  var rule: Rule
  var source: File
  /// Seconds since 1970; nil if the container's times do not describe the file that was compiled.
  var modified: Int64?
  var bytecode: [File]
  /// Why the bytecode cannot follow; nil if no reason is known yet.
  var obstacle: String?

  /// The time that the source's file needs, so that bytecode which holds that time is not stale.
  func time(_ options: Options) -> Int64? {
    guard options.bytecode.header == .clamp, let epoch = options.sourceDateEpoch else { return modified }
    return modified.map { min($0, epoch) }
  }

  enum Decision {
    /// - Parameter source: its new content.
    case follows(source: Bytes)
    case stays(reason: String)
  }

  /// The decision, the same for the source and for each file compiled from it.
  /// - Parameter options: with any selection; rules that count in only one of the files make all of them stay.
  func decision(_ options: Options) throws(ScrubError) -> Decision {
    if let obstacle { return .stays(reason: obstacle) }
    for file in [source] + bytecode
    where options.paths.excludes(file.place)
      || options.paths.narrowed(options.policy.selection, at: file.place) != nil
    {
      return .stays(reason: "other rules count in it than in what was compiled from it")
    }
    guard options.policy.selection.contains(rule) else {
      return .stays(reason: "\(rule.code) is not selected")
    }
    let text = try source.content()
    guard let successor = Self.padded(text, options.policy.texts) else {
      return .stays(reason: "what a path would become is no path of its length")
    }
    for file in bytecode {
      do throws(ScrubError) {
        let image = try BytecodeImage(try file.content())
        let header = image.header
        let source = PythonSource(content: text, modified: modified)
        if BytecodeHeaderPlan.freshness(header, source) == .stale {
          return .stays(reason: "\(name(of: file)) was compiled from another source")
        }
        if case .hash = header.validation, header.version.sourceHash(successor) == nil {
          return .stays(reason: "\(name(of: file)) has a hash that cannot be computed")
        }
        guard try ConstantsPlan(image, source: text, successor: successor, options.policy.texts) != nil else {
          return .stays(reason: "\(name(of: file)) was compiled from it and spells a path in another way")
        }
      } catch {
        try error.rethrowRefusal()
        return .stays(reason: "\(name(of: file)) was compiled from it and cannot be read: \(error.message)")
      }
    }
    return .follows(source: successor)
  }

  private func name(of file: File) -> String { file.place.member ?? file.place.path }

  /// The text with every root padded to its length; nil if one would be truncated or become relative.
  static func padded(_ text: Bytes, _ roots: RootMap) -> Bytes? {
    for root in roots.roots(in: text.span)
    where root.stride != 1 || roots.replacement(for: root).count > root.range.count
      || roots.turnsRelative(root, in: text.span)
    {
      return nil
    }
    guard let padded = roots.padded(text.span).map({ Bytes($0) }) else { return text }
    return padded.count == text.count && !roots.containsRoot(padded.span) ? padded : nil
  }
}

extension CompiledSource {
  /// For a generated source in a tree; nil if nothing was compiled from it.
  init?(_ input: InputFile, _ rule: Rule) {
    guard input.path.hasSuffix(".py") else { return nil }
    let bytecode = PythonSource.bytecode(of: input.path)
    guard !bytecode.isEmpty else { return nil }
    // If its directory is processed, everything that belongs to it is at hand.
    self.init(in: input.path, rule, bytecode, isWhole: !input.isExplicit)
  }

  /// For a `.pyc` in a tree; nil if its source is missing, or no generator writes a file of that name.
  init?(bytecode input: InputFile) {
    guard let path = PythonSource.path(ofBytecode: input.path), let rule = GeneratedText.rule(of: path),
      (try? FileIdentity(path: path))?.isRegularFile == true
    else { return nil }
    // Its source is at hand if the walk began above `__pycache__`.
    let isWhole =
      !input.isExplicit && PythonSource.isCached(input.path) == PythonSource.isCached(input.relativePath)
    self.init(in: path, rule, PythonSource.bytecode(of: path), isWhole: isWhole)
  }

  private init(in path: String, _ rule: Rule, _ bytecode: [String], isWhole: Bool) {
    func file(_ path: String) -> File {
      File(place: Place(path: path)) { () throws(ScrubError) in try MappedFile.open(path).bytes }
    }
    self.rule = rule
    source = file(path)
    modified = (try? FileIdentity(path: path)).map { Int64($0.modifiedSeconds) }
    self.bytecode = bytecode.map(file)
    obstacle =
      isWhole ? nil : "\(bytecode.first ?? "bytecode") was compiled from it; give their directory to fix"
    // Marks are looked for in sources only: the source of bytecode is known by its name.
    if GeneratedText.rule(of: path) == nil {
      obstacle =
        "\(bytecode.first ?? "bytecode") was compiled from it and has the path too; fix the wheel before it is installed"
    }
  }

  /// For a generated source in a wheel; nil if nothing was compiled from it.
  init?(_ member: Wheel.Member, of wheel: Wheel, _ rule: Rule) {
    guard member.name.hasSuffix(".py") else { return nil }
    self.init(in: wheel, member, rule)
  }

  /// For a `.pyc` in a wheel.
  init?(bytecode member: Wheel.Member, of wheel: Wheel) {
    guard let name = PythonSource.path(ofBytecode: member.name), let rule = GeneratedText.rule(of: name),
      let source = wheel.member(named: name)
    else { return nil }
    self.init(in: wheel, source, rule)
  }

  private init?(in wheel: Wheel, _ source: Wheel.Member, _ rule: Rule) {
    func file(_ member: Wheel.Member) -> File {
      File(place: Place(path: wheel.path, member: member.name)) { () throws(ScrubError) in
        try member.content()
      }
    }
    let compiled = wheel.bytecode(of: source)
    guard !compiled.isEmpty else { return nil }
    self.rule = rule
    self.source = file(source)
    bytecode = compiled.map(file)
    if GeneratedText.rule(of: source.name) == nil {
      obstacle = "\(compiled[0].name) was compiled from it and has the path too"
    }
  }
}

/// The constants of a `.pyc` that follow its source.
struct ConstantsPlan: Sendable {
  /// New content by object; none of the objects is a reference.
  private(set) var strings: [Int: [UInt8]] = [:]

  /// - Returns: nil if a constant with a root does not occur verbatim in the source, or would become equal to another
  ///   one.
  /// - Throws: if comparing would cost too much.
  init?(
    _ image: BytecodeImage, source: Bytes, successor: Bytes, _ roots: RootMap
  ) throws(ScrubError) {
    let names = Dictionary(image.codes().map { (image.resolved($0.filename), 1) }, uniquingKeysWith: +)
    var uses: [Int: Int] = [:]
    var inSets: Set<Int> = []
    var end = 0
    for (index, object) in image.objects.enumerated() {
      uses[image.resolved(index), default: 0] += 1
      // The order of sets depends on hashes of the strings.
      if object.type == .set || object.type == .frozenSet { end = max(end, Int(object.end)) }
      if index < end { inSets.insert(image.resolved(index)) }
    }
    var texts: Set<[UInt8]> = []
    for (index, object) in image.objects.enumerated() where object.type.isString || object.type == .bytes {
      let text = image.text(index)
      guard roots.containsRoot(text.span) else {
        texts.insert(text)
        continue
      }
      // A string that is only a file name is renamed separately.
      if let fields = names[index], uses[index] == fields { continue }
      guard object.type.isString, names[index] == nil, !inSets.contains(index),
        let new = roots.padded(text.span), try Self.stands(text, in: source, new, in: successor)
      else { return nil }
      strings[index] = new
    }
    // Equal constants would be merged.
    guard Set(strings.values).count == strings.count, texts.isDisjoint(with: strings.values) else {
      return nil
    }
  }

  /// Whether the string occurs in the source, and the new one at each corresponding place of its successor.
  private static func stands(
    _ text: [UInt8], in source: Bytes, _ new: [UInt8], in successor: Bytes
  ) throws(ScrubError) -> Bool {
    var (position, isThere) = (0, false)
    while true {
      let found = source.span.firstIndex(of: text, from: position)
      try Effort.charge((found ?? source.count) - position + text.count)
      guard let found else { return isThere }
      guard successor[found..<found + text.count].array() == new else { return false }
      isThere = true
      position = found + 1
    }
  }
}
