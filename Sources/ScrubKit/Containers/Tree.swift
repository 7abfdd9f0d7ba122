public import Formats
import Platform

/// A wheel or loose file to process.
public struct InputFile: Hashable, Sendable {
  /// As the user named it, or found below a directory that the user named.
  public var path: String
  /// Its place below `fix -w DIR`: the last component, or the path relative to the named directory.
  public var relativePath: String
  /// Whether the user named this file itself: then it must be a wheel or an image.
  public var isExplicit: Bool
  /// Its path relative to the directory that distributions are installed in, `site-packages` or that of
  /// `pip install --target`; nil outside one.
  public var installedPath: String?
  /// What kind of tree file it is; nil for images and for all other files.
  public var treeFile: TreeFile?
  /// Whether it was found below a directory and is neither of a kind that is rewritten nor named like one: it is
  /// searched, and reported only if something is found in it.
  public var isOther = false
  /// By its first bytes when the directory was read; nil for a file that the user named.
  var kind: FileKind?

  public init(
    path: String, relativePath: String, isExplicit: Bool, installedPath: String? = nil,
    treeFile: TreeFile? = nil
  ) {
    self.path = path
    self.relativePath = relativePath
    self.isExplicit = isExplicit
    self.installedPath = installedPath
    self.treeFile = treeFile
  }
}

extension InputFile {
  /// Whether it is worked on member by member: a wheel or another zip, and no script of a tree that ends with one.
  func isZip(_ bytes: Bytes) -> Bool { !isOther && treeFile == nil && FileKind.of(bytes) == .zip }

  /// A file that the user named.
  init(explicit path: String) {
    let installed = (try? AtomicWrite.realPath(path)).flatMap { InstallRoot.path(of: $0) }
    self.init(
      path: path, relativePath: AtomicWrite.split(path).name, isExplicit: true, installedPath: installed,
      treeFile: TreeFile(explicit: path))
  }
}

/// Turns the command line's paths into files to process.
public enum Tree {
  /// Files in the order of `paths`; directories are walked recursively in byte order of names, and symbolic links in them
  /// are not followed. Only files of a kind that may be rewritten, and packages: images, static archives and compiled Python
  /// by their first bytes, zips and tar archives by these and their names, tree files and generated texts by their names.
  /// What cannot be read becomes an error; the rest is still returned.
  public static func expand(_ paths: [String]) -> (files: [InputFile], errors: [ScrubError]) {
    let found = explore(paths)
    return (found.files.filter { !$0.isOther }, found.errors)
  }

  /// All files, including those that are only searched (`InputFile.isOther`), with what interrupted runs left below and
  /// above the paths.
  /// - Parameter progress: told how many files were found so far, a directory at a time.
  public static func explore(
    _ paths: [String], progress: @escaping (Int) -> Void = { _ in }
  ) -> (files: [InputFile], errors: [ScrubError], leftovers: [Leftover]) {
    var walk = Walk()
    walk.progress = progress
    for path in paths {
      do throws(ScrubError) { try walk.add(path) } catch { walk.errors.append(error) }
    }
    return (walk.files, walk.errors, walk.leftovers)
  }
}

private struct Walk {
  var files: [InputFile] = []
  var errors: [ScrubError] = []
  var leftovers: [Leftover] = []
  var progress: (Int) -> Void = { _ in }
  /// Directories that were looked at for them.
  private var above: Set<String> = []
  /// Real paths: a file is processed once, however often it is named. Not inodes, because each hard link of a file is
  /// replaced by itself. UTF-8, because String treats different spellings of a letter as equal.
  private var seen: Set<[UInt8]> = []
  /// Install roots of directories in which files were named.
  private var installed: [String: String?] = [:]

