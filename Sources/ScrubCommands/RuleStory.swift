import BuildRoots

/// What `wheelscrub rules CODE` tells about a rule beyond its row: why it matters, an example, and what to write into the
/// files of common build systems.
struct RuleStory {
  /// Why a finding matters, in a sentence or two.
  let consequence: String
  /// What stands in the file, and what `fix` makes of it; empty where that cannot be told in two lines.
  let example: [String]
  /// A build system, and what to write there.
  let cures: [(system: String, text: String)]

  init(_ rule: Rule) {
    consequence = Self.consequences[rule.code] ?? Self.consequences[rule.family.code] ?? ""
    example =
      Self.examples[rule.code]?.map(Self.filled) ?? rule.shapes.first.flatMap {
        Self.example(shape: $0, rule)
      }
      ?? []
    cures = Self.isAboutPaths(rule) ? Self.mapping : rule.family == .runPaths ? Self.linking : []
  }

  /// Lines for a terminal, the first one without indent.
  static func lines(_ rule: Rule) -> [String] {
    let story = RuleStory(rule)
    var lines = [
      "\(rule.code) \(rule.slug) (\(rule.severity.rawValue), \(RulesDocument.standing(rule)))", "",
      "What happened: \(rule.cause).",
    ]
    if !story.consequence.isEmpty { lines.append(story.consequence) }
    if !story.example.isEmpty { lines += ["", "Example:"] + story.example.map { "  \($0)" } }
    lines += ["", "How to prevent it:", "  \(rule.cure)"]
    let width = (story.cures.map(\.system.count).max() ?? 0) + 2
    for cure in story.cures {
      let pad = String(repeating: " ", count: width - cure.system.count)
      lines.append("  \(cure.system)\(pad)\(cure.text)")
    }
    if !rule.shapes.isEmpty { lines += ["", "What it looks like:"] + rule.shapes.map { "  \($0)" } }
    return lines + [
      "", "To keep such findings: --ignore \(rule.code), or in the configuration ignore = [\"\(rule.code)\"]",
      "",
      "\(rule.link)", "\(rule.documentation)",
    ]
  }

  private static let consequences = [
    "BP1":
      "The name is random, so two builds of the same source differ, caches miss, and the path tells where it was built.",
    "BP2":
      "Another machine has another path, so builds differ between machines, and the path tells who built it.",
    "BP3": "Builds differ between images and machines that have the toolchain elsewhere.",
    "BP4": "Whoever can create that directory decides what code the program loads.",
    "BP402":
      "If the directory exists where the file is used, other libraries are loaded than were meant; if not, each start searches it in vain.",
    "BP5": "The text differs with every build, and RECORD's hash of it too.",
    "BP6": "Two builds of the same source keep different ids, although nothing else differs.",
    "PY1":
      "Python compiles the source again, runs code that is not the source's, or ships bytes that nobody reads.",
    "PY2": "The file is right only in the directory that it was installed in.",
    "RC1": "Installers and auditors compare RECORD with the files, and refuse or report the wheel.",
    "ZP1": "PyPI rejects such a wheel, or extractors disagree about what is in it.",
  ]

  private static let examples = [
    "BP401": [
      "RUNPATH /tmp/pip-wheel-XXXXXXXX/demo/lib:$ORIGIN", "becomes $ORIGIN with fix --fix-rpath",
    ],
    "BP402": ["RUNPATH /home/*/demo/lib:$ORIGIN", "becomes $ORIGIN with fix --fix-rpath"],
    "RC104": [
      "patchelf --set-rpath '$ORIGIN' pkg/_a.so changes the file, and its row in RECORD keeps the old hash",
      "wheelscrub record update writes the row anew",
    ],
  ]

  /// A shape with names that chance could have made. They are put in when the program runs: as they are they would be
  /// what the program finds in itself.
  private static func filled(_ shape: String) -> String {
    let names = [
      ("[", ""), ("]", ""), ("<name>", "demo"), ("<32 hex>", "0123456789abcdef0123456789abcdef"),
      ("<16 hex>", "0123456789abcdef"), ("<13 hex>", "0123456789abc"), ("<12 hex>", "0123456789ab"),
      ("<8 hex>", "0123abcd"), ("<7 hex>", "0123abc"), ("<6 hex>", "01ab2c"), ("<4 hex>", "01ab"),
      ("<n>", "12345"),
      ("<time>", "1700000000"), ("<random>", "k3x9q2"), ("<hex>", "0123abcd"), ("XXXXXXXX", "ab12cd34"),
      ("XXXXXX", "aB3dE6"), ("*", "me"),
    ]
    return names.reduce(shape) { $0.replacing($1.0, with: $1.1) }
  }

  /// A path of this shape, and what becomes of it; nil where the search would not find it.
  static func example(shape: String, _ rule: Rule) -> [String]? {
    var path = filled(shape)
    if path.contains("X") || path.contains("<") { return nil }
    if rule.family == .randomDirectories, !path.hasPrefix("/tmp"), !path.hasPrefix("/var") {
      path = "/tmp\(path)"
    }
    let before = "\(path)/src/a.c"
    guard let map = try? RootMap(rules: [rule]), let after = map.clean(Array(before.utf8).span) else {
      return nil
    }
    return [before, "becomes \(String(decoding: after, as: UTF8.self))"]
  }

  private static func isAboutPaths(_ rule: Rule) -> Bool {
    [.randomDirectories, .hostPaths, .toolchainPaths].contains(rule.family)
  }

  /// Where the compiler learns that a path is to be written as another one.
  private static let mapping = [
    ("setuptools", "Extension(..., extra_compile_args=[f\"-ffile-prefix-map={os.getcwd()}=.\"])"),
    (
      "CMake",
      "add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=. -ffile-prefix-map=${CMAKE_BINARY_DIR}=.)"
    ),
    (
      "meson",
      "add_project_arguments('-ffile-prefix-map=' + meson.project_source_root() + '=.', language: ['c', 'cpp'])"
    ),
    (
      "cargo",
      "RUSTC_WRAPPER=wheelscrub-rustc cargo build --release"
    ),
    ("afterwards", "wheelscrub fix dist/*.whl -w fixed"),
  ]

  private static let linking = [
    ("setuptools", "leave runtime_library_dirs and LDFLAGS=-Wl,-rpath out, or use $ORIGIN"),
    (
      "CMake",
      "set(CMAKE_INSTALL_RPATH \"$ORIGIN\"), and install the target instead of copying it from the build directory"
    ),
    ("meson", "install_rpath: '$ORIGIN', and take the module from meson install"),
    ("cargo", "leave -C link-arg=-Wl,-rpath out of build.rs, or use $ORIGIN"),
    ("afterwards", "wheelscrub fix --fix-rpath dist/*.whl -w fixed"),
  ]
}
