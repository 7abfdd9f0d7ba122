extension Rule {
  /// BP2xx: directories that tell who built, and where. Not random, but another machine has others.
  public static let hosts: [Rule] = [
    Rule(
      code: "BP201", slug: "home-directory", origin: "a home directory",
      cause: "the source, a tool or a cache is below the home directory of the user who ran the build",
      cure: "build in a container at a fixed path, or with CFLAGS=-ffile-prefix-map=$HOME=.", link: buildPath,
      patterns: [
        host("home", [["home"], [.text]], becomes: .prefix),
        host("home", [["Users"], [.text]], becomes: .prefix),
        host("home", [["root"]], becomes: .here, goesOn: true),
      ]),
    Rule(
      code: "BP202", slug: "ci-checkout", origin: "a CI service's checkout",
      cause: "the CI service checks out the repository into its own workspace directory",
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
      cause: "cibuildwheel and manylinux scripts mount the source at a fixed path in the container",
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
      cause: "Cargo unpacks dependencies below CARGO_HOME, and panic messages contain their source paths",
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
      cause: "Go compiles modules in GOMODCACHE and records their paths for panics and debuggers",
      cure: "go build -trimpath", link: "https://pkg.go.dev/cmd/go",
      patterns: [Pattern(name: "go", components: [["go"], ["pkg"], ["mod"]], rank: .host, goesOn: true)]),
    Rule(
      code: "BP206", slug: "conda-build", origin: "conda-build",
      cause: "conda-build installs into a prefix padded with placeholder text",
      cure: "compile with CFLAGS=-ffile-prefix-map=$PREFIX=.",
      link: "https://docs.conda.io/projects/conda-build/",
      patterns: [
        Pattern(
          name: "conda", components: [["_h_env_placehold", .run(.identifier, 0...255, shape: "*")]],
          needsSlash: true, rank: .host)
      ]),
    Rule(
      code: "BP207", slug: "conan-data", origin: "Conan 1",
      cause: "Conan keeps packages below the home directory, so paths of their headers contain it",
      cure: "compile with CFLAGS=-ffile-prefix-map=$HOME/.conan=/conan", link: "https://docs.conan.io/1/",
      patterns: [
        Pattern(name: "conan", components: [[".conan"], ["data"]], rank: .host, goesOn: true)
      ]),
  ]

  /// BP3xx: where compilers, libraries and Python itself were. Some of these are opened at run time.
  public static let toolchains: [Rule] = [
    Rule(
      code: "BP301", slug: "manylinux-python", origin: "a Python from the manylinux images",
      cause: "paths of Python's headers and libraries contain the directory they have in the manylinux image",
      cure: "compile with CFLAGS=-ffile-prefix-map=/opt/_internal=/python", link: buildPath,
      patterns: [
        host("", [["opt"], ["_internal"], [.name]]), host("", [["opt"], ["python"], [.name]]),
      ]),
    Rule(
      code: "BP302", slug: "gcc-toolset", origin: "a Red Hat software collection",
      cause: "paths of the compiler's own headers contain the directory that the toolset is installed in",
      cure: "compile with CFLAGS=-ffile-prefix-map=/opt/rh=/gcc", link: buildPath,
      patterns: [host("", [["opt"], ["rh"], [.name]])]),
    Rule(
      code: "BP303", slug: "homebrew", origin: "Homebrew",
      cause: "a library or compiler from Homebrew recorded its own path",
      cure: "build with libraries from source, or run delocate", link: "https://docs.brew.sh/",
      patterns: [
        host("brew", [["opt"], ["homebrew"]]), host("brew", [["usr"], ["local"], ["Cellar"]]),
        host("brew", [["home"], ["linuxbrew"], [".linuxbrew"]]),
      ]),
    Rule(
      code: "BP304", slug: "xcode", origin: "Xcode or its command line tools",
      cause: "paths of SDK headers contain the directory that Xcode is installed in",
      cure: "compile with CFLAGS=-ffile-prefix-map=$(xcode-select -p)=/xcode", link: buildPath,
      patterns: [
        host("xcode", [["Applications"], ["Xcode", .text]]),
        host("xcode", [["Library"], ["Developer"], ["CommandLineTools"]]),
      ]),
    Rule(
      code: "BP305", slug: "python-framework", origin: "the python.org Python on macOS",
      cause: "paths of Python's headers and libraries contain the framework's directory",
      cure: "compile with CFLAGS=-ffile-prefix-map=/Library/Frameworks=/python", link: buildPath,
      patterns: [host("python", [["Library"], ["Frameworks"], ["Python.framework"]])]),
    Rule(
      code: "BP306", slug: "rust-toolchain", origin: "a rustup toolchain",
      cause: "source paths of the standard library contain rustup's directory",
      cure: "RUSTFLAGS=--remap-path-prefix=$RUSTUP_HOME=/rust", link: buildPath,
      patterns: [
        Pattern(name: "rust", components: [[".rustup"], ["toolchains"], [.text]], rank: .host),
        Pattern(name: "rust", components: [["rustup"], ["toolchains"], [.text]], rank: .host),
      ]),
    Rule(
      code: "BP307", slug: "tool-cache", origin: "a CI runner's tool cache",
      cause: "Python or a compiler comes from the runner's tool cache",
      cure: "compile with CFLAGS=-ffile-prefix-map=$RUNNER_TOOL_CACHE=/tools", link: buildPath,
      patterns: [
        host("tools", [["opt"], ["hostedtoolcache"], [.name], [.text]]),
        host("tools", [["Users"], ["runner"], ["hostedtoolcache"], [.name], [.text]]),
      ]),
    Rule(
      code: "BP308", slug: "nix-store", origin: "Nix's store",
      cause: "the path of a library or compiler from Nix contains a hash of all its inputs",
      cure: "remove the reference with remove-references-to", link: "https://nix.dev/",
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
