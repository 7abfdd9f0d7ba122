import Testing

@testable import Formats
@testable import ScrubKit

/// Every kind of loose file that the unit tests make, small enough for hundreds of changes.
enum LawFixture {
  static let names = [
    "gcc", "gcc, DWARF 4 with macros", "clang", "gcc, compressed", "gcc, relocatable", "mini debug info",
    "object", "stripped", "program", "archive", "split object", "split unit", "arm64 bundle", "x86_64 bundle",
    "macOS archive", "universal", "dSYM", "bytecode",
  ]

  /// Files whose keys are raw: halves of what belongs together, and one with a copy of a build-id inside.
  static let raw: Set = ["split object", "split unit", "dSYM", "mini debug info"]

  /// `__FILE__` in loaded bytes, and zeroed data, as every program has.
  private static let sources: [String: String] = {
    var sources = Sources.quiet
    sources["whole.c"]! +=
      "\nconst char *where(void) { return __FILE__; }\nstatic int n; int next(void) { return ++n; }\n"
    return sources
  }()

  private static func linked(_ compiler: String, _ flags: [String]) throws -> [UInt8] {
    try Compiler.sharedLibrary(compiler, flags + ["-nostdlib"], sources: sources)
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    switch name {
    case "gcc": try linked("gcc", [])
    case "gcc, DWARF 4 with macros": try linked("gcc", ["-gdwarf-4", "-g3"])
    case "clang": try linked("clang", ["-gdwarf-5"])
    case "gcc, compressed": try linked("gcc", ["-gz=zlib"])
    case "gcc, relocatable": try linked("gcc", ["-r", "-gdwarf-4"])
    case "mini debug info": try MiniDebugInfo.library(leak: false)
    case "object": try Compiler.sharedLibrary("gcc", ["-c"], sources: Sources.single)
    case "stripped": try linked("gcc", ["-s"])
    case "program":
      try linked("gcc", ["-pie", "-Wl,-e,whole", "-Wl,--dynamic-linker=/lib64/ld-linux-x86-64.so.2"])
    case "archive", "split object", "split unit": try split(name)
    case "bytecode":
      TestBytecode.module(
        try #require(BytecodeVersion.of(magic: 3495)),
        filename: "/tmp/pip-install-ab12cd34/lib/python/pkg/mod.py")
    default: try apple(name)
    }
  }

  private static func split(_ name: String) throws -> [UInt8] {
    let scratch = Scratch()
    let script = """
      for unit in part whole; do
        gcc -g -O1 -fPIC \(name == "archive" ? "" : "-gsplit-dwarf") -c "$PWD/$unit.c" -o $unit.o
      done
      ar rcD libx.a part.o whole.o
      cp part.* libx.a "$OUT"
      """
    try Builds.run(script, in: scratch, to: "in", sources: sources)
    return scratch.read(
      "in/" + ["archive": "libx.a", "split object": "part.o", "split unit": "part.dwo"][name]!)
  }

  private static func apple(_ name: String) throws -> [UInt8] {
    func build(_ architecture: String, _ flags: [String]) throws -> AppleCompiler.Output {
      try AppleCompiler.build(
        AppleCompiler.Settings(
          architecture: architecture, linkerFlags: flags, isLoaded: true, dSYM: name == "dSYM"))
    }
    let signed = try build("arm64", ["-adhoc_codesign"])
    switch name {
    case "arm64 bundle": return signed.image
    case "macOS archive": return signed.archive
    case "dSYM": return signed.dSYM
    default: break
    }
    let plain = try build("x86_64", ["-fixup_chains"]).image
    return name == "universal" ? try AppleCompiler.universal([signed.image, plain]) : plain
  }
}
