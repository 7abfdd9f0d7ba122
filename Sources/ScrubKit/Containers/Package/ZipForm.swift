import Formats

/// What a zip is, by its name and its members: `WheelScrub` works on wheels and on plain zips, and `PackageSearch` on
/// what has hashes that a change would make wrong.
enum ZipForm: Equatable {
  /// Called `.whl`, or with one RECORD where a wheel has it.
  case wheel
  /// A `.zip`, `.egg` or zipapp: nothing in it knows its other members.
  case plain
  case searched(reason: String)

  /// - Throws: where it is no zip.
  init(of file: MappedFile) throws(ScrubError) {
    if file.path.hasSuffix(".whl") {
      self = .wheel
      return
    }
    var tolerant = ZipDefects.tolerant
    tolerant.allowsScriptHead = true
    let names = try Wheel(file, &tolerant).members.map(\.name)
    if let reason = Self.obstacle(names) {
      self = .searched(reason: reason)
      return
    }
    if names.contains(where: Self.isRecord) {
      self = .wheel
      return
    }
    var strict = ZipDefects.strict
    strict.allowsScriptHead = true
    do throws(ScrubError) {
      _ = try Wheel(file, &strict)
      self = .plain
    } catch {
      try error.rethrowRefusal()
      self = .searched(reason: "two readers of the zip could understand it differently: \(error.message)")
    }
  }

  /// Why nothing in it may change.
  private static func obstacle(_ names: [String]) -> String? {
    let records = names.filter { $0.hasSuffix(".dist-info/RECORD") }
    let isConda = names.contains("metadata.json") && names.contains { $0.hasSuffix(".tar.zst") }
    if isConda { return "conda packages are searched, not rewritten; fix what goes into them" }
    if names.contains("PEX-INFO") {
      return "its PEX-INFO has hashes of what it holds; fix the wheels that go into it"
    }
    if records.contains(where: { !isRecord($0) }) || records.count > 1 {
      return
        "it holds installed distributions, whose RECORDs have hashes of their files; fix the wheels that go into it"
    }
    if names.contains(where: isSourceInfo) {
      return "source distributions are searched, not rewritten; build the archive without the path"
    }
    return nil
  }

  private static func isRecord(_ name: String) -> Bool {
    name.hasSuffix(".dist-info/RECORD") && name.utf8.count { $0 == 0x2f } == 1
  }

  /// `name-1.0/PKG-INFO`. An egg has it in `EGG-INFO`.
  private static func isSourceInfo(_ name: String) -> Bool {
    name.hasSuffix("/PKG-INFO") && name.utf8.count { $0 == 0x2f } == 1 && name != "EGG-INFO/PKG-INFO"
  }
}
