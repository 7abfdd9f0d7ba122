/// The arguments of one compile of a crate: what is written, and which of them are paths.
struct RustCompile {
  /// A path in the arguments.
  struct Path: Equatable {
    /// Which argument, and where in it the path begins.
    var argument: Int
    var offset: Int
  }
  let arguments: [Bytes]
  /// All but the source.
  private(set) var paths: [Path] = []
  private(set) var source: Bytes = []
  private var sourceIndex = -1
  private(set) var crateName: Bytes = []
  private(set) var outputDirectory: Path?
  /// What the user maps.
  private(set) var mapped: [Bytes] = []
  /// Directories with crates that the compile may load, and with libraries that it may pack.
  private(set) var crateDirectories: [Bytes] = []
  private(set) var libraryDirectories: [Bytes] = []
  /// Which crate has which name, as `--extern` says it, without directories.
  private(set) var externalCrates: [Bytes] = []
  /// Why no cache is to be asked, nil for a library that caches know how to keep.
  private(set) var uncached: RustReason?
  private var isLibrary = true
  private var crateTypes = 0
  private var emits: [Bytes] = []
  private var extraFilename: Bytes = []

  enum Parsed {
    case compile(RustCompile)
    case leave(RustReason)
  }

  /// Understands all arguments or none.
  static func parse(_ arguments: [Bytes]) -> Parsed {
    var compile = RustCompile(arguments: arguments)
    if let reason = compile.read() { return .leave(reason) }
    return .compile(compile)
  }

  private init(arguments: [Bytes]) { self.arguments = arguments }

  func text(of path: Path) -> Bytes { arguments[path.argument].dropped(path.offset) }

  /// The source as a path of the arguments.
  var sourcePath: Path { Path(argument: sourceIndex, offset: 0) }

  /// The name of the depfile in the output directory; nil where none is written.
  var depfile: Bytes? {
    emits.contains { $0.isText("dep-info") } ? crateName + extraFilename + Bytes(".d") : nil
  }

  private mutating func read() -> RustReason? {
    var sources = 0
    var index = 0
    while index < arguments.count {
      let argument = arguments[index]
      guard let first = argument.first else { return .emptyArgument }
      guard first != UInt8(ascii: "@") else { return .responseFile }
      guard first == Ascii.hyphen else {
        sources += 1
        source = argument
        sourceIndex = index
        index += 1
        continue
      }
      let found = RustOption.find(argument)
      var place = Path(argument: index, offset: max(found.value ?? argument.count, 0))
      if found.value == -1 {
        index += 1
        guard index < arguments.count else { return .noValue }
        place.argument = index
      }
      if let reason = take(found.meaning, place) { return reason }
      index += 1
    }
    guard !crateName.isEmpty else { return .noCrate }
    guard sources == 1 else { return sources == 0 ? .noInput : .severalInputs }
    if crateTypes == 0 || !isLibrary { refuse(.crateType) }
    if outputDirectory == nil { refuse(.noOutputDirectory) }
    let isKept = emits.allSatisfy { emit in
      emit.isText("dep-info") || emit.isText("metadata") || emit.isText("link")
    }
    if emits.isEmpty || !isKept { refuse(.emit) }
    return nil
  }

  /// One option whose value is at `place`.
  private mutating func take(_ meaning: RustMeaning, _ place: Path) -> RustReason? {
    let value = text(of: place)
    switch meaning {
    case .plain: break
    case .stop(let reason): return reason
    case .uncached(let reason): refuse(reason)
    case .crateName: crateName = value
    case .crateType:
      for type in value.pieces(between: comma) {
        crateTypes += 1
        if !type.isText("lib"), !type.isText("rlib") { isLibrary = false }
      }
    case .emit: emits += value.pieces(between: comma)
    case .codegen:
      if let reason = RustOption.uncached(codegen: value) { refuse(reason) }
      let name = Bytes("extra-filename=")
      if value.hasPrefix(name) { extraFilename = value.dropped(name.count) }
    case .external:
      guard let end = value.firstIndex(of: Ascii.equals) else { break }
      let path = Path(argument: place.argument, offset: place.offset + end + 1)
      paths.append(path)
      externalCrates.append(value[...end] + lastComponent(of: text(of: path)))
      crateDirectories.append(parent(of: text(of: path)))
    case .search: search(value, place)
    case .output:
      paths.append(place)
      refuse(.namedOutput)
    case .outputDirectory:
      paths.append(place)
      outputDirectory = place
    case .sysroot: refuse(.target)
    case .target: if value.hasSuffix(".json") || value.contains(Ascii.slash) { refuse(.target) }
    case .map: mapped.append(Bytes(value[..<(value.lastIndex(of: Ascii.equals) ?? value.count)]))
    }
    return nil
  }

  /// `-L [KIND=]PATH`.
  private mutating func search(_ value: Bytes, _ place: Path) {
    var start = 0
    for kind: StaticString in ["dependency=", "crate=", "native=", "framework=", "all="]
    where value.hasPrefix(kind) { start = kind.utf8CodeUnitCount }
    let path = Path(argument: place.argument, offset: place.offset + start)
    paths.append(path)
    if !value.hasPrefix("native="), !value.hasPrefix("framework=") { crateDirectories.append(text(of: path)) }
    if !value.hasPrefix("dependency="), !value.hasPrefix("crate=") {
      libraryDirectories.append(text(of: path))
    }
  }

  /// The first reason is told.
  private mutating func refuse(_ reason: RustReason) { uncached = uncached ?? reason }
}

private let comma = UInt8(ascii: ",")
