internal import BuildRoots
import Formats

/// A file of an installed tree, other than an image, that tells where the tree is.
public struct TreeFile: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    /// `#!` with a Python interpreter.
    case script
    /// `direct_url.json` (PEP 610).
    case directURL
    /// `pyvenv.cfg` (PEP 405).
    case environment
    /// `activate` and its equivalents for other shells.
    case activation
    case uvCache
    /// `.pth` and `.egg-link`.
    case pathFile
    /// A module that a `.pth` file imports when Python starts: finders and loaders of editable installations.
    case editable

    var rule: Rule {
      switch self {
      case .script: .scriptInterpreter
      case .directURL: .directURL
      case .environment: .environmentConfiguration
      case .activation: .activationScript
      case .uvCache: .uvCache
      case .pathFile, .editable: .pathFile
      }
    }
  }

  var kind: Kind
  var surroundings: Surroundings

  /// What is known about the directories around a file.
  struct Surroundings: Hashable, Sendable {
    /// Whether the directory itself is `site-packages` or an equivalent.
    var isInstallRoot = false
    /// The directory's own name.
    var name = ""
    /// The virtual environment that it is in, spelled as in the file's path.
    var environment: String?
    /// Whether the environment is the parent of this directory.
    var isInEnvironment = false
    /// Where the tree is: absolute paths, each once.
    var locations: [String] = []
    /// Modules that `.pth` files of the directory import; only in an install root.
    var startupModules: Set<String> = []
    /// Why the file is left unchanged, if other files are the reason.
    var obstacle: String?
  }

  /// The kind of a file, by its name and place; nil for all other files.
  /// - Parameter head: reads the first bytes. Called only if the name does not tell.
  static func kind(
    of name: String, in surroundings: Surroundings, isScript: Bool, head: () -> [UInt8]
  ) -> Kind? {
    // Runs for every file of a tree, so check the directory's name only if the file's name matches.
    var isMetadata: Bool { surroundings.name.hasSuffix(".dist-info") }
    switch name {
    case "pyvenv.cfg": return .environment
    case "direct_url.json" where isMetadata: return .directURL
    case "uv_cache.json" where isMetadata: return .uvCache
    case "activate", "activate.fish", "activate.csh", "activate.bat", "activate.nu", "activate.xsh",
      "Activate.ps1",
      "activate.ps1":
      if surroundings.isInEnvironment { return .activation }
    default: break
    }
    if surroundings.isInstallRoot {
      if name.hasSuffix(".pth") || name.hasSuffix(".egg-link") { return .pathFile }
      if EditableLoader.isOne(named: name) { return .editable }
      if name.hasSuffix(".py"), surroundings.startupModules.contains(String(name.dropLast(3))) {
        return .editable
      }
    }
    guard isScript else { return nil }
    // Of all files that begin with `#!`, those that an installer wrote.
    return ScriptHead(Bytes(head()))?.isPython == true ? .script : nil
  }

  /// How many bytes at the beginning of a script are examined to recognize one: a path may have 4,096.
  static let headSize = 8192
}

extension TreeFile {
  /// A file that the user named; nil if it is not a tree file.
  init?(explicit path: String) {
    guard let real = try? AtomicWrite.realPath(path), let file = try? MappedFile.open(path),
      FileKind.of(file.bytes) == .other
    else { return nil }
    let directory = AtomicWrite.split(real).directory
    let surroundings = Surroundings(around: AtomicWrite.split(path).directory, real: directory)
    let head = file.bytes[0..<min(file.bytes.count, Self.headSize)]
    let isScript = head.count > 1 && head[0..<2].array() == Array("#!".utf8)
    let name = AtomicWrite.split(real).name
    guard let kind = Self.kind(of: name, in: surroundings, isScript: isScript, head: { head.array() }) else {
      return nil
    }
    self.init(kind: kind, surroundings: surroundings)
  }

  /// Empty if the file cannot be read; whoever processes it reports the error.
  static func head(of path: String) -> [UInt8] {
    guard let file = try? MappedFile.open(path) else { return [] }
    return file.bytes[0..<min(file.bytes.count, headSize)].array()
  }
}

extension TreeFile.Surroundings {
  /// For files in a directory, using only the directories above it. Whoever reads the directory itself adds the rest.
  init(above path: String, real: String) {
    name = AtomicWrite.split(real).name
    // The same directories, as spelled and as resolved.
    var spelled = path
    var directory = real
    var hops = 0
    while true {
      let (parent, name) = AtomicWrite.split(directory)
      guard parent != directory, !name.isEmpty else { break }
      spelled = AtomicWrite.split(spelled).name == name ? AtomicWrite.split(spelled).directory : parent
      directory = parent
      hops += 1
      let names = InstallRoot.entries(of: directory)
      if InstallRoot.isOne(named: directory, holding: names) { addPlace(spelled, real: directory) }
      if names.contains("pyvenv.cfg"), environment == nil {
        enterEnvironment(spelled, real: directory)
        isInEnvironment = hops == 1
      }
    }
  }

  /// The same, including the directory itself.
  init(around path: String, real: String) {
    self.init(above: path, real: real)
    let names = InstallRoot.entries(of: real)
    if InstallRoot.isOne(named: real, holding: names) {
      isInstallRoot = true
      addPlace(path, real: real)
      readPathFiles(names, in: real)
    }
    if names.contains("pyvenv.cfg") { enterEnvironment(path, real: real) }
  }

  /// For a subdirectory.
  func inside(_ name: String, parent: String) -> TreeFile.Surroundings {
    var inner = self
    inner.name = name
    inner.isInstallRoot = false
    inner.startupModules = []
    inner.isInEnvironment = environment == parent
    return inner
  }

  /// Records what the `.pth` files among these names import.
  mutating func readPathFiles(_ names: some Sequence<String>, in directory: String) {
    for name in names where name.hasSuffix(".pth") {
      guard let file = try? MappedFile.open(DirectoryEntry.join(directory, name)),
        file.bytes.count <= Limits.treeFileSize
      else { continue }
      startupModules.formUnion(EditableLoader.imports(file.bytes.array()))
    }
  }

  /// Records that the directory is a virtual environment.
  mutating func enterEnvironment(_ path: String, real: String) {
    environment = path
    addPlace(path, real: real)
  }

  mutating func addPlace(_ path: String, real: String) {
    add(location: real)
    add(location: AtomicWrite.absolute(path, in: (try? AtomicWrite.realPath(".")) ?? ""))
  }

  /// Omits the root directory and its direct children, which do not belong to one tree.
  mutating func add(location: String) {
    guard location.utf8.first == UInt8(ascii: "/"), location.split(separator: "/").count > 1,
      !locations.contains(location)
    else { return }
    locations.append(location)
  }
}
