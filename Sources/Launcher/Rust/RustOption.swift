/// What an option of rustc is to us.
enum RustMeaning: Equatable {
  /// Nothing that we care about.
  case plain
  case crateName, crateType, emit, external, search, codegen
  /// A path that rustc reads or writes.
  case output, outputDirectory, sysroot, target
  /// `--remap-path-prefix`: the user's own.
  case map
  /// Caches do not keep what this compile writes, or may not know what it reads.
  case uncached(RustReason)
  /// No compile, or nothing that we understand.
  case stop(RustReason)
}

/// The options of rustc 1.95, from its `--help -v`. What is not listed stops us.
enum RustOption {
  /// An option and its value, which may be glued on, behind `=`, or the next argument.
  struct Found {
    var meaning: RustMeaning
    /// Where the value begins in its argument; -1 if it is the next one, nil where there is none.
    var value: Int?
  }

  static func find(_ argument: Bytes) -> Found {
    guard argument.count > 1 else { return Found(meaning: .stop(.standardInput)) }
    guard argument.hasPrefix("--") else { return short(argument) }
    for (name, meaning) in flags where argument.isText(name) { return Found(meaning: meaning) }
    for (name, meaning) in values where argument.hasPrefix(name) {
      let length = name.utf8CodeUnitCount
      if argument.count == length { return Found(meaning: meaning, value: -1) }
      if argument[length] == Ascii.equals { return Found(meaning: meaning, value: length + 1) }
    }
    return Found(meaning: .stop(.unknownOption))
  }

  /// One letter; those with a value take the rest of the argument or the next one.
  private static func short(_ argument: Bytes) -> Found {
    let meaning: RustMeaning
    switch argument[1] {
    case UInt8(ascii: "C"): meaning = .codegen
    case UInt8(ascii: "L"): meaning = .search
    case UInt8(ascii: "o"): meaning = .output
    case UInt8(ascii: "l"), UInt8(ascii: "A"), UInt8(ascii: "W"), UInt8(ascii: "D"), UInt8(ascii: "F"):
      meaning = .plain
    case UInt8(ascii: "Z"): meaning = .uncached(.unstable)
    case UInt8(ascii: "v") where argument.contains(UInt8(ascii: "V")): return Found(meaning: .stop(.otherJob))
    case UInt8(ascii: "g"), UInt8(ascii: "O"), UInt8(ascii: "v"):
      return Found(meaning: argument.count == 2 ? .plain : .stop(.unknownOption))
    case UInt8(ascii: "V"), UInt8(ascii: "h"): return Found(meaning: .stop(.otherJob))
    default: return Found(meaning: .stop(.unknownOption))
    }
    return Found(meaning: meaning, value: argument.count == 2 ? -1 : 2)
  }

  private static let flags: [(StaticString, RustMeaning)] = [
    ("--test", .uncached(.test)), ("--verbose", .plain), ("--version", .stop(.otherJob)),
    ("--help", .stop(.otherJob)),
  ]

  private static let values: [(StaticString, RustMeaning)] = [
    ("--crate-name", .crateName), ("--crate-type", .crateType), ("--emit", .emit), ("--extern", .external),
    ("--out-dir", .outputDirectory), ("--codegen", .codegen), ("--remap-path-prefix", .map),
    ("--sysroot", .sysroot), ("--target", .target), ("--print", .stop(.otherJob)),
    ("--explain", .stop(.otherJob)),
    ("--cfg", .plain), ("--check-cfg", .plain), ("--edition", .plain), ("--cap-lints", .plain),
    ("--error-format", .plain), ("--json", .plain), ("--color", .plain), ("--diagnostic-width", .plain),
    ("--remap-path-scope", .plain), ("--warn", .plain), ("--allow", .plain), ("--deny", .plain),
    ("--forbid", .plain), ("--force-warn", .plain),
  ]

  /// Of `-C NAME[=VALUE]`: why the cache is not to be asked, nil where it knows all that the option does. Names are
  /// written with `-` or `_`.
  static func uncached(codegen value: Bytes) -> RustReason? {
    let name = Bytes(value.prefix { $0 != Ascii.equals }.map { $0 == UInt8(ascii: "_") ? Ascii.hyphen : $0 })
    if name.isText("incremental") { return .incremental }
    // Its files beside the object are in no cache.
    if name.isText("split-debuginfo") { return value.hasSuffix("=off") ? nil : .codegen }
    return known.contains { name.isText($0) } ? nil : .codegen
  }

  /// What is a part of the command line and nothing else; linkers do not run for a library.
  private static let known: [StaticString] = [
    "ar", "code-model", "codegen-units", "control-flow-guard", "debug-assertions", "debuginfo",
    "default-linker-libraries", "dwarf-version", "embed-bitcode", "extra-filename", "force-frame-pointers",
    "force-unwind-tables", "inline-threshold", "jump-tables", "link-arg", "link-args", "link-dead-code",
    "link-self-contained", "linker", "linker-flavor", "linker-plugin-lto", "lto", "metadata",
    "no-prepopulate-passes", "no-redzone", "no-stack-check", "no-vectorize-loops", "no-vectorize-slp",
    "opt-level", "overflow-checks", "panic", "passes", "prefer-dynamic", "relocation-model", "relro-level",
    "rpath", "soft-float", "strip", "symbol-mangling-version", "target-cpu", "target-feature",
  ]
}
