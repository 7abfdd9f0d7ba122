import Glibc

/// Every regular file below a path; links are not followed.
struct FileWalk: Sendable {
  struct File: Sendable {
    /// As the user says it.
    var path: String
    /// Without links. Compared by bytes, because String takes different spellings of a letter for the same.
    var real: String
    /// The nearest directory above, without links, that distributions with a RECORD are installed in.
    var root: String?
  }

  private(set) var files: [File] = []
  /// Symbolic links, under their own names.
  private(set) var links: [File] = []
  /// Directories that hold `*.dist-info/RECORD`, without links.
  private(set) var roots: [String] = []
  private(set) var errors: [ScrubError] = []

  /// - Throws: where there is no such path.
  init(_ path: String) throws(ScrubError) {
    guard let identity = try FileIdentity(path: path) else {
      throw ScrubError.system("cannot be read", ENOENT, path: path)
    }
    let real = try AtomicWrite.realPath(path)
    guard identity.isDirectory || identity.isRegularFile else {
      throw ScrubError("needs a directory or a file, is \(identity.kind)", at: Place(path: path))
    }
    // The path may lie inside of what is installed.
    let above = identity.isDirectory ? InstallRoot.above(real) : InstallRoot.path(of: real)
    let root = above.map { $0.isEmpty ? real : String(real.dropLast($0.count + 1)) }
      .flatMap { Self.hasRecord($0, InstallRoot.entries(of: $0)) ? $0 : nil }
    if let root { roots.append(root) }
    guard identity.isDirectory else {
      files = [File(path: path, real: real, root: root)]
      return
    }
    walk(path == "/" ? "" : path, real == "/" ? "" : real, root)
  }

  static func hasRecord(_ directory: String, _ names: [String]) -> Bool {
    names.contains { $0.hasSuffix(".dist-info") && isFile("\(directory)/\($0)/RECORD") }
  }

  private static func isFile(_ path: String) -> Bool {
    (try? FileIdentity(path: path))?.isRegularFile == true
  }

  /// Directories wait in a list: how deep they lie must not matter. In byte order of names.
  private mutating func walk(_ path: String, _ real: String, _ root: String?) {
    var open = [(path: path, real: real, root: root)]
    while let directory = open.popLast() {
      var root = directory.root
      guard let names = Self.names(in: directory.path.isEmpty ? "/" : directory.path) else {
        errors.append(ScrubError.system("cannot be read", errno, path: directory.path))
        continue
      }
      if directory.real != root, Self.hasRecord(directory.real, names.compactMap(\.text)) {
        root = directory.real
        roots.append(directory.real)
      }
      var subdirectories: [(path: String, real: String, root: String?)] = []
      for name in names.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
        guard let text = name.text else {
          let shown = "\(directory.path)/\(String(decoding: name.bytes, as: UTF8.self))"
          errors.append(ScrubError("name is not UTF-8", at: Place(path: shown)))
          continue
        }
        let trimmed = directory.path.utf8.last == 0x2f ? String(directory.path.dropLast()) : directory.path
        let (child, real) = ("\(trimmed)/\(text)", "\(directory.real)/\(text)")
        var status = stat()
        guard unsafe lstat(child, &status) == 0 else {
          if errno != ENOENT { errors.append(ScrubError.system("cannot be read", errno, path: child)) }
          continue
        }
        let identity = FileIdentity(status)
        if identity.isDirectory {
          subdirectories.append((child, real, root))
        } else if identity.isRegularFile {
          files.append(File(path: child, real: real, root: root))
        } else if identity.isLink {
          links.append(File(path: child, real: real, root: root))
        }
      }
      open += subdirectories.reversed()
    }
  }

  private struct Name {
    var bytes: [UInt8]
    var text: String? { String(validating: bytes, as: UTF8.self) }
  }

  /// Nil with errno where the directory cannot be read.
  private static func names(in directory: String) -> [Name]? {
    guard let stream = unsafe opendir(directory) else { return nil }
    defer { unsafe closedir(stream) }
    var names: [Name] = []
    while let entry = unsafe readdir(stream) {
      let offset = MemoryLayout<dirent>.offset(of: \.d_name)!
      let text = unsafe UnsafeRawPointer(entry).advanced(by: offset)
      let length = unsafe strlen(text.assumingMemoryBound(to: CChar.self))
      let bytes = unsafe Array(UnsafeRawBufferPointer(start: text, count: length))
      if bytes != [0x2e], bytes != [0x2e, 0x2e] { names.append(Name(bytes: bytes)) }
    }
    return names
  }
}
