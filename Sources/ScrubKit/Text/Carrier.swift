internal import BuildRoots
import Formats

/// A file of an installed tree, no image, that says where the tree is.
public struct Carrier: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    /// With `#!` and a Python.
    case script
    /// `direct_url.json` (PEP 610).
    case directURL
    /// `pyvenv.cfg` (PEP 405).
    case environment
    /// `activate` and its kin for other shells.
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

  /// What is known of the directories around a file.
  struct Surroundings: Hashable, Sendable {
    /// Whether `site-packages`, or what is like it, is the very directory.
    var isInstallRoot = false
    /// The directory's own name.
    var name = ""
    /// The virtual environment that it is in, spelled as the file's path is.
    var environment: String?
    /// Whether the environment is the directory that this one is in.
    var isInEnvironment = false
    /// Where the tree is: absolute paths, each once.
    var locations: [String] = []
    /// Modules that `.pth` files of the directory import; only of a directory for distributions.
    var startupModules: Set<String> = []
    /// Why the file stays as it is, as far as other files are the reason.
    var obstacle: String?
  }

  /// Which kind a file is, by its name and place; nil for all that is not one.
  /// - Parameter head: reads the first bytes. Only asked for where the name does not tell.
  static func kind(
    of name: String, in surroundings: Surroundings, isScript: Bool, head: () -> [UInt8]
  ) -> Kind? {
    // Asked of every file of a tree: the directory's name only where the file's is one of these.
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
    // Of all that begins with `#!`, what an installer wrote.
    return ScriptHead(Bytes(head()))?.isPython == true ? .script : nil
  }

  /// How many first bytes of a script are looked at, to see whether it is one: a path may have 4,096.
  static let headSize = 8192
}

extension Carrier {
  /// A file that the user named; nil for what is none.
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

  /// Nothing where it cannot be read: who works on the file says why.
  static func head(of path: String) -> [UInt8] {
    guard let file = try? MappedFile.open(path) else { return [] }
    return file.bytes[0..<min(file.bytes.count, headSize)].array()
  }
}

extension Carrier.Surroundings {
  /// Of what lies in a directory, as far as the directories above it tell. The directory itself is for who reads it.
  init(above path: String, real: String) {
    name = AtomicWrite.split(real).name
    // The same directories, as they are spelled and as they are.
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

  /// The same with the directory itself.
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

  /// Of a subdirectory.
  func inside(_ name: String, parent: String) -> Carrier.Surroundings {
    var inner = self
    inner.name = name
    inner.isInstallRoot = false
    inner.startupModules = []
    inner.isInEnvironment = environment == parent
    return inner
  }

  /// Notes what the `.pth` files among these names import.
  mutating func readPathFiles(_ names: some Sequence<String>, in directory: String) {
    for name in names where name.hasSuffix(".pth") {
      guard let file = try? MappedFile.open(DirectoryEntry.join(directory, name)),
        file.bytes.count <= Limits.carrierSize
      else { continue }
      startupModules.formUnion(EditableLoader.imports(file.bytes.array()))
    }
  }

  /// The directory is a virtual environment.
  mutating func enterEnvironment(_ path: String, real: String) {
    environment = path
    addPlace(path, real: real)
  }

  mutating func addPlace(_ path: String, real: String) {
    add(location: real)
    add(location: AtomicWrite.absolute(path, in: (try? AtomicWrite.realPath(".")) ?? ""))
  }

  /// Without the root directory and those in it, which are no tree's own.
  mutating func add(location: String) {
    guard location.utf8.first == UInt8(ascii: "/"), location.split(separator: "/").count > 1,
      !locations.contains(location)
    else { return }
    locations.append(location)
  }
}
