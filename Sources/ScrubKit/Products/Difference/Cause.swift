import Formats

/// One row of the table of causes: why two builds of one source differ in a place, and what prevents it.
///
/// Two causes are the same if their slugs are equal.
public struct Cause: Hashable, Sendable {
  /// What `fix` can do about it in general. What it does in a particular place is determined by running it.
  public enum Cure: Hashable, Sendable {
    case always, never
    /// Only in sections that are rebuilt, or with a setting.
    case sometimes
  }

  /// `build-root`.
  public var slug: String
  /// Why, one line.
  public var explanation: String
  /// The flag or setting that prevents it at its source, one line; empty if there is none.
  public var prevention: String
  public var cure: Cure

  init(_ slug: String, _ explanation: String, prevention: String, _ cure: Cure) {
    self.slug = slug
    self.explanation = explanation
    self.prevention = prevention
    self.cure = cure
  }

  public static func == (one: Cause, other: Cause) -> Bool { one.slug == other.slug }
  public func hash(into hasher: inout Hasher) { hasher.combine(slug) }
}

// Causes in images.
extension Cause {
  public static let buildRoot = Cause(
    "build-root", "a build directory with a random name", prevention: mapPrefix, .always)
  public static let buildID = Cause(
    "build-id", "a hash over all bytes of the file", prevention: "-Wl,--build-id=none", .always)
  public static let staleBuildID = Cause(
    "stale-build-id", "a hash of debug info that was stripped since, paths included",
    prevention: "wheelscrub fix --canonical, or wheelscrub cc before strip runs", .never)
  public static let tableOrder = Cause(
    "table-order", "the same strings in another order: the linker orders them by a hash of their content",
    prevention: mapPrefix, .sometimes)
  public static let stringOffsets = Cause(
    "string-offsets", "offsets into a debug table whose order or lengths differ", prevention: mapPrefix,
    .always
  )
  public static let pathLength = Cause(
    "path-length",
    "paths of another length where no byte may move: the build directories' names differ in length",
    prevention: "a TMPDIR of one length, or \(mapPrefix)", .never)
  public static let loadedOrder = Cause(
    "loaded-order", "the same loaded strings in another order, which a hash of the path decides",
    prevention: "\(mapPrefix), or -Wl,-O0 with lld", .never)
  public static let symbolHash = Cause(
    "symbol-hash", "symbol names that hold a hash of the path or a random number",
    prevention: "-frandom-seed=<file> for gcc, \(mapPrefix) for clang", .never)
  public static let namePieces = Cause(
    "name-pieces", "pieces of a random name, or a hash, in strings that are no whole path",
    prevention: mapPrefix, .never)
  public static let goBuildID = Cause(
    "go-build-id", "Go's own id of the build, a hash that the directory goes into",
    prevention: "go build -trimpath", .never)
  public static let swiftModuleHash = Cause(
    "swift-modhash", "Swift's hash of a module as it was compiled, its directory included",
    prevention: "swiftc -file-prefix-map <build directory>=., or builds at one path", .never)
  public static let coverageStamp = Cause(
    "gcov-stamp", "numbers by which gcov knows its notes: the time of the compile and checksums of the path",
    prevention:
      "-frandom-seed=<file> and relative names of sources, or a build without --coverage", .never)
  public static let sanitizerOrder = Cause(
    "asan-order", "gcc's list of strings for AddressSanitizer, whose order a hash of the path decides",
    prevention: "\(mapPrefix), or a build without -fsanitize=address", .never)
  public static let lto = Cause(
    "lto", "compressed intermediate code of link-time optimization, named by a random number",
    prevention: "-frandom-seed=<file> with \(mapPrefix), or -fno-lto", .never)
  public static let versionDefinition = Cause(
    "version-definition", "a hash of the output's path in gold's version definitions",
    prevention: "-Wl,-soname=<name>, or another linker", .never)
  public static let compiler = Cause(
    "compiler", "another compiler, version or set of flags", prevention: "one toolchain for both builds",
    .never)
  public static let code = Cause(
    "code", "other machine code: not a matter of paths", prevention: "the same source, compiler and flags",
    .never)
  public static let dateTime = Cause(
    "date-time", "the time of the build, as __DATE__ and __TIME__ write it",
    prevention: "SOURCE_DATE_EPOCH while building; -Werror=date-time finds the places", .never)
  public static let debugLink = Cause(
    "debug-link", "the checksum of a separate debug file", prevention: "fix the debug file as well",
    .sometimes)
  public static let supplementaryFile = Cause(
    "supplementary-file", "the build-id of a file that dwz took shared debug info into",
    prevention: "dwz -m after wheelscrub fix, not before", .never)
  public static let uuid = Cause(
    "uuid", "LC_UUID, a hash over the image's contents", prevention: mapPrefix, .always)
  public static let codeSignature = Cause(
    "code-signature", "hashes of the image's pages", prevention: mapPrefix, .always)
  public static let objectTime = Cause(
    "object-time", "when object files were written, as the debug map says it",
    prevention: "ZERO_AR_DATE=1 while linking", .always)
  public static let debugMap = Cause(
    "debug-map", "another number of symbols that lead debuggers to object files",
    prevention: "the same sources and flags, or strip -S", .sometimes)
  public static let sectionMissing = Cause(
    "section-missing", "a section that only one of both has",
    prevention: "the same compiler, flags and strip", .never
  )
  public static let strayBytes = Cause(
    "stray-bytes", "bytes between the sections that belong to none of them", prevention: "", .sometimes)
  public static let layout = Cause(
    "layout", "the same sections at other places", prevention: "the same linker and order of inputs", .never)
  public static let unknown = Cause("unknown", "other bytes, of no known cause", prevention: "", .never)

