extension Rule {
  /// BP4xx: roots that the dynamic linker follows. Whoever finds one there gives it the rule.
  public static let places = [runPath, hostRunPath]

  /// A random root in a string of the dynamic section or a load command.
  public static let runPath = Rule(
    code: "BP401", slug: "run-path", origin: "the dynamic linker looks there",
    cause: "the linker was told to look for libraries in the build directory, which anyone may create again",
    cure: "link without -rpath into the build directory, or remove the entry with wheelscrub fix --fix-rpath",
    link: "https://cwe.mitre.org/data/definitions/426.html", severity: .error)

  /// A directory of the machine that built, in the same places.
  public static let hostRunPath = Rule(
    code: "BP402", slug: "host-run-path", origin: "the dynamic linker looks there",
    cause: "the linker was told to look for libraries in a directory of the machine that built",
    cure: "link without -rpath, or with one below $ORIGIN; wheelscrub fix --fix-rpath removes the entry",
    link: "https://cwe.mitre.org/data/definitions/426.html", severity: .error)

  /// BP5xx: text that a build writes, not a person, in which random roots and paths of the host are leaks. All other
  /// text is prose: it quotes such paths, and is never looked at.
  public static let texts = [sbom, buildConfiguration, sysconfig, packageConfiguration]

  public static let sbom = Rule(
    code: "BP501", slug: "sbom", origin: "a software bill of materials",
    cause: "cargo-cyclonedx and maturin name local packages by path+file:// and the build directory",
    cure: "build in a fixed directory, or run wheelscrub fix after the wheel is made",
    link: "https://peps.python.org/pep-0770/")

  public static let buildConfiguration = Rule(
    code: "BP502", slug: "build-configuration", origin: "a generated __config__.py",
    cause: "NumPy's and SciPy's builds record the compiler's and Python's paths for show_config()",
    cure: "run wheelscrub fix after the wheel is made", link: buildPath)

  public static let sysconfig = Rule(
    code: "BP503", slug: "sysconfig", origin: "the variables of Python's own build",
    cause: "the configuration of a Python that was built in a random directory is part of the package",
    cure: "build that Python in a fixed directory", link: buildPath)

  public static let packageConfiguration = Rule(
    code: "BP504", slug: "package-configuration", origin: "a .pc, .cmake or .la file",
    cause: "the install prefix that pkg-config, CMake or libtool was told is the build directory",
    cure: "configure with a prefix that does not depend on the build directory", link: buildPath)
}
