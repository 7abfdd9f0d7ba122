import Formats
import Platform

/// Every regular file below a path; links are not followed.
struct FileWalk: Sendable {
  struct File: Sendable {
    /// As spelled by the user.
    var path: String
    /// Without links. Compared by bytes, because String treats different spellings of a letter as equal.
    var real: String
    /// The nearest directory above, without links, in which distributions with a RECORD are installed.
    var root: String?
  }

  private(set) var files: [File] = []
  /// Symbolic links, under their own names.
  private(set) var links: [File] = []
  /// Directories that hold `*.dist-info/RECORD`, without links.
  private(set) var roots: [String] = []
  private(set) var errors: [ScrubError] = []

  /// - Throws: if the path does not exist.
  init(_ path: String) throws(ScrubError) {
    guard let identity = try FileIdentity(path: path) else {
      throw ScrubError.system("cannot be read", ENOENT, path: path)
    }
    let real = try AtomicWrite.realPath(path)
    guard identity.isDirectory || identity.isRegularFile else {
      throw ScrubError("needs a directory or a file, is \(identity.kind)", at: Place(path: path))
    }
    // The path may be inside an install root.
    let above = identity.isDirectory ? InstallRoot.above(real) : InstallRoot.path(of: real)
    let root = above.map { $0.isEmpty ? real : String(real.dropLast($0.count + 1)) }
      .flatMap { Self.hasRecord($0, InstallRoot.entries(of: $0)) ? $0 : nil }
    if let root { roots.append(root) }
    guard identity.isDirectory else {
      files = [File(path: path, real: real, root: root)]
      return
    }
    walk(path, real == "/" ? "" : real, root)
  }

  static func hasRecord(_ directory: String, _ names: [String]) -> Bool {
    names.contains { $0.hasSuffix(".dist-info") && isFile("\(directory)/\($0)/RECORD") }
  }

  private static func isFile(_ path: String) -> Bool {
    (try? FileIdentity(path: path))?.isRegularFile == true
  }

  /// Pending directories are in a list, so that their depth does not matter. In byte order of names.
  private mutating func walk(_ path: String, _ real: String, _ root: String?) {
    var open = [(path: path, real: real, root: root)]
    while let directory = open.popLast() {
      var root = directory.root
      let names: [[UInt8]]
      do throws(ScrubError) { names = try DirectoryEntry.names(in: directory.path) } catch {
        errors.append(error)
        continue
      }
      let texts = names.compactMap { String(validating: $0, as: UTF8.self) }
      if directory.real != root, Self.hasRecord(directory.real, texts) {
        root = directory.real
        roots.append(directory.real)
      }
      var subdirectories: [(path: String, real: String, root: String?)] = []
      for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
        guard let text = String(validating: name, as: UTF8.self) else {
          let shown = DirectoryEntry.join(directory.path, String(decoding: name, as: UTF8.self))
          errors.append(ScrubError("name is not UTF-8", at: Place(path: shown)))
          continue
        }
        let (child, real) = (DirectoryEntry.join(directory.path, text), "\(directory.real)/\(text)")
        var status = stat()
        guard unsafe lstat(child, &status) == 0 else {
          if errno != ENOENT { errors.append(ScrubError.system("cannot be read", errno, path: child)) }
          continue
        }
        let identity = FileIdentity(status)
        if identity.isDirectory {
          if Leftover.isOne(child) { continue }
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
}