  mutating func add(_ path: String) throws(ScrubError) {
    guard let identity = try FileIdentity(path: path) else {
      throw ScrubError.system("cannot be read", ENOENT, path: path)
    }
    let real = try AtomicWrite.realPath(path)
    if identity.isDirectory {
      leftovers += Leftover.above(AtomicWrite.split(real).directory, &above)
      let root = InstallRoot.above(real)
      let directory = Directory(
        path: path, real: real == "/" ? "" : real, relative: "", installed: root,
        surroundings: TreeFile.Surroundings(above: path, real: real))
      walk(directory)
    } else {
      let (directory, name) = AtomicWrite.split(real)
      leftovers += Leftover.above(directory, &above)
      let installed = installedPath(of: directory)
      keep(
        InputFile(
          path: path, relativePath: AtomicWrite.split(path).name, isExplicit: true,
          installedPath: installed.map { $0.isEmpty ? name : "\($0)/\(name)" },
          treeFile: TreeFile(explicit: path)),
        real: real)
    }
  }

  /// The installed path of a directory, cached: a shell's `*` names many files in one.
  private mutating func installedPath(of directory: String) -> String? {
    if let known = installed[directory] { return known }
    let path = InstallRoot.above(directory)
    installed[directory] = .some(path)
    return path
  }

  private mutating func keep(_ file: InputFile, real: String) {
    if seen.insert(Array(real.utf8)).inserted { files.append(file) }
  }

  /// The same directory as the user spells it, without links, and relative to the named one.
  private struct Directory {
    var path: String
    var real: String
    var relative: String
    /// Its path relative to the directory that distributions are installed in; nil outside one.
    var installed: String?
    var surroundings: TreeFile.Surroundings

    func child(_ name: String) -> Directory {
      Directory(
        path: DirectoryEntry.join(path, name), real: "\(real)/\(name)",
        relative: Self.join(relative, name), installed: installed.map { Self.join($0, name) },
        surroundings: surroundings.inside(name, parent: path))
    }

    private static func join(_ directory: String, _ name: String) -> String {
      directory.isEmpty ? name : "\(directory)/\(name)"
    }
  }

  private mutating func walk(_ directory: Directory) {
    var directory = directory
    for (entry, look) in entries(&directory) {
      guard let name = entry.text else {
        errors.append(
          ScrubError(
            "name is not UTF-8",
            at: Place(path: directory.child(String(decoding: entry.name.dropLast(), as: UTF8.self)).path)))
        continue
      }
      let child = directory.child(name)
      if entry.isDirectory {
        walk(child)
      } else {
        var file = InputFile(
          path: child.path, relativePath: child.relative, isExplicit: false, installedPath: child.installed,
          treeFile: look.treeFile)
        file.kind = look.kind
        file.isOther = look.isOther
        keep(file, real: child.real)
      }
    }
    progress(files.count)
  }

  /// The subdirectories of a directory and the files in it to process, by name. Records in `directory` what they reveal
  /// about it.
  private mutating func entries(_ directory: inout Directory) -> [(Entry, Look)] {
    guard let stream = unsafe opendir(directory.path) else {
      errors.append(ScrubError.system("cannot be read", errno, path: directory.path))
      return []
    }
    defer { unsafe closedir(stream) }
    let descriptor = unsafe dirfd(stream)
    var found: [Entry] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(stream) else { break }
      if let entry = unsafe Entry(entry, in: descriptor) { found.append(entry) }
    }
    if errno != 0 { errors.append(ScrubError.system("cannot be read", errno, path: directory.path)) }
    found.removeAll { [path = directory.path] entry in
      guard entry.isDirectory, let name = entry.text, StagingDirectory.isName(name) else { return false }
      let child = DirectoryEntry.join(path, name)
      guard Leftover.isOne(child) else { return false }
      if !leftovers.contains(where: { $0.path == child }) { leftovers.append(Leftover(path: child)) }
      return true
    }
    found.sort { $0.name.lexicographicallyPrecedes($1.name) }

