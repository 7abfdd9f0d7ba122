/// Options whose files a cache does not know of. A hit brings the object back and nothing else; and what a compile reads
/// besides its headers is in no key. Plain caches miss in another directory, so that there the compiler runs.
///
/// From the manuals of gcc 15 and clang 21. What is named neither here nor in `Option` stops us as well.
enum SideFile {
  /// Whether the compiler writes a file that no cache is known to keep.
  static func isWritten(by argument: Bytes) -> Bool {
    switch argument[1] {
    case UInt8(ascii: "O"), UInt8(ascii: "W"), UInt8(ascii: "D"), UInt8(ascii: "m"): return false
    default: break
    }
    for option in written where argument.hasPrefix(option) { return true }
    // Without a file these go to standard error, which caches keep.
    for option in writtenIfNamed where argument.hasPrefix(option) { return argument.contains(Ascii.equals) }
    return false
  }

  /// Whether an argument asks for a file that this cache does not keep or does not hash.
  static func isUnknown(_ argument: Bytes, to cache: Cache) -> Bool {
    guard argument.count > 5, argument[0] == Ascii.hyphen else { return false }
    for option in readOrKeptByCcache where argument.hasPrefix(option) { return cache != .ccache }
    for option in read where argument.hasPrefix(option) { return true }
    return false
  }

  private static let written: [StaticString] = [
    // Reports of the optimizer, the call graph, the time that it took.
    "-fsave-optimization-record", "-foptimization-record", "-fcallgraph-info", "-ftime-trace",
    "-fproc-stat-report", "-fthin-link-bitcode",
    // Dumps, listings, declarations.
    "-fdump", "-fcompare-debug", "-aux-info", "-dumpdir", "-dumpbase",
    // Dependencies in other forms than make's, fragments of compilation databases.
    "-fdeps-", "-MJ", "-dependency-", "-index-",
    // Diagnostics in files.
    "-fdiagnostics-format=json-file", "-fdiagnostics-format=sarif-file", "-fdiagnostics-add-output",
    "-fdiagnostics-set-output", "-serialize-diagnostics", "--serialize-diagnostics",
    // Other work, and clang's own cache.
    "-fdepscan", "-fcas-", "-fcache-compile-job",
  ]

  private static let writtenIfNamed: [StaticString] = ["-fopt-info"]

  /// ccache keeps the `.su` and hashes what a specs file says; sccache does neither.
  private static let readOrKeptByCcache: [StaticString] = ["-fstack-usage", "-specs=", "--specs="]

  private static let read: [StaticString] = [
    "-fsanitize-blacklist", "-fsanitize-ignorelist", "-fsanitize-system-ignorelist",
    "-fsanitize-coverage-allowlist", "-fsanitize-coverage-ignorelist", "-fsanitize-coverage-whitelist",
    "-fsanitize-coverage-blacklist", "-fexperimental-sanitize-metadata-ignorelist",
    "-fxray-always-instrument", "-fxray-never-instrument", "-fxray-attr-list",
    "-fmemory-profile-use", "-fcodegen-data-use", "-fthinlto-index", "-fbasic-block-sections=list",
    "-frandomize-layout-seed-file", "-fms-secure-hotpatch-functions-file", "-fembed-offload-object",
    "-fapinotes", "-multi-lib-config", "-fdebug-macro",
    // These take anything, files to write among it.
    "-mllvm", "-Xassembler",
  ]
}
