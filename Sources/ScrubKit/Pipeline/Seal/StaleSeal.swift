internal import BuildRoots
import Formats

/// A build-id or UUID that may depend on data that is gone: it was a hash that covered the debug info, with its paths,
/// before strip removed it. Two builds differ in it although no path is left.
struct StaleSeal {
  var place: Place
  var rule: Rule
  /// As hex.
  var value: String
  /// Why it must stay: something looks the image up by it.
  var obstacle: String?

  /// What `check` reports if the rule is selected.
  func finding(isRenewed: Bool) -> Finding {
    let why = obstacle ?? "fix --canonical makes it a hash of these bytes"
    return Finding(
      place: place, rule: rule,
      subject: .defect(Defect("\(value) is not a hash of the bytes that are there")),
      fate: isRenewed ? .corrected : .left(reason: why))
  }
}

extension ElfImage {
  var hasDebugInfo: Bool { sections.contains { $0.debugName != nil } }

  /// The ids that the canonical form derives from the other bytes: a key counts only those bytes.
  func derivedIDs(path: String) -> [Range<Int>] {
    guard mayBeStale, section(named: ".gnu_debuglink") == nil, !LinkedFiles.isGrafted(path),
      !BuildIDRecipe.areLinkers(self)
    else { return [] }
    return buildIDs
  }

  /// A linked image with an id but without its debug info.
  private var mayBeStale: Bool {
    !buildIDs.isEmpty && !segments.isEmpty && !isSeparateDebugFile && !hasDebugInfo
  }

  /// - Parameter companions: whether the separate debug file is at hand.
  func staleSeal(_ companions: LinkedFiles) -> StaleSeal? {
    guard mayBeStale, let id = buildIDs.first, !companions.isGrafted, !BuildIDRecipe.verifies(self)
    else { return nil }
    var seal = StaleSeal(
      place: Place(section: "build-id", offset: UInt64(id.lowerBound)), rule: .staleBuildID,
      value: bytes[id].hex)
    if section(named: ".gnu_debuglink") != nil, !companions.hasDebugFile {
      seal.obstacle = "its debug file is looked up by it; give both to the same fix"
    }
    return seal
  }
}

extension MachOImage {
  /// No recipe of a Mach-O linker is known here: only an id that `fix` made is known to match.
  func staleSeal(_ companions: LinkedFiles) -> StaleSeal? {
    guard let place = uuids.first, !isDSYM, !isObject, !companions.isGrafted,
      !sections.contains(where: { $0.debugName != nil }),
      let symbols = try? symbols(), !symbols.contains(where: { $0.type & SymbolType.stabMask != 0 }),
      !UUIDSeal.isOurs(self)
    else { return nil }
    return StaleSeal(
      place: Place(section: "LC_UUID", offset: UInt64(place.lowerBound)), rule: .staleUUID,
      value: bytes[place].hex)
  }
}
