/// What a compile depends on without its cache's knowing. A procedural macro opens what files it likes, and `.incbin` in
/// assembler names some too; sccache hashes crates, but not which one has which name; and takes an empty variable for none.
/// The digest of all this becomes a part of the key, in a variable that sccache hashes because of its name. In one
/// directory these gaps are the cache's own; we are who lets another directory hit.
struct UnseenInputs {
  static let fileLimit = 4096
  static let byteLimit: UInt64 = 32 << 20

  enum Outcome: Equatable {
    case digest(Bytes)
    case none
    case tooMany
  }

  private var digest = Blake2b()
  private var files = 0
  private var bytes: UInt64 = 0
  private var isEmpty = true

  private init() {}

  static func find(
    _ compile: RustCompile, _ roots: RustRoots, directory: Bytes, _ environment: Environment
  ) -> Outcome {
    var inputs = UnseenInputs()
    func random(_ path: Bytes?) -> Bytes? { path.flatMap { roots.root(of: $0) == nil ? nil : $0 } }
    var trees: [Bytes] = []
    if let package = random(environment["CARGO_MANIFEST_DIR"]) { trees.append(package) }
    if mayUseMacros(compile) {
      if let here = random(directory) {
        trees = trees.filter { !isInside($0, here) }
        if !trees.contains(where: { isInside(here, $0) }) { trees.append(here) }
      }
      if let made = random(environment["OUT_DIR"]) { trees.append(made) }
    }
    for tree in trees where !inputs.add(tree: tree, depth: 0) { return .tooMany }
    for place in compile.libraryDirectories where random(place) != nil && !inputs.add(libraries: place) {
      return .tooMany
    }
    for crate in compile.externalCrates { inputs.begin(.crate, crate) }
    for (name, value) in environment.pairs where value.isEmpty && !StableNames.isHashed(name) {
      inputs.begin(.variable, name)
    }
    return inputs.isEmpty ? .none : .digest(inputs.digest.finish())
  }

  /// Crates hand on the macros of those that they use, so the arguments need not name any.
  private static func mayUseMacros(_ compile: RustCompile) -> Bool {
    guard !compile.externalCrates.isEmpty else { return false }
    var seen: [Bytes] = []
    for directory in compile.crateDirectories where !seen.contains(directory) {
      seen.append(directory)
      if System.names(in: directory).contains(where: { $0.hasSuffix(".so") }) { return true }
    }
    return false
  }

  /// Static libraries, which an attribute in the source may name.
  private mutating func add(libraries directory: Bytes) -> Bool {
    for name in System.names(in: directory).sorted(by: { $0.lexicographicallyPrecedes($1) })
    where name.hasSuffix(".a") || name.hasSuffix(".lib") || name.hasSuffix(".o") {
      guard add(file: directory + [Ascii.slash] + name, called: name) else { return false }
    }
    return true
  }

  /// All below a directory but what cargo itself makes and checks.
  private mutating func add(tree directory: Bytes, depth: Int) -> Bool {
    let names = System.names(in: directory).sorted { $0.lexicographicallyPrecedes($1) }
    // A target directory; and a vendored crate, whose files cargo compares with these checksums before it starts us.
    if depth > 0, names.contains(where: { $0.isText("CACHEDIR.TAG") }) { return true }
    let checksums = Bytes(".cargo-checksum.json")
    if names.contains(checksums) {
      return add(file: directory + [Ascii.slash] + checksums, called: checksums)
    }
    for name in names where !name.isText(".") && !name.isText("..") {
      let path = directory + [Ascii.slash] + name
      guard let status = System.status(of: path) else { return false }
      // Build backends are compiled there when they run, with the times of their sources.
      if status.isDirectory, name.isText("__pycache__") { continue }
      if status.isDirectory {
        guard depth < 64 else { return false }
        begin(.directory, name)
        guard name.isText(".git") ? add(repository: path) : add(tree: path, depth: depth + 1) else {
          return false
        }
        begin(.end, [])
      } else if status.isFile || status.isLink {
        guard add(file: path, called: name) else { return false }
      }
    }
    return true
  }

  /// Which commit it is; the rest of git's files differs from clone to clone.
  private mutating func add(repository path: Bytes) -> Bool {
    for name in [Bytes("HEAD"), Bytes("packed-refs")]
    where System.status(of: path + [Ascii.slash] + name) != nil {
      guard add(file: path + [Ascii.slash] + name, called: name) else { return false }
    }
    return add(tree: path + Bytes("/refs"), depth: 1)
  }

  /// A link is what it leads to: a file, or nothing.
  private mutating func add(file path: Bytes, called name: Bytes) -> Bool {
    files += 1
    guard files <= Self.fileLimit else { return false }
    guard let contents = System.contents(of: path, limit: Int(Self.byteLimit)) else {
      guard System.identity(of: path) == nil, let target = System.link(at: path) else { return false }
      begin(.link, name)
      digest.updateCounted(target)
      return true
    }
    bytes += UInt64(contents.count)
    guard bytes <= Self.byteLimit else { return false }
    begin(.file, name)
    digest.updateCounted(contents)
    return true
  }

  private enum Entry: UInt8 {
    case file = 1
    case directory, link, end, crate, variable
  }

  private mutating func begin(_ entry: Entry, _ name: Bytes) {
    isEmpty = false
    digest.update([entry.rawValue])
    digest.updateCounted(name)
  }
}
