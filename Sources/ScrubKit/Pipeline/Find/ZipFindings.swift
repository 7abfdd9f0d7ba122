internal import BuildRoots
import Formats

/// Turns what is wrong with a zip into findings.
enum ZipFindings {
  /// The selected ones; places have no path.
  static func describe(_ defects: ZipDefects, _ selection: RuleSelection) -> [Finding] {
    defects.list.compactMap { kind, error in
      let rule = rule(of: kind)
      guard selection.contains(rule) else { return nil }
      let fate: Finding.Fate =
        kind.isDroppedByWriting
        ? .corrected : .left(reason: kind == .symbolicLink ? Reason.link : Reason.ambiguous)
      return Finding(place: error.place, rule: rule, subject: .defect(Defect(error.message)), fate: fate)
    }
  }

  private enum Reason {
    static let ambiguous = "a wheel that can be read in two ways cannot be kept true in both"
    static let link = "whoever installs it decides what it becomes"
  }

  private static func rule(of kind: ZipDefects.Kind) -> Rule {
    switch kind {
    case .dataDescriptor: .dataDescriptor
    case .comment: .archiveComment
    case .strayData: .strayData
    case .duplicateName: .duplicateName
    case .headerMismatch: .headerMismatch
    case .compressionMethod: .compressionMethod
    case .unsafeName: .unsafeName
    case .extraField: .extraField
    case .symbolicLink: .symbolicLink
    case .encrypted: .encrypted
    case .overlap: .overlap
    case .impossibleSize: .impossibleSize
    }
  }
}