  static let mapPrefix = "-ffile-prefix-map=<build directory>=."
}

// Causes in containers.
extension Cause {
  public static let memberMissing = Cause(
    "member-missing", "a member that only one of both has", prevention: "the same source and build options",
    .never)
  public static let memberKind = Cause(
    "member-kind", "a file, a directory or a link where the other has something else", prevention: "", .never)
  public static let memberOrder = Cause(
    "member-order", "the same members in another order", prevention: "a build backend that sorts them", .never
  )
  public static let memberTime = Cause(
    "member-time", "members of other times",
    prevention: "SOURCE_DATE_EPOCH while building, or for wheelscrub fix", .sometimes)
  public static let memberMode = Cause(
    "member-mode", "members of other permissions", prevention: "one umask for both builds", .never)
  public static let memberCompression = Cause(
    "member-compression", "the same content, compressed in another way",
    prevention: "one zlib for both builds",
    .sometimes)
  public static let memberHeader = Cause(
    "member-header", "other fields of zip headers: system, versions, flags, extra fields, comments",
    prevention: "one build backend and system for both builds", .sometimes)
  public static let billOfMaterials = Cause(
    "sbom", "a random serial number and the time of the build in a bill of materials",
    prevention: "SOURCE_DATE_EPOCH while building, or wheelscrub fix --canonical", .never)
  public static let recordRow = Cause(
    "record-row", "rows of RECORD that follow from no member", prevention: "", .never)
  public static let bytecodeTime = Cause(
    "bytecode-time", "the time of the source in compiled Python",
    prevention: "SOURCE_DATE_EPOCH while compiling, or wheelscrub fix --pyc-header checked-hash", .sometimes)
  public static let bytecodeHeader = Cause(
    "bytecode-header", "headers of compiled Python that tell of the source in another way",
    prevention:
      "one --invalidation-mode and one source for both, or wheelscrub fix --pyc-header checked-hash",
    .sometimes)
  public static let bytecodeName = Cause(
    "bytecode-name", "the directory in which Python was compiled, in the file names of code objects",
    prevention: "python -m compileall -s DIR DIR, or wheelscrub fix of the tree", .sometimes)
  public static let bytecodeReferences = Cause(
    "bytecode-references",
    "references in bytecode: the same objects, of which others are shared or marked, or sets in another order",
    prevention: "wheelscrub fix --pyc-canonical, or compile each file in a process of its own", .sometimes)
  public static let bytecodeCode = Cause(
    "bytecode-code", "other bytecode: not a matter of paths",
    prevention: "the same source, interpreter and optimisation", .never)
  public static let bytecodeTrailing = Cause(
    "bytecode-trailing", "bytes behind the code object in compiled Python, which no import reads",
    prevention: "compile again, or wheelscrub fix", .always)

  /// Every row of the table.
  public static let all = [
    buildRoot, buildID, staleBuildID, billOfMaterials, tableOrder, stringOffsets, pathLength, loadedOrder,
    symbolHash, namePieces, goBuildID,
    swiftModuleHash, coverageStamp, sanitizerOrder, lto, versionDefinition,
    compiler, code, dateTime, debugLink, supplementaryFile, sectionMissing, strayBytes, layout,
    memberMissing, memberKind, memberOrder, memberTime, memberMode, memberCompression, memberHeader,
    recordRow, bytecodeTime, bytecodeHeader, bytecodeName, bytecodeReferences, bytecodeCode, bytecodeTrailing,
    unknown,
  ]
}
