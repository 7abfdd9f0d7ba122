extension Rule {
  /// PY1xx: compiled Python that does not fit its source.
  public static let bytecode = [
    staleBytecode, uncheckedBytecode, sourcelessBytecode, orphanBytecode, trailingBytecode,
  ]

  public static let staleBytecode = compiled(
    101, "stale-bytecode",
    "the source was changed, or got another time, after it was compiled: cp without -p, git, a build step",
    "compile again, best with python -m compileall --invalidation-mode checked-hash, and keep times when copying"
  )
  public static let uncheckedBytecode = compiled(
    102, "wrong-unchecked-hash",
    "the source was changed after it was compiled, and Python was told not to compare: it runs the old code",
    "compile again, and use checked hashes unless something else makes sure that the two belong together",
    .error)
  public static let sourcelessBytecode = compiled(
    103, "sourceless-bytecode",
    "mod.pyc without mod.py is run as it is, and no other interpreter can read it",
    "ship the source, or ignore this where it is meant so")
  public static let orphanBytecode = compiled(
    104, "orphan-bytecode", "the source of a file in __pycache__ was removed: Python never loads it",
    "remove the .pyc together with its source")
  public static let trailingBytecode = compiled(
    105, "trailing-bytes", "bytes stand behind the code object: Python imports the file and never reads them",
    "compile again, or run wheelscrub fix, which takes them away")

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
    "installers write the path of the Python that they run in",
    "https://packaging.python.org/specifications/entry-points/")
  public static let directURL = treeFile(
    202, "direct-url", "direct_url.json", "what is installed from a directory or a file says where that was",
    "https://packaging.python.org/specifications/direct-url/",
    cure: "install by name from an index or with --find-links, or wheelscrub fix --relocate OLD=NEW")
  public static let environmentConfiguration = treeFile(
    203, "pyvenv-cfg", "pyvenv.cfg", "a virtual environment says where it was made, and by which Python",
    "https://docs.python.org/3/library/venv.html")
  public static let activationScript = treeFile(
    204, "activate-script", "a script that activates a virtual environment",
    "the scripts set VIRTUAL_ENV to where the environment was made",
    "https://docs.python.org/3/library/venv.html")
  public static let uvCache = treeFile(
    205, "uv-cache", "uv_cache.json", "uv notes the times of the files that it installed a local source from",
    "https://docs.astral.sh/uv/concepts/cache/",
    cure: "build a wheel and install that, or remove the file and its row in RECORD")
  public static let pathFile = treeFile(
    206, "path-file", "a .pth or .egg-link file, or a module that one imports",
    "an editable installation names the directory of its source",
    "https://docs.python.org/3/library/site.html",
    cure: "install without --editable, or wheelscrub fix --relocate OLD=NEW")
  public static let bytecodeLocation = treeFile(
    207, "bytecode-location", "a file name in compiled Python",
    "uv and compileall write the absolute path of the source into each .pyc",
    "https://docs.python.org/3/library/compileall.html",
    cure: "compile with python -m compileall -s DIR DIR, or run wheelscrub fix, which makes the name relative"
  )

  private static func treeFile(
    _ number: Int, _ slug: String, _ origin: String, _ cause: String, _ link: String,
    cure: String = "say where the tree will be: wheelscrub fix --relocate OLD=NEW"
  ) -> Rule {
    Rule(code: "PY\(number)", slug: slug, origin: origin, cause: cause, cure: cure, link: link)
  }
}
