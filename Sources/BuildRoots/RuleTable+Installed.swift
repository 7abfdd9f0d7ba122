extension Rule {
  /// PY1xx: compiled Python that does not fit its source.
  public static let bytecode = [
    staleBytecode, uncheckedBytecode, sourcelessBytecode, orphanBytecode, trailingBytecode,
  ]

  public static let staleBytecode = compiled(
    101, "stale-bytecode",
    "the source, or only its modification time, changed after it was compiled: by cp without -p, git or a build step",
    "recompile, preferably with python -m compileall --invalidation-mode checked-hash, and preserve times when copying"
  )
  public static let uncheckedBytecode = compiled(
    102, "wrong-unchecked-hash",
    "the source changed after it was compiled, and the unchecked hash tells Python not to compare: it runs the old code",
    "recompile, and use checked hashes unless something else guarantees that source and bytecode match",
    .error)
  public static let sourcelessBytecode = compiled(
    103, "sourceless-bytecode",
    "Python imports mod.pyc without mod.py as it is, and no other version of Python can read it",
    "ship the source, or ignore the rule if this is intended")
  public static let orphanBytecode = compiled(
    104, "orphan-bytecode", "the source of a file in __pycache__ is gone, so Python never loads it",
    "remove the .pyc as well")
  public static let trailingBytecode = compiled(
    105, "trailing-bytes", "bytes follow the code object; Python imports the file without reading them",
    "recompile, or run wheelscrub fix, which removes them")

  private static func compiled(
    _ number: Int, _ slug: String, _ cause: String, _ cure: String, _ severity: Severity = .warning
  ) -> Rule {
    Rule(
      code: "PY\(number)", slug: slug, origin: "compiled Python", cause: cause, cure: cure,
      link: "https://docs.python.org/3/reference/import.html#cached-bytecode-invalidation",
      severity: severity)
  }

  /// PY2xx: other files of an installed tree that say where it is, or when it was made.
  public static let treeFiles = [
    scriptInterpreter, directURL, environmentConfiguration, activationScript, uvCache, pathFile,
    bytecodeLocation,
  ]

  public static let scriptInterpreter = treeFile(
    201, "script-interpreter", "the first line of a script",
    "installers write the path of the Python that they run with",
    "https://packaging.python.org/specifications/entry-points/")
  public static let directURL = treeFile(
    202, "direct-url", "direct_url.json",
    "pip records the directory or file that a package was installed from",
    "https://packaging.python.org/specifications/direct-url/",
    cure: "install by name from an index or with --find-links, or run wheelscrub fix --relocate OLD=NEW")
  public static let environmentConfiguration = treeFile(
    203, "pyvenv-cfg", "pyvenv.cfg",
    "a virtual environment records where it was created, and with which Python",
    "https://docs.python.org/3/library/venv.html")
  public static let activationScript = treeFile(
    204, "activate-script", "a script that activates a virtual environment",
    "the scripts set VIRTUAL_ENV to the directory where the environment was created",
    "https://docs.python.org/3/library/venv.html")
  public static let uvCache = treeFile(
    205, "uv-cache", "uv_cache.json",
    "uv records the modification times of the local source that it installed",
    "https://docs.astral.sh/uv/concepts/cache/",
    cure: "build a wheel and install it, or remove the file and its row in RECORD")
  public static let pathFile = treeFile(
    206, "path-file", "a .pth or .egg-link file, or a module that one imports",
    "an editable installation contains the path of its source directory",
    "https://docs.python.org/3/library/site.html",
    cure: "install without --editable, or run wheelscrub fix --relocate OLD=NEW")
  public static let bytecodeLocation = treeFile(
    207, "bytecode-location", "a file name in compiled Python",
    "uv and compileall write the absolute path of the source into each .pyc",
    "https://docs.python.org/3/library/compileall.html",
    cure: "compile with python -m compileall -s DIR DIR, or run wheelscrub fix, which makes the name relative"
  )

  private static func treeFile(
    _ number: Int, _ slug: String, _ origin: String, _ cause: String, _ link: String,
    cure: String = "state where the tree will be: wheelscrub fix --relocate OLD=NEW"
  ) -> Rule {
    Rule(code: "PY\(number)", slug: slug, origin: origin, cause: cause, cure: cure, link: link)
  }
}
