extension Rule {
  /// BP4xx: roots that the dynamic linker follows. Whoever finds one there gives it the rule.
  public static let places = [runPath, hostRunPath]

  /// A random root in a string of the dynamic section or a load command.
  public static let runPath = Rule(
    code: "BP401", slug: "run-path", origin: "a library search path or name in the build directory",
    cause:
      "the dynamic linker searches a directory with a random name in a place where any user can create it again",
    cure: "link without -rpath into the build directory, or remove the entry with wheelscrub fix --fix-rpath",
    link: "https://cwe.mitre.org/data/definitions/426.html", severity: .error)

  /// A directory of the machine that built, in the same places.
  public static let hostRunPath = Rule(
    code: "BP402", slug: "host-run-path", origin: "a library search path or name on the build machine",
    cause:
      "the dynamic linker searches a directory of the build machine, and loads libraries from it if it exists here too",
    cure:
      "link without -rpath, or with one relative to $ORIGIN; wheelscrub fix --fix-rpath removes the entry",
    link: "https://cwe.mitre.org/data/definitions/426.html", severity: .error)

  /// BP6xx: ids in images without debug info. Whoever finds one gives it the rule.
  public static let staleSeals = [staleBuildID, staleUUID]

  public static let staleBuildID = Rule(
    code: "BP601", slug: "stale-build-id", origin: "a build-id that no linker computes from these bytes",
    cause:
      "the id is a hash that included debug info, with its paths, which has been stripped since; or the image was edited",
    cure:
      "compile through wheelscrub cc, so that stripped paths never enter the hash, or run wheelscrub fix --canonical",
    link: "https://sourceware.org/binutils/docs/ld/Options.html")

  public static let staleUUID = Rule(
    code: "BP602", slug: "stale-uuid", origin: "a UUID in an image without a debug map",
    cause:
      "the UUID is a hash that may have included debug symbols, with their paths, which have been stripped since",
    cure:
      "compile through wheelscrub cc, so that stripped paths never enter the hash, or run wheelscrub fix --canonical",
    link: "https://developer.apple.com/documentation/xcode/building-your-app-to-include-debugging-information"
  )

  /// BP5xx: text that a build writes, not a person, in which random roots and paths of the host are leaks. All other
  /// text is prose: it quotes such paths, and is never looked at.
  public static let texts = [sbom, buildConfiguration, sysconfig, packageConfiguration, generatedSource]

  public static let sbom = Rule(
    code: "BP501", slug: "sbom", origin: "a software bill of materials",
    cause:
      "cargo-cyclonedx and maturin identify local packages by path+file:// URLs with the build directory",
    cure: "build in a fixed directory, or run wheelscrub fix on the wheel",
    link: "https://peps.python.org/pep-0770/")

  public static let generatedSource = Rule(
    code: "BP505", slug: "generated-source", origin: "generated source code",
    cause: "Cython, SWIG, cffi, Meson and bundlers write the paths of their inputs into their output",
    cure: "run the generator with relative paths, or run wheelscrub fix on the wheel",
    link: buildPath)

  public static let buildConfiguration = Rule(
    code: "BP502", slug: "build-configuration",
    origin: "a generated __config__.py, _build_config.py or build_info.json",
    cause: "the build records paths of the compiler, of Python and of its own directories for show_config()",
    cure: "run wheelscrub fix on the wheel", link: buildPath)

  public static let sysconfig = Rule(
    code: "BP503", slug: "sysconfig", origin: "the configuration variables of Python's own build",
    cause: "the package contains the configuration of a Python that was built in a random directory",
    cure: "build that Python in a fixed directory", link: buildPath)

  public static let packageConfiguration = Rule(
    code: "BP504", slug: "package-configuration", origin: "a .pc, .cmake or .la file",
    cause: "pkg-config, CMake or libtool was configured with the build directory as its install prefix",
    cure: "configure with a prefix outside the build directory", link: buildPath)
}
