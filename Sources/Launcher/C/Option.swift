/// What an argument of a compiler is to us.
enum Meaning: Equatable {
  /// A path that may be given relative to the working directory; where the path begins in the argument, or -1
  /// if it is the next argument.
  case path(at: Int)
  /// An option with a value of its own in the next argument, which stays.
  case value
  /// Nothing that we care about.
  case plain
  /// `-x`: the language of the inputs; 2, or -1 if it is the next argument.
  case language(at: Int)
  /// Maps path prefixes or names the compilation directory; where `OLD` begins.
  case map(at: Int)
  /// What we do not understand, or do not touch.
  case stop(Reason)
}

/// The options of gcc and clang that a compile may have. Whatever is not listed stops us: a new option may
/// take a value, write a file or mean another kind of job.
enum Option {
  static func meaning(of argument: Bytes) -> Meaning {
    guard argument.count > 1 else { return .stop(.standardInput) }
    for (name, meaning) in exact where argument.isText(name) { return meaning }
    if argument.hasPrefix("-W"), let meaning = PassedOn.meaning(of: argument) { return meaning }
    for (prefix, meaning) in before where argument.hasPrefix(prefix) { return meaning }
    for option in paths where argument.hasPrefix(option) {
      let length = option.utf8CodeUnitCount
      guard argument.count > length else { return .path(at: -1) }
      // `-include-pch` is not `-include` with a file called `-pch`.
      return argument[length] == Ascii.hyphen ? .stop(.unknownOption) : .path(at: length)
    }
    for option in values where argument.isText(option) { return .value }
    if SideFile.isWritten(by: argument) { return .stop(.extraFile) }
    for prefix in harmless where argument.hasPrefix(prefix) { return .plain }
    return .stop(.unknownOption)
  }

  private static let exact: [(StaticString, Meaning)] = [
    ("-c", .plain), ("-x", .language(at: -1)), ("-o-", .stop(.otherJob)),
    ("-E", .stop(.otherJob)), ("-M", .stop(.otherJob)), ("-MM", .stop(.otherJob)), ("-S", .stop(.otherJob)),
    ("-v", .stop(.otherJob)), ("-###", .stop(.otherJob)), ("--", .stop(.unknownOption)),
    ("-fsyntax-only", .stop(.otherJob)),
    ("--version", .stop(.otherJob)), ("--help", .stop(.otherJob)), ("-I-", .stop(.unknownOption)),
    ("-MD", .plain), ("-MMD", .plain), ("-MP", .plain), ("-MV", .plain),
    ("-w", .plain), ("-p", .plain), ("-pg", .plain), ("-s", .plain), ("-P", .plain), ("-C", .plain),
    ("-CC", .plain), ("-H", .plain), ("-Q", .plain), ("-ansi", .plain), ("-undef", .plain), ("-pipe", .plain),
    ("-pie", .plain), ("-no-pie", .plain), ("-rdynamic", .plain), ("-trigraphs", .plain),
    ("-Qunused-arguments", .plain), ("-no-canonical-prefixes", .plain),
  ]

  /// Asked before `-f` and the like.
  private static let before: [(StaticString, Meaning)] = [
    ("-x", .language(at: 2)),
    ("-ffile-prefix-map=", .map(at: 18)), ("-fdebug-prefix-map=", .map(at: 19)),
    ("-fmacro-prefix-map=", .map(at: 19)), ("-fcoverage-prefix-map=", .map(at: 22)),
    ("-ffile-compilation-dir", .map(at: 0)), ("-fdebug-compilation-dir", .map(at: 0)),
    ("-fcoverage-compilation-dir", .map(at: 0)),
    ("-fprofile", .stop(.profile)), ("-fcs-profile", .stop(.profile)), ("-fcoverage", .stop(.profile)),
    ("-fbranch-probabilities", .stop(.profile)), ("-fauto-profile", .stop(.profile)),
    ("-ftest-coverage", .stop(.profile)), ("--coverage", .stop(.profile)), ("-coverage", .stop(.profile)),
    ("-fmodule", .stop(.precompiled)), ("-fcxx-modules", .stop(.precompiled)),
    ("-fimplicit-module", .stop(.precompiled)), ("-fprebuilt-module", .stop(.precompiled)),
    ("-fpch", .stop(.precompiled)), ("-fbuild", .stop(.precompiled)),
    // Caches know of it, but the object names the file beside it.
    ("-gsplit-dwarf", .stop(.splitDebugInfo)),
    ("-fcondition-coverage", .stop(.profile)), ("-fpath-coverage", .stop(.profile)),
    ("-fplugin", .stop(.passedOn)), ("-fpass-plugin", .stop(.passedOn)),
    ("-fpreprocessed", .stop(.otherJob)), ("-fdirectives-only", .stop(.otherJob)),
    ("-module", .stop(.precompiled)), ("-objc", .stop(.unknownOption)),
  ]

  /// Their paths may be glued on or follow.
  private static let paths: [StaticString] = [
    "-isystem", "-iquote", "-idirafter", "-include", "-imacros", "-I", "-B", "-L", "-F", "-o", "-MF",
  ]

  /// `-MT` and `-MQ` name the targets of a depfile, which make knows by exactly this name; no cache minds them.
  private static let values: [StaticString] = [
    "-MT", "-MQ", "-D", "-U", "-A", "-l", "-T", "-u", "-z", "-e", "-Xlinker", "-Xassembler", "-isysroot",
    "--sysroot",
    "-iprefix",
    "-iwithprefix", "-iwithprefixbefore", "-imultilib", "--param", "-target", "-mllvm",
  ]

  private static let harmless: [StaticString] = [
    "-O", "-W", "-f", "-m", "-g", "-D", "-U", "-A", "-l", "-std=", "-pedantic", "-pthread", "-nostdinc",
    "-nostdlib",
    "-nodefaultlibs", "-nolibc", "-static", "-shared", "-stdlib=", "--param=", "--sysroot=", "--target=",
    "--gcc-toolchain=", "-specs=", "-MT", "-MQ",
  ]
}
