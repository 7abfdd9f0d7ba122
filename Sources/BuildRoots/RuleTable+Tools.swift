extension Rule {
  /// BP115 to BP133: directories and files of tools that are not Python's own.
  static let tools: [Rule] = [
    Rule(
      code: "BP115", slug: "mktemp", origin: "mktemp(1)",
      cause: "a script builds in a directory created with mktemp -d",
      cure: "build at a fixed path, or with CFLAGS=-ffile-prefix-map=$PWD=.", link: buildPath,
      // coreutils draws ten characters, busybox six, macOS before 11 eight.
      patterns: [
        Pattern(
          name: "tmp", components: [["tmp.", .random(10, of: .alphanumeric)]], caution: .anyWord,
          needsSlash: true)
      ] + [m6, .random(8, of: .alphanumeric)].flatMap { inTemporaryDirectory("tmp", ["tmp.", $0]) }),
    Rule(
      code: "BP116", slug: "rust-temp", origin: "Rust's tempfile (rustc, cargo, maturin, uv)",
      cause: "the tool works in a directory created with Rust's tempfile crate",
      cure: "compile with RUSTC_WRAPPER=wheelscrub-rustc, or build at a fixed path",
      link: buildPath,
      patterns: [
        // The prefix has to fit before the name.
        Pattern(name: "rs", components: [[".tmp", m6]], caution: .knownWords, needsSlash: true),
        Pattern(name: "cargo", components: [["cargo-install", m6]], caution: .anyWord),
      ] + inTemporaryDirectory("rustc", ["rustc", m6])),
    Rule(
      code: "BP117", slug: "compiler-object", origin: "a compiler that also links",
      cause:
        "when one command compiles and links, the object is a temporary file with a random name",
      cure:
        "compile with -c to a named object file and link in a second step; on macOS also fix --drop-debug-map",
      link: buildPath,
      patterns: inTemporaryDirectory("cc", ["cc", m6, ".", .text])
        + ["o", "s", "bc"].flatMap {
          inTemporaryDirectory("clang", [.name, "-", .hex(6), .text("." + $0)])
        }
        + inTemporaryDirectory("nvcc", (["tmpxft_", .hex(8), "_", .hex(8)] as Component).endingInGlue())),
    Rule(
      code: "BP118", slug: "go-build", origin: "go build",
      cause: "Go compiles packages in a numbered directory below TMPDIR",
      cure: "go build -trimpath", link: "https://pkg.go.dev/cmd/go",
      patterns: ["go-build", "go-link-", "go-cover-"].map {
        Pattern(name: "go", components: [[.text($0), .run(.digits, 5...20, shape: "<n>")]])
      }),
    Rule(
      code: "BP119", slug: "guix", origin: "Guix",
      cause: "Guix builds in a numbered directory below TMPDIR",
      cure: "build in the daemon's sandbox, whose directory never changes",
      link: "https://guix.gnu.org/manual/en/html_node/Build-Environment-Setup.html",
      patterns: [
        Pattern(name: "guix", components: [["guix-build-", .name, ".drv-", .digits]]),
        Pattern(name: "guix", components: [["guix-build-", .name, "-", .digits]]),
      ]),
    Rule(
      code: "BP120", slug: "sbuild", origin: "sbuild before reproducible-path",
      cause: "sbuild unpacks the source into a directory below /build with a random name",
      cure: "build with sbuild --build-path=/build/reproducible-path, or a newer sbuild",
      link: "https://wiki.debian.org/ReproducibleBuilds/BuildPath",
      patterns: [
        Pattern(
          name: "sbuild", components: [["build"], [.name, "-", m6]], caution: .chance, isAnchored: true,
          goesOn: true, isBelowPrefix: true)
      ]),
    Rule(
      code: "BP121", slug: "spack", origin: "Spack",
      cause: "Spack builds in a stage directory whose name is a hash of the whole specification",
      cure: "compile with CFLAGS=-ffile-prefix-map=$SPACK_STAGE=.", link: "https://spack.readthedocs.io/",
      patterns: [
        Pattern(
          name: "spack", components: [["spack-stage-", .name, "-", .random(32, of: .lowerAlphanumeric)]]),
        Pattern(name: "spack", components: [["spack-stage-", .random(32, of: .lowerAlphanumeric)]]),
      ]),
    Rule(
      code: "BP122", slug: "conda-work", origin: "conda-build and rattler-build",
      cause: "the work directory is named after the package and the time",
      cure: "compile with CFLAGS=-ffile-prefix-map=$SRC_DIR=., or conda build --no-build-id",
      link: "https://docs.conda.io/projects/conda-build/",
      patterns: [
        Pattern(name: "conda", components: [["rattler-build_", .name, "_", seconds]])
      ]
        + ["conda-bld", "croot", "build_artifacts"].map {
          Pattern(name: "conda", components: [[.text($0)], [.name, "_", seconds]])
        }),
    Rule(
      code: "BP123", slug: "homebrew-build", origin: "the build of a Homebrew formula",
      cause: "Homebrew builds in a directory named after date and process id, with a random suffix",
      cure: "link libraries from another source, or strip their debug info (-Wl,-S)", link: buildPath,
      // Ruby's Dir.mktmpdir; the formula's name and a hyphen is what Homebrew asks it for.
      patterns: inTemporaryDirectory(
        "homebrew", [.name, "-", .random(8, of: .digits), "-", .digits, "-", rubySuffix])),
    Rule(
      code: "BP124", slug: "python-build", origin: "pyenv's python-build",
      cause: "pyenv built Python in a directory named after date and process id",
      cure: "set PYTHON_BUILD_BUILD_PATH to a fixed directory", link: "https://github.com/pyenv/pyenv",
      patterns: ["python", "ruby"].map {
        Pattern(name: $0, components: [[.text("\($0)-build."), .digits, ".", .digits]])
      }),
    Rule(
      code: "BP125", slug: "easy-install", origin: "easy_install (setuptools)",
      cause: "easy_install unpacks the source into a new directory below TMPDIR and builds it there",
      cure: "declare build requirements in pyproject.toml, and build with pip", link: buildPath,
      patterns: [
        Pattern(name: "easy_install", components: [["easy_install-", .r8]], caution: .knownWords),
        Pattern(name: "easy", components: [["easy_install-", .m6]], caution: .anyWord),
      ]),
    Rule(
      code: "BP126", slug: "runner-temp", origin: "RUNNER_TEMP of GitHub Actions",
      cause: "an action works in a directory below RUNNER_TEMP with a random name",
      cure: "build below GITHUB_WORKSPACE, or map the prefix with CFLAGS=-ffile-prefix-map", link: buildPath,
      patterns: [
        Pattern(
          name: "runner",
          components: [["_temp"], [.hex(8), "-", .hex(4), "-", .hex(4), "-", .hex(4), "-", .hex(12)]])
      ]),
    Rule(
      code: "BP127", slug: "temporary", origin: "a program that makes temporary directories",
      cause: "the source, or a header it includes, is in a directory below TMPDIR with a random name",
      cure: mapPrefix, link: buildPath,
      // What C's mkdtemp and Python's tempfile append to a name of the program's own.
      patterns: ["-", ".", "_"].flatMap { (separator: String) -> [Pattern] in
        [Atom.r8, m6, .random(10, of: .alphanumeric)].flatMap {
          inTemporaryDirectory(
            "tmp", [.name, .text(separator), $0], caution: .chance, rank: .generic, goesOn: true)
        }
      }),
    Rule(
      code: "BP128", slug: "xcode-derived-data", origin: "Xcode's DerivedData",
      cause: "Xcode names a project's build directory after a hash of the project's path",
      cure: "xcodebuild -derivedDataPath <fixed directory>", link: buildPath,
      patterns: [
        Pattern(
          name: "xcode", components: [["DerivedData"], [.name, "-", .random(28, of: .lowerAlphanumeric)]])
      ]),
    Rule(
      code: "BP129", slug: "sandbox", origin: "the sandbox of a build tool (Pants, CMake's try_compile)",
      cause: "the tool runs each step in a new directory with a random name",
      cure: mapPrefix, link: buildPath,
      patterns: [
        Pattern(name: "pants", components: [["pants-sandbox-", m6]], caution: .anyWord),
        Pattern(name: "cmake", components: [["TryCompile-", m6]], caution: .anyWord),
      ]),
    Rule(
      code: "BP130", slug: "conan", origin: "Conan 2",
      cause: "Conan builds in a directory of its cache whose name ends in a random suffix",
      cure: mapPrefix, link: "https://docs.conan.io/2/",
      // The name in two pieces: a digit in front of a slash is nothing to search for.
      patterns: [
        Pattern(
          name: "conan", components: [[".conan", "2"], ["p"], ["b"], [.text, .hex(13)]], needsSlash: true)
      ]),
    Rule(
      code: "BP131", slug: "r-temp", origin: "R (R CMD INSTALL)",
      cause: "R builds packages in the temporary directory of its session, which has a random name",
      cure:
        "run R CMD INSTALL --no-staged-install on a fixed directory, or set -ffile-prefix-map in PKG_CFLAGS",
      link: buildPath,
      patterns: inTemporaryDirectory("r", ["Rtmp", m6])
        + ["R.INSTALL", "Rinst"].map {
          Pattern(
            name: "r", components: [[.text($0), .run(.hexDigits, 6...16, shape: "<hex>")]], onlyInside: true)
        }),
    Rule(
      code: "BP132", slug: "cpanm", origin: "cpanm",
      cause: "cpanm unpacks and builds in a directory named after time and process id",
      cure: mapPrefix, link: buildPath,
      patterns: [
        Pattern(name: "cpanm", components: [[".cpanm"], ["work"], [.random(10, of: .digits), ".", .digits]])
      ]),
    Rule(
      code: "BP133", slug: "ruby-temp", origin: "Ruby's Dir.mktmpdir (gem, vagrant, fpm)",
      cause: "the tool works in a directory named after date and process id, with a random suffix",
      cure: mapPrefix, link: buildPath,
      patterns: inTemporaryDirectory("rb", ["d", .random(8, of: .digits), "-", .digits, "-", rubySuffix])),
  ]
}

/// What mkdtemp(3) and Rust's tempfile append.
private let m6 = Atom.random(6, of: .alphanumeric)
/// Ten digits of seconds, or thirteen of milliseconds.
private let seconds = Atom.run(.digits, 10...13, shape: "<time>")

/// A component right below a directory for temporary files, or below a root that becomes one.
private func inTemporaryDirectory(
  _ name: String, _ component: Component, caution: Pattern.Caution = .none, rank: Pattern.Rank = .specific,
  goesOn: Bool = false
) -> [Pattern] {
  func pattern(_ components: [Component], isInside: Bool = false) -> Pattern {
    Pattern(
      name: name, components: components, caution: caution, rank: rank, goesOn: goesOn,
      onlyInTemporary: isInside)
  }
  return ["tmp", "temp", "Temp"].map { pattern([[.text($0)], component]) }
    + [pattern([component], isInside: true)]
}
