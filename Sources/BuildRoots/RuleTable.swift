extension Rule {
  /// Every rule, sorted by code. All else is derived from this table: what is searched for, what matches, how long a
  /// stable prefix may be.
  public static let all =
    random + [residue] + hosts + toolchains + places + texts + staleSeals + bytecode + treeFiles + records
    + zips

  /// BP1xx: directories with a random name.
  public static let random: [Rule] = frontEnds + tools

  /// BP101 to BP114: front ends, back ends and the systems that they run in.
  private static let frontEnds: [Rule] = [
    Rule(
      code: "BP101", slug: "pip-wheel", origin: "pip wheel",
      cause: "pip unpacks the source into a new directory below TMPDIR and builds it there",
      cure: mapPrefix, link: buildPath,
      patterns: pip("wheel", then: namedByHash) + pip("build", then: namedByHash)),
    Rule(
      code: "BP102", slug: "pip-install", origin: "pip install",
      cause: "pip unpacks the source into a new directory below TMPDIR and builds it there",
      cure: "build a wheel with pip wheel, fix it, then install that wheel", link: buildPath,
      patterns: pip("install", then: namedByHash)),
    Rule(
      code: "BP103", slug: "pip-req-build", origin: "pip wheel of an archive or a repository",
      cause: "pip unpacks a local archive, or copies a checkout, into a new directory below TMPDIR",
      cure: mapPrefix, link: buildPath,
      patterns: pip("req-build")),
    Rule(
      code: "BP104", slug: "pip-build-env", origin: "pip's build isolation",
      cause: "pip installs the build requirements, headers included, into a new directory below TMPDIR",
      cure:
        "map the prefix with CFLAGS=-ffile-prefix-map, or install the requirements and use --no-build-isolation",
      link: "https://pip.pypa.io/en/stable/reference/build-system/",
      patterns: pip("build-env")),
    Rule(
      code: "BP105", slug: "pip-other", origin: "pip",
      cause: "pip creates a new working directory below TMPDIR",
      cure: mapPrefix, link: buildPath,
      patterns: [
        "modern-metadata", "metadata", "ephem-wheel-cache", "unpack", "standalone-pip", "unpacked-wheel",
        "target",
        "download", "build-tracker", "req-tracker", "record", "uninstall", "pip-egg-info",
      ].flatMap { pip($0) }
        + [Atom.r8, .m6].map {
          // pip before version 10.
          Pattern(name: "pip", components: [["pip-", $0, "-build"]], caution: .anyWord)
        }),
    Rule(
      code: "BP106", slug: "build", origin: "python -m build",
      cause:
        "build puts the requirements, and the sdist that it builds from, into new directories below TMPDIR",
      cure: "install the requirements and use python -m build --no-isolation --wheel",
      link: "https://build.pypa.io/",
      patterns: [
        Pattern(
          name: "build-env", components: [["build-env-", .r8]], caution: .knownWords, needsSlash: true),
        Pattern(
          name: "build-via-sdist", components: [["build-via-sdist-", .r8]], caution: .knownWords,
          needsSlash: true),
      ]),
    Rule(
      code: "BP107", slug: "cibuildwheel", origin: "cibuildwheel",
      cause: "cibuildwheel creates a new directory below TMPDIR for each run",
      cure: "run wheelscrub fix from repair-wheel-command",
      link: "https://cibuildwheel.pypa.io/en/stable/options/",
      patterns: ["run", "sdist"].map {
        Pattern(name: "cibw-\($0)", components: [[.text("cibw-\($0)-"), .r8]], caution: .knownWords)
      }),
    Rule(
      code: "BP108", slug: "uv", origin: "uv",
      cause: "uv creates a new build directory in its cache",
      cure: mapPrefix, link: "https://docs.astral.sh/uv/concepts/cache/",
      patterns: uv),
    Rule(
      code: "BP109", slug: "meson-python", origin: "meson-python",
      cause: "meson-python creates a new build directory next to the source",
      cure: "set the build directory: --config-setting=build-dir=build",
      link: "https://mesonbuild.com/meson-python/",
      patterns: [Pattern(name: "mesonpy", components: [[".mesonpy-", .r8]], caution: .knownWords)]),
    Rule(
      code: "BP110", slug: "tempfile", origin: "Python's tempfile (setuptools, Cython, pdm, poetry)",
      cause: "the build backend works in a directory created with Python's tempfile module",
      cure: mapPrefix, link: buildPath,
      patterns: [
        Pattern(name: "pdm-build", components: [["pdm-build-", .r8]], caution: .knownWords),
        Pattern(name: "pdm-build-env", components: [["pdm-build-env-", .r8, "-", .text]]),
        Pattern(name: "pep517", components: [[".tmp-", .name, "-pep517-", .r8]], caution: .knownWords),
        Pattern(
          name: "tmp", components: [["tmp", .r8]], caution: .anyWord, needsSlash: true, rank: .generic),
      ]),
    Rule(
      code: "BP111", slug: "macos-temp", origin: "macOS's temporary directory",
      cause: "macOS gives each user a temporary directory with a random name",
      cure: "set TMPDIR to a fixed directory for the build", link: buildPath,
      patterns: [
        Pattern(
          name: "tmp",
          components: [
            ["var"], ["folders"], [.random(2, of: .tempfile)], [.random(30, of: .tempfile)], ["T"],
          ], rank: .generic)
      ]),
    Rule(
      code: "BP112", slug: "compiler-temp", origin: "the build of the compiler itself (Homebrew gcc)",
      cause: "the compiler's own runtime library was built in a directory named after date and process id",
      cure: "use a compiler from another source, or strip its debug info when linking (-Wl,-S)",
      link: buildPath,
      patterns: [
        Pattern(name: "gcc", components: [["tmp"], gcc]),
        // Also below a root that is not called tmp: /build/tmp is what such a root becomes.
        Pattern(name: "gcc", components: [gcc], onlyInside: true),
      ]),
    Rule(
      code: "BP113", slug: "bazel", origin: "Bazel's sandbox",
      cause: "Bazel runs each action in a numbered sandbox directory",
      cure: "--features=external_include_paths --copt=-ffile-prefix-map=${PWD}=.", link: buildPath,
      patterns: [
        Pattern(name: "bazel", components: [["sandbox"], [.text], [.digits], ["execroot"]]),
        // The output base, named by MD5 of the workspace's path.
        Pattern(name: "bazel", components: [[".cache"], ["bazel"], ["_bazel_", .text], [.hex(32)]]),
        Pattern(name: "bazel", components: [["var"], ["tmp"], ["_bazel_", .text], [.hex(32)]]),
      ]),
    Rule(
      code: "BP114", slug: "nix", origin: "Nix without its Linux sandbox",
      cause: "without the sandbox, Nix builds in a numbered directory below TMPDIR",
      cure: "build in the sandbox, where the directory is always /build", link: buildPath,
      patterns: [
        Pattern(name: "nix", components: [["nix-build-", .name, ".drv-", .digits]]),
        Pattern(name: "nix", components: [["nix-build-", .name, "-", .digits]]),
        Pattern(name: "nix", components: [["nix-shell-", .digits, "-", .digits]]),
        Pattern(name: "nix", components: [["nix-shell.", .random(6, of: .alphanumeric)]], caution: .anyWord),
      ]),
  ]
}

