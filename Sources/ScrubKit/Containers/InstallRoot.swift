import Formats

/// The directory that distributions are installed in and that module names are relative to: `site-packages`, or any
/// other directory that holds their metadata, as `pip install --target` creates.
enum InstallRoot {
  /// - Parameter subdirectories: names of directories in it.
  static func isOne(named path: String, holding subdirectories: some Sequence<String>) -> Bool {
    let name = AtomicWrite.split(path).name
    return name == "site-packages" || name == "dist-packages"
      || subdirectories.contains { $0.hasSuffix(".dist-info") || $0.hasSuffix(".egg-info") }
  }

  /// A path relative to the nearest such directory at or above it: empty for the directory itself, nil where there is
  /// none.
  static func above(_ path: String) -> String? { below(path, isOneItself: true) }

  /// The same for a file.
  static func path(of file: String) -> String? { below(file, isOneItself: false) }

  private static func below(_ path: String, isOneItself: Bool) -> String? {
    var directory = path
    var rest = ""
    var isCandidate = isOneItself
    while true {
      if isCandidate, isOne(named: directory, holding: entries(of: directory)) { return rest }
      let (parent, name) = AtomicWrite.split(directory)
      guard parent != directory, !name.isEmpty else { return nil }
      rest = rest.isEmpty ? name : "\(name)/\(rest)"
      directory = parent
      isCandidate = true
    }
  }

  /// Empty where the directory cannot be read: then nothing is known about it.
  static func entries(of directory: String) -> [String] {
    ((try? DirectoryEntry.names(in: directory)) ?? []).compactMap { String(validating: $0, as: UTF8.self) }
  }
}

extension BytecodeScrub.Surroundings {
  /// For a loose file: the source lies beside it.
  init(_ input: InputFile) {
    sourceName = input.installedPath.flatMap { PythonSource.path(ofBytecode: $0) }
    source = { () throws(ScrubError) in try PythonSource.beside(input.path) }
    state = { () throws(ScrubError) in try PythonSource.state(beside: input.path) }
    compiled = { CompiledSource(bytecode: input) }
    guard let installedPath = input.installedPath else { return }
    directories = {
      let spelled = input.installRoot.map {
        AtomicWrite.absolute($0, in: (try? AtomicWrite.realPath(".")) ?? "")
      }
      let real = (try? AtomicWrite.realPath(input.path)).flatMap { path in
        path.hasSuffix("/" + installedPath) ? String(path.dropLast(installedPath.count + 1)) : nil
      }
      return [spelled, real].compactMap(\.self)
    }
  }

  /// For a wheel's member: relative to where the wheel will be installed.
  init(_ member: Wheel.Member, of wheel: Wheel) {
    let name = PythonSource.path(ofBytecode: member.name)
    sourceName = name.map(Self.installedName)
    source = { () throws(ScrubError) in
      guard let name, let member = wheel.member(named: name) else { return nil }
      return PythonSource(content: try member.content())
    }
    state = { () throws(ScrubError) in
      guard let name else { return .unknown }
      guard let source = wheel.member(named: name) else {
        return .missing(isCached: PythonSource.isCached(member.name))
      }
      return .present(size: Int64(clamping: source.uncompressedSize), modified: nil)
    }
    compiled = { CompiledSource(bytecode: member, of: wheel) }
  }

  /// The name without `name-1.0.data/purelib/` (binary distribution format, "The .data directory").
  private static func installedName(_ name: String) -> String {
    let parts = name.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].hasSuffix(".data"), parts[1] == "purelib" || parts[1] == "platlib" else {
      return name
    }
    return String(parts[2])
  }
}
