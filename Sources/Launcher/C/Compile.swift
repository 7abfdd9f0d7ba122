/// The arguments of one compile: which of them are paths.
struct Compile {
  /// A path in the arguments.
  struct Path {
    /// Which argument, and where in it the path begins.
    var argument: Int
    var offset: Int
    var isOutput: Bool
  }
  var arguments: [Bytes]
  var paths: [Path] = []
  /// What `-fdebug-prefix-map` and the like map; empty for a compilation directory of the user's own.
  var mapped: [Bytes] = []
  /// Whether the object's name is also that of the target in a depfile, which make knows by exactly this name.
  private(set) var outputIsTarget = false
  private var output: Int?
  private var inputs: [Int] = []

  /// Understands all arguments or none.
  ///
  /// - Returns: the compile, or why these arguments are to be left alone.
  static func parse(_ arguments: [Bytes]) -> Parsed {
    var compile = Compile(arguments: arguments)
    if let reason = compile.read() { return .leave(reason) }
    return .compile(compile)
  }

  enum Parsed {
    case compile(Compile)
    case leave(Reason)
  }

  private init(arguments: [Bytes]) { self.arguments = arguments }

  /// The source.
  var inputPath: Bytes { inputs.first.map { arguments[$0] } ?? [] }

  /// Whether the assembler reads it behind the preprocessor, and writes its debug info.
  private(set) var isAssembler = false

  /// The file that `-o` names, nil if the compiler chooses it, which it does in the working directory.
  var outputPath: Path? { output.map { paths[$0] } }

  func text(of path: Path) -> Bytes { arguments[path.argument].dropped(path.offset) }

  private mutating func read() -> Reason? {
    var compiles = false
    var writesDepfile = false
    var namesTarget = false
    var isSource = false
    var isNamed = false
    var index = 0
    while index < arguments.count {
      let argument = arguments[index]
      guard let first = argument.first else { return .emptyArgument }
      guard first != UInt8(ascii: "@") else { return .responseFile }
      if first != Ascii.hyphen {
        inputs.append(index)
        paths.append(Path(argument: index, offset: 0, isOutput: false))
        if !isNamed { isAssembler = argument.hasSuffix(".S") || argument.hasSuffix(".sx") }
        isSource = isSource || isAssembler || hasSourceName(argument)
        index += 1
        continue
      }
      let meaning = Option.meaning(of: argument)
      if argument.hasPrefix("-MT") || argument.hasPrefix("-MQ") { namesTarget = true }
      // The value may be the next argument, which must be there.
      if index + 1 >= arguments.count,
        meaning == .value || meaning == .path(at: -1) || meaning == .language(at: -1)
      {
        return .noValue
      }
      switch meaning {
      case .stop(let reason): return reason
      case .plain:
        if argument.isText("-c") { compiles = true }
        if argument.isText("-MD") || argument.isText("-MMD") { writesDepfile = true }
      case .value: index += 1
      case .language(let offset):
        if offset < 0 { index += 1 }
        let language = arguments[index].dropped(max(offset, 0))
        isAssembler = language.isText("assembler-with-cpp")
        guard isAssembler || isLanguage(language) else { return .otherLanguage }
        isSource = true
        isNamed = true
      case .map(let offset):
        let rest = argument.dropped(offset)
        mapped.append(offset == 0 ? [] : Bytes(rest[..<(rest.firstIndex(of: Ascii.equals) ?? rest.count)]))
      case .path(let offset):
        let isOutput = argument.hasPrefix("-o")
        if isOutput {
          guard output == nil else { return .severalOutputs }
          output = paths.count
        }
        if offset < 0 { index += 1 }
        guard arguments[index].count > max(offset, 0), !arguments[index].isText("-") else {
          return .emptyPath
        }
        paths.append(Path(argument: index, offset: max(offset, 0), isOutput: isOutput))
      }
      index += 1
    }
    outputIsTarget = writesDepfile && !namesTarget
    guard compiles else { return .noCompile }
    guard inputs.count == 1 else { return inputs.isEmpty ? .noInput : .severalInputs }
    return isSource ? nil : .otherLanguage
  }
}

/// C, C++ and their Objective kin. Plain assembler and preprocessed text have line markers of their own.
private func hasSourceName(_ path: Bytes) -> Bool {
  let suffixes: [StaticString] = [
    ".c", ".cc", ".cpp", ".cxx", ".c++", ".C", ".cp", ".CPP", ".m", ".mm", ".M",
  ]
  return suffixes.contains { path.hasSuffix($0) }
}

private func isLanguage(_ name: Bytes) -> Bool {
  let names: [StaticString] = ["c", "c++", "objective-c", "objective-c++"]
  return names.contains { name.isText($0) }
}
