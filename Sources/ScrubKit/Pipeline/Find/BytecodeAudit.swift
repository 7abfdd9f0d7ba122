internal import BuildRoots
import Formats

/// Compares the header of a `.pyc` with the source, as the interpreter does on import (PEP 552).
struct BytecodeAudit {
  let header: BytecodeHeader
  let surroundings: BytecodeScrub.Surroundings
  let selection: RuleSelection

  /// At most one defect. The source is read only if the header holds its hash.
  func findings() throws(ScrubError) -> [Finding] {
    guard selection.contains(Family.bytecode) else { return [] }
    switch try surroundings.state() {
    case .unknown: return []
    case .missing(isCached: true):
      return found(
        .orphanBytecode, Defect("its source is not there, so Python never loads it"), Self.removable)
    case .missing(isCached: false):
      return found(.sourcelessBytecode, Defect("its source is not there"), Self.removable)
    case .present(let size, let modified): return try stale(size: size, modified: modified)
    }
  }

  private static let removable = "wheelscrub removes no files"
  private static let stays = "a new header would make Python run what the source does not say"

  private func stale(size: Int64, modified: Int64?) throws(ScrubError) -> [Finding] {
    switch header.validation {
    case .timestamp(let time, let sourceSize):
      let freshness = BytecodeHeaderPlan.freshness(time, sourceSize, ofSource: size, modified: modified)
      guard freshness == .stale else { return [] }
      // Without a time to compare with, use the header's own.
      let actual = BytecodeHeader.Validation.timestamp(
        modified.map { UInt32(truncatingIfNeeded: $0) } ?? time, size: UInt32(truncatingIfNeeded: size))
      let what = UInt32(truncatingIfNeeded: size) == sourceSize ? "time" : "size"
      return found(
        .staleBytecode,
        Defect("its source has another \(what)", claimed: "\(header.validation)", actual: "\(actual)"),
        Self.stays)
    case .hash(let hash, let isChecked):
      let rule = isChecked ? Rule.staleBytecode : .uncheckedBytecode
      guard selection.contains(rule), let source = try surroundings.source(),
        let actual = header.version.sourceHash(source.content), actual != hash
      else { return [] }
      return found(
        rule,
        Defect(
          "its source has another hash", claimed: "\(header.validation)",
          actual: "\(BytecodeHeader.Validation.hash(actual, isChecked: isChecked))"), Self.stays)
    }
  }

  private func found(_ rule: Rule, _ defect: Defect, _ reason: String) -> [Finding] {
    guard selection.contains(rule) else { return [] }
    return [
      Finding(
        place: Place(section: "header", offset: UInt64(header.validationOffset)), rule: rule,
        subject: .defect(defect), fate: .left(reason: reason))
    ]
  }
}
