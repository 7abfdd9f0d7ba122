extension Rule {
  /// BP2xx: directories that tell who built, and where. Not random, but another machine has others.
  public static let hosts: [Rule] = [
    Rule(
      code: "BP201", slug: "home-directory", origin: "a home directory",
      cause: "the source, a tool or a cache lies in the home directory of who builds",
      cure: "build in a container at a fixed path, or with CFLAGS=-ffile-prefix-map=$HOME=.", link: buildPath,
      patterns: [
        host("home", [["home"], [.text]], becomes: .prefix),
        host("home", [["Users"], [.text]], becomes: .prefix),
        host("home", [["root"]], becomes: .here, goesOn: true),
      ]),
    Rule(
      code: "BP202", slug: "ci-checkout", origin: "a checkout of a CI service",
      cause: "the CI service checks the repository out into a directory of its own",
      cure: "compile with CFLAGS=-ffile-prefix-map=<checkout>=.", link: buildPath,
      patterns: [
        host("", [["home"], ["runner"], ["work"], [.text], [.name]]),
        host("", [["Users"], ["runner"], ["work"], [.text], [.name]]),
        host("", [["__w"], [.text], [.name]]),
        host("", [["home"], ["vsts"], ["work"], [.text], [.name]]),
        host("", [["builds"], [.text], [.name]]),
        host("", [["home"], ["circleci"], [.name]]),
        host("", [["Users"], ["distiller"], [.name]]),
        host("", [["home"], ["travis"], ["build"], [.text], [.name]]),
      ]),
    Rule(
      code: "BP203", slug: "container-checkout", origin: "a checkout mounted into a build container",
      cause: "cibuildwheel and manylinux scripts mount the source at a fixed place of their container",
      cure: "compile with CFLAGS=-ffile-prefix-map=/project=.", link: "https://cibuildwheel.pypa.io/",
      patterns: [
        host("src", [["project"]], becomes: .prefix, goesOn: true),
        host("src", [["workspace"]], becomes: .prefix, goesOn: true),
        host("src", [["github"], ["workspace"]], becomes: .prefix),
        host("src", [["drone"], ["src"]], becomes: .prefix),
        host("src", [["io"]], becomes: .here, goesOn: true),
      ]),
    Rule(
      code: "BP204", slug: "cargo-registry", origin: "Cargo's registry or checkouts",
      cause: "Cargo unpacks dependencies below CARGO_HOME, and panics name their sources",
      cure: "RUSTFLAGS=--remap-path-prefix=$CARGO_HOME=/cargo, or trim-paths in the release profile",
      link: "https://doc.rust-lang.org/cargo/reference/unstable.html#profile-trim-paths-option",
      patterns: [
        Pattern(
          name: "cargo", components: [["registry"], ["src"], [.text, "-", .hex(16)]], rank: .host),
        Pattern(
          name: "cargo", components: [["git"], ["checkouts"], [.name, "-", .hex(16)], [.hex(7)]], rank: .host),
      ]),
    Rule(
      code: "BP205", slug: "go-modules", origin: "Go's module cache",
      cause: "Go compiles modules in GOMODCACHE and keeps their paths for panics and debuggers",
      cure: "go build -trimpath", link: "https://pkg.go.dev/cmd/go",
      patterns: [Pattern(name: "go", components: [["go"], ["pkg"], ["mod"]], rank: .host, goesOn: true)]),
    Rule(
      code: "BP206", slug: "conda-build", origin: "conda-build",
      cause: "conda-build pads the prefix that it installs to",
      cure: "compile with CFLAGS=-ffile-prefix-map=$PREFIX=.",
      link: "https://docs.conda.io/projects/conda-build/",
      patterns: [
        Pattern(
          name: "conda", components: [["_h_env_placehold", .run(.identifier, 0...255, shape: "*")]],
          needsSlash: true, rank: .host)
      ]),
    Rule(
      code: "BP207", slug: "conan-data", origin: "Conan 1",
      cause: "Conan keeps packages below the home directory, and their headers are named by it",
      cure: "compile with CFLAGS=-ffile-prefix-map=$HOME/.conan=/conan", link: "https://docs.conan.io/1/",
      patterns: [
        Pattern(name: "conan", components: [[".conan"], ["data"]], rank: .host, goesOn: true)
      ]),
  ]

  /// BP3xx: where compilers, libraries and Python itself were. Some of these are opened at run time.
  public static let toolchains: [Rule] = [
    Rule(
      code: "BP301", slug: "manylinux-python", origin: "a Python of the manylinux images",
      cause: "headers and libraries of Python are named by where the manylinux image has them",
      cure: "compile with CFLAGS=-ffile-prefix-map=/opt/_internal=/python", link: buildPath,
      patterns: [
        host("", [["opt"], ["_internal"], [.name]]), host("", [["opt"], ["python"], [.name]]),
      ]),
    Rule(
      code: "BP302", slug: "gcc-toolset", origin: "a software collection of Red Hat",
      cause: "the compiler's own headers are named by where the toolset is installed",
      cure: "compile with CFLAGS=-ffile-prefix-map=/opt/rh=/gcc", link: buildPath,
      patterns: [host("", [["opt"], ["rh"], [.name]])]),
    Rule(
      code: "BP303", slug: "homebrew", origin: "Homebrew",
      cause: "a library or a compiler of Homebrew left its own path",
      cure: "build with libraries from source, or run delocate", link: "https://docs.brew.sh/",
      patterns: [
        host("brew", [["opt"], ["homebrew"]]), host("brew", [["usr"], ["local"], ["Cellar"]]),
        host("brew", [["home"], ["linuxbrew"], [".linuxbrew"]]),
      ]),
    Rule(
      code: "BP304", slug: "xcode", origin: "Xcode or its command line tools",
      cause: "headers of the SDK are named by where Xcode is installed",
      cure: "compile with CFLAGS=-ffile-prefix-map=$(xcode-select -p)=/xcode", link: buildPath,
      patterns: [
        host("xcode", [["Applications"], ["Xcode", .text]]),
        host("xcode", [["Library"], ["Developer"], ["CommandLineTools"]]),
      ]),
    Rule(
      code: "BP305", slug: "python-framework", origin: "a Python of python.org on macOS",
      cause: "headers and libraries of Python are named by where its framework is installed",
      cure: "compile with CFLAGS=-ffile-prefix-map=/Library/Frameworks=/python", link: buildPath,
      patterns: [host("python", [["Library"], ["Frameworks"], ["Python.framework"]])]),
    Rule(
      code: "BP306", slug: "rust-toolchain", origin: "a toolchain of rustup",
      cause: "the standard library's sources are named by where rustup has them",
      cure: "RUSTFLAGS=--remap-path-prefix=$RUSTUP_HOME=/rust", link: buildPath,
      patterns: [
        Pattern(name: "rust", components: [[".rustup"], ["toolchains"], [.text]], rank: .host),
        Pattern(name: "rust", components: [["rustup"], ["toolchains"], [.text]], rank: .host),
      ]),
    Rule(
      code: "BP307", slug: "tool-cache", origin: "the tool cache of a CI service",
      cause: "Python or a compiler comes from the tool cache of the runner",
      cure: "compile with CFLAGS=-ffile-prefix-map=$RUNNER_TOOL_CACHE=/tools", link: buildPath,
      patterns: [
        host("tools", [["opt"], ["hostedtoolcache"], [.name], [.text]]),
        host("tools", [["Users"], ["runner"], ["hostedtoolcache"], [.name], [.text]]),
      ]),
    Rule(
      code: "BP308", slug: "nix-store", origin: "Nix's store",
      cause: "libraries and compilers of Nix are named by the hash of all that they were built from",
      cure: "remove references with nix's remove-references-to", link: "https://nix.dev/",
      patterns: [
        host("nix", [["nix"], ["store"], [.random(32, of: .lowerAlphanumeric), "-", .name]])
      ]),
  ]
}

/// - Parameter name: empty where one is always captured.
private func host(
  _ name: String, _ components: [Component], becomes target: Pattern.Target = .named, goesOn: Bool = false
) -> Pattern {
  Pattern(
    name: name, components: components, needsSlash: true, rank: .host, target: target, isAnchored: true,
    goesOn: goesOn)
}