extension Rule {
  /// The random directories that no prose names by chance: without `tmp` and eight letters, which are a word now and then.
  public static let unmistakable: [Rule] = random.map { rule in
    var rule = rule
    rule.patterns.removeAll { $0.rank == .generic && $0.name == "tmp" && $0.needsSlash }
    return rule
  }

  /// BP199: what is left of a random part that another rule found. Whoever searches for it gives it the rule.
  public static let residue = Rule(
    code: "BP199", slug: "residue", origin: "a fragment of a build directory's random name",
    cause:
      "the name was split, encoded differently, or copied to a place where paths are not recognized or rewritten",
    cure: mapPrefix, link: buildPath)
}

let mapPrefix = "compile through wheelscrub cc, or with CFLAGS=-ffile-prefix-map=<build directory>=."
let buildPath = "https://reproducible-builds.org/docs/build-path/"

/// pip 20.3 and later give each requirement a directory of its own below the temporary one.
private let namedByHash: [Component] = [([.name, "_", .hex(32)] as Component).endingInGlue()]

/// pip's TempDirectory of this kind. The name of the old form is short because its random part is: the
/// prefix has to fit before it.
private func pip(_ kind: String, then optional: [Component] = []) -> [Pattern] {
  let name = "pip-" + kind
  let literal = Atom.text(name + "-")
  return [
    Pattern(name: name, components: [[literal, .r8]], optional: optional, caution: .knownWords),
    Pattern(name: "pip", components: [[literal, .m6]], optional: optional, caution: .anyWord),
  ]
}

private let gcc: Component = ["gcc", .text, "-", .random(8, of: .digits), "-", .digits, "-", rubySuffix]
/// What Ruby's `Dir.mktmpdir` ends with, and so Homebrew's: a number in base 36.
let rubySuffix = Atom.run(.lowerAlphanumeric, 1...13, shape: "<random>")

private let uv: [Pattern] = {
  let sdists: Component = ["sdists-v", .digits]
  let temporary: Component = [".tmp", .random(6, of: .alphanumeric)]
  // 16 characters today, 21 in earlier versions.
  let identifier: Component = [.run(.identifier, 16...21, shape: "XXXXXXXXXXXXXXXX")]
  let digest: Component = [.hex(16)]
  return [
    [sdists, temporary],
    [["builds-v", .digits], temporary],
    [sdists, ["index"], digest, [.name], [.text], identifier],
    [sdists, ["url"], digest, identifier],
    [sdists, ["path"], digest, identifier],
    [sdists, ["editable"], digest, identifier],
    [sdists, [.text], [.name], [.text], identifier],
  ].map { Pattern(name: "uv", components: $0) }
}()