    let subdirectories = found.lazy.filter(\.isDirectory).compactMap(\.text)
    if InstallRoot.isOne(named: directory.real, holding: subdirectories) {
      directory.installed = ""
      directory.surroundings.isInstallRoot = true
      directory.surroundings.addPlace(directory.path, real: directory.real)
      directory.surroundings.readPathFiles(
        found.lazy.filter { !$0.isDirectory }.compactMap(\.text), in: directory.path)
    }
    let configuration = Array("pyvenv.cfg".utf8) + [0]
    if found.contains(where: { $0.name == configuration && !$0.isDirectory }) {
      directory.surroundings.enterEnvironment(directory.path, real: directory.real)
    }
    var wanted: [(Entry, Look)] = []
    for entry in found {
      if entry.isDirectory {
        wanted.append((entry, Look()))
      } else if let look = look(at: entry, descriptor, directory) {
        wanted.append((entry, look))
      }
    }
    return wanted
  }

  /// What a file to process is.
  private struct Look {
    var kind: FileKind?
    var treeFile: TreeFile?
    var isOther = false
  }

  /// - Returns: nil if it cannot be read.
  private mutating func look(at entry: Entry, _ descriptor: Int32, _ directory: Directory) -> Look? {
    var isScript = false
    let kind = unsafe entry.name.withUnsafeBufferPointer { name in
      unsafe name.withMemoryRebound(to: CChar.self) {
        unsafe FileKind.ofFile(named: $0.baseAddress!, in: descriptor, isScript: &isScript)
      }
    }
    guard let kind else {
      // Removed, or replaced by a link, since the directory was read.
      if errno != ENOENT, errno != ELOOP {
        let code = errno
        let name = String(decoding: entry.name.dropLast(), as: UTF8.self)
        errors.append(ScrubError.system("cannot be opened", code, path: directory.child(name).path))
      }
      return nil
    }
    if kind.isScrubbed, !kind.isPackage { return Look(kind: kind) }
    guard let name = entry.text else { return nil }
    let path = DirectoryEntry.join(directory.path, name)
    // What distributions have installed is listed in their RECORDs.
    let isPackage = FileKind.isPackage(named: name) && (directory.installed == nil || name.hasSuffix(".whl"))
    if kind.isPackage { return Look(kind: kind, isOther: !isPackage) }
    if isPackage, kind == .other, let whole = try? FileKind.of(MappedFile.open(path).bytes), whole.isPackage {
      return Look(kind: whole)
    }
    let treeFile = TreeFile.kind(of: name, in: directory.surroundings, isScript: isScript) {
      TreeFile.head(of: path)
    }
    if let treeFile {
      return Look(kind: kind, treeFile: TreeFile(kind: treeFile, surroundings: directory.surroundings))
    }
    // A `.whl` that is not a wheel is an error and must not be skipped silently.
    return Look(kind: kind, isOther: GeneratedText.rule(of: path) == nil && !name.hasSuffix(".whl"))
  }
}

/// One name in a directory: a regular file or a directory; everything else is skipped.
private struct Entry {
  /// NUL-terminated.
  var name: [UInt8]
  var isDirectory: Bool

  var text: String? { String(validating: name.dropLast(), as: UTF8.self) }

  init?(_ entry: UnsafeMutablePointer<dirent>, in directory: Int32) {
    let offset = MemoryLayout<dirent>.offset(of: \.d_name)!
    let text = unsafe UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: UInt8.self)
    let length = unsafe strlen(UnsafeRawPointer(text).assumingMemoryBound(to: CChar.self))
    name = unsafe Array(UnsafeBufferPointer(start: text, count: length + 1))
    if name == [0x2e, 0] || name == [0x2e, 0x2e, 0] { return nil }
    switch Int(unsafe entry.pointee.d_type) {
    case Int(DT_DIR): isDirectory = true
    case Int(DT_REG): isDirectory = false
    case Int(DT_UNKNOWN):
      // Some file systems do not report the type.
      var status = stat()
      let found = unsafe fstatat(
        directory, UnsafeRawPointer(text).assumingMemoryBound(to: CChar.self), &status, AT_SYMLINK_NOFOLLOW)
      guard found == 0 else { return nil }
      let identity = FileIdentity(status)
      guard identity.isDirectory || identity.isRegularFile else { return nil }
      isDirectory = identity.isDirectory
    default: return nil
    }
  }
}
