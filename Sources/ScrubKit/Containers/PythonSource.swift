import Formats

/// The source that a `.pyc` was compiled from.
struct PythonSource: Sendable {
  /// Its path, for `clamp`, which gives it a new time; nil in a wheel.
  var path: String?
  var content: Bytes
  /// Seconds since 1970; nil where the container's times do not describe the file that was compiled.
  var modified: Int64?

  /// The source's path, derived from the path of its `.pyc` (PEP 3147): `pkg/mod.py` for
  /// `pkg/__pycache__/mod.cpython-311.opt-1.pyc` and for `pkg/mod.pyc`, which an interpreter uses only if the source is
  /// missing. Nil for other names.
  static func path(ofBytecode path: String) -> String? {
    let nameStart = path.utf8.lastIndex(of: 0x2f).map { path.utf8.index(after: $0) } ?? path.startIndex
    let (directory, name) = (path[..<nameStart], path[nameStart...])
    guard name.hasSuffix(".pyc"), name.utf8.count > 4 else { return nil }
    let stem = name.dropLast(4)
    guard directory == cache || directory.hasSuffix("/" + cache) else { return "\(directory)\(stem).py" }
    // Module, interpreter, optimisation.
    let parts = stem.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2 || (parts.count == 3 && parts[2].hasPrefix("opt-")), !parts[0].isEmpty else {
      return nil
    }
    return "\(directory.dropLast(cache.count))\(parts[0]).py"
  }

  /// All paths that an interpreter could use for the source's bytecode (PEP 3147, PEP 488).
  static func bytecode(of source: String) -> [String] {
    let (directory, name) = AtomicWrite.split(source)
    let stem = name.dropLast(3)
    let cache = DirectoryEntry.join(directory, "__pycache__")
    let cached = InstallRoot.entries(of: cache).filter {
      $0.hasPrefix("\(stem).") && $0.hasSuffix(".pyc")
        && path(ofBytecode: "__pycache__/\($0)") == String(name)
    }.map { DirectoryEntry.join(cache, $0) }
    let beside = DirectoryEntry.join(directory, "\(stem).pyc")
    let isThere = (try? FileIdentity(path: beside))?.isRegularFile == true
    return cached.sorted() + (isThere ? [beside] : [])
  }

  private static let cache = "__pycache__/"

  /// What is known about the source of a `.pyc` without reading it.
  enum State: Hashable, Sendable {
    /// The name is not one that a source's bytecode would have.
    case unknown
    /// - Parameter isCached: whether the `.pyc` lies in `__pycache__`, from where it is never loaded without its
    ///   source.
    case missing(isCached: Bool)
    /// Size in bytes and time in seconds since 1970; nil where the container's times do not tell.
    case present(size: Int64, modified: Int64?)
  }

  static func isCached(_ bytecode: String) -> Bool {
    bytecode.hasPrefix(cache) || bytecode.contains("/" + cache)
  }

  /// For a `.pyc` in a tree.
  static func state(beside bytecode: String) throws(ScrubError) -> State {
    guard let path = path(ofBytecode: bytecode) else { return .unknown }
    guard let identity = try FileIdentity(path: path), identity.isRegularFile else {
      return .missing(isCached: isCached(bytecode))
    }
    return .present(size: identity.size, modified: Int64(identity.modifiedSeconds))
  }

  /// The source beside a `.pyc` in a tree; nil where there is none.
  static func beside(_ bytecode: String) throws(ScrubError) -> PythonSource? {
    guard let path = path(ofBytecode: bytecode), let identity = try FileIdentity(path: path),
      identity.isRegularFile
    else { return nil }
    let file = try MappedFile.open(path)
    return PythonSource(path: path, content: file.bytes, modified: Int64(file.identity.modifiedSeconds))
  }
}
