public import Formats

/// The key of one path, or why there is none.
public struct KeyReport: Sendable {
  public enum Key: Hashable, Sendable {
    /// For what `fix` would write; SHA-256.
    case normal([UInt8])
    /// For the unmodified bytes, because two builds would differ even after `fix`.
    case raw([UInt8])
  }

  /// As the user named it.
  public var path: String
  /// Nil if there is an error.
  public var key: Key?
  /// What the key covers: `full` if a smaller part cannot be distinguished from the rest.
  public var level: KeyLevel
  /// Why the key is raw.
  public var reasons: [Note] = []
  public var errors: [ScrubError] = []

  public init(
    path: String, key: Key? = nil, level: KeyLevel, reasons: [Note] = [], errors: [ScrubError] = []
  ) {
    self.path = path
    self.key = key
    self.level = level
    self.reasons = reasons
    self.errors = errors
  }

  public var isRaw: Bool { if case .raw? = key { true } else { false } }
}

extension KeyReport.Key: CustomStringConvertible {
  /// `v3:sha256:<hex>` or `raw:sha256:<hex>`.
  public var description: String {
    switch self {
    case .normal(let digest): "v\(KeyWriter.version):sha256:" + Bytes(digest).hex
    case .raw(let digest): "raw:sha256:" + Bytes(digest).hex
    }
  }
}

/// Why two builds differ even after `fix`.
struct KeyReasons {
  /// One for each place and reason; a root left in a thousand strings of a section counts once.
  private(set) var notes: [Note] = []
  private var seen: Set<Note> = []
  private let level: KeyLevel

  init(_ level: KeyLevel) { self.level = level }

  mutating func add(_ findings: [Finding], _ notes: [Note]) {
    for finding in findings {
      guard case .left(let reason) = finding.fate, finding.rootUse != nil, counts(finding.place) else {
        continue
      }
      add(Note("a build directory stays: \(reason)", at: finding.place))
    }
    for note in notes {
      guard let divergence = note.divergence, level == .full || divergence == .anywhere else { continue }
      add(note)
    }
  }

  private mutating func add(_ note: Note) {
    var key = note
    key.place.offset = nil
    if seen.insert(key).inserted { notes.append(note) }
  }

  /// Debug info does not matter at run time.
  private func counts(_ place: Place) -> Bool {
    guard level == .runtime, let place = place.section else { return true }
    // `.gnu_debugdata!.strtab` is inside `.gnu_debugdata`.
    let section = String(place.prefix { $0 != "!" })
    return !DebuggerSections.isDebugInfo(named: section) && !section.hasPrefix("__DWARF,__debug_")
      && !section.hasPrefix("__DWARF,__apple_")
  }
}
