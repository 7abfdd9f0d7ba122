internal import BuildRoots
import Formats

/// What happens to build roots that dyld follows (rule BP401): run paths and library names in load commands. Run paths
/// are treated as `RunPathPlan` treats them for ELF. Library names are edited in place: a path into the build directory
/// finds nothing any more under either name, and a library and its users get the same new one.
struct LoadPathPlan: Sendable {
  /// Load commands to remove, as indices into the image's.
  private(set) var removed: [Int] = []
  /// The effect of that, for the report.
  private(set) var changes: [Change] = []
  private struct Mark: Sendable {
    var context: String
    /// Nil if the hit is edited like any other.
    var fate: Finding.Fate?
  }
  /// By index of the hit.
  private var marks: [Int: Mark] = [:]

  /// - Parameter remove: plan the removal of run paths with roots; otherwise they are only reported.
  init(_ image: MachOImage, regions: [Region], hits: [Hit], remove: Bool) {
    for (index, hit) in hits.enumerated() {
      guard let start = regions[hit.region].fileRange?.lowerBound, image.header.commands.contains(start)
      else {
        continue
      }
      // Commands are in ascending order.
      let next = image.commands.partition { $0.range.lowerBound <= start }
      guard next > 0 else { continue }
      let command = image.commands[next - 1]
      let isRunPath = command.kind == LoadCommandKind.runPath
      guard LoadCommandKind.isLinked(command.kind) else { continue }
      let fate: Finding.Fate? = isRunPath ? remove ? .removed : .left(reason: Self.runPathStays) : nil
      marks[index] = Mark(context: command.name, fate: fate)
      guard remove, isRunPath, removed.last != next - 1 else { continue }
      removed.append(next - 1)
      var change = Change(
        place: Place(section: command.name, offset: UInt64(command.range.lowerBound)),
        kind: .runPath(before: image.string(of: command), after: nil))
      change.rule = Rule.runPath.code
      change.old = command.range
      changes.append(change)
    }
  }

  /// Whether the hit's fate is decided here.
  func owns(_ hit: Int) -> Bool { marks[hit]?.fate != nil }

  func revise(_ fates: inout [Finding.Fate]) {
    for (index, mark) in marks {
      if let fate = mark.fate { fates[index] = fate }
    }
  }

  /// Sets rule and context of the findings, one for each hit.
  func relabel(_ findings: inout [Finding]) {
    for (index, mark) in marks {
      findings[index].followedByLinker()
      findings[index].context = mark.context
      if mark.fate == .removed { findings[index].replacement = "" }
    }
  }

  private static let runPathStays =
    "anyone may create this directory and put a library there; --fix-rpath removes the run path"
}

extension MachOImage {
  /// The string of a command whose third word gives its offset.
  fileprivate func string(of command: Command) -> String {
    let content = bytes[command.range]
    guard content.count >= 12 else { return "" }
    let start = Int(content.span.unsigned(at: 8, width: 4, order: header.order))
    guard start <= content.count else { return "" }
    let end = content.span.firstIndex(of: 0, from: start) ?? content.count
    return String(decoding: content[start..<max(start, end)].array(), as: UTF8.self)
  }
}
