internal import BuildRoots

/// What happens to build roots that dyld follows (rule BP401): run paths and names of libraries in load commands.
/// The same decisions as `RunPathPlan` makes for ELF.
struct LoadPathPlan: Sendable {
  /// Load commands that go, as indices into the image's.
  private(set) var removed: [Int] = []
  /// What that does, for the report.
  private(set) var changes: [Change] = []
  private struct Mark: Sendable {
    var context: String
    var fate: Finding.Fate
  }
  /// By index of the hit.
  private var marks: [Int: Mark] = [:]

  /// - Parameter remove: plan the removal of run paths with roots; else they are only named.
  init(_ image: MachOImage, regions: [Region], hits: [Hit], remove: Bool) {
    for (index, hit) in hits.enumerated() {
      guard let start = regions[hit.region].fileRange?.lowerBound, image.header.commands.contains(start)
      else {
        continue
      }
      // Commands ascend.
      let next = image.commands.partition { $0.range.lowerBound <= start }
      guard next > 0 else { continue }
      let command = image.commands[next - 1]
      let isRunPath = command.kind == LoadCommandKind.runPath
      guard LoadCommandKind.isLinked(command.kind) else { continue }
      let reason =
        command.kind == LoadCommandKind.idDylib ? Reason.id : isRunPath ? Reason.runPath : Reason.name
      marks[index] = Mark(
        context: command.name, fate: remove && isRunPath ? .removed : .left(reason: reason))
      guard remove, isRunPath, removed.last != next - 1 else { continue }
      removed.append(next - 1)
      changes.append(
        Change(
          place: Place(section: command.name, offset: UInt64(command.range.lowerBound)),
          kind: .runPath(before: image.string(of: command), after: nil)))
    }
  }

  /// Whether the hit's fate is decided here.
  func owns(_ hit: Int) -> Bool { marks[hit] != nil }

  func revise(_ fates: inout [Finding.Fate]) {
    for (index, mark) in marks { fates[index] = mark.fate }
  }

  /// Puts rule and context into the findings, one for each hit.
  func relabel(_ findings: inout [Finding]) {
    for (index, mark) in marks {
      findings[index].followedByLinker()
      findings[index].context = mark.context
      if mark.fate == .removed { findings[index].replacement = "" }
    }
  }

  private enum Reason {
    static let runPath =
      "anyone may create this directory and put a library there; --fix-rpath removes the run path"
    static let name = "dyld opens this very name; link again without the build directory in it"
    static let id =
      "programs linked with this library record this name and dyld opens it; install_name_tool -id changes it"
  }
}

extension MachOImage {
  /// The string of a command whose third word says where it begins.
  fileprivate func string(of command: Command) -> String {
    let content = bytes[command.range]
    guard content.count >= 12 else { return "" }
    let start = Int(content.span.unsigned(at: 8, width: 4, order: header.order))
    guard start <= content.count else { return "" }
    let end = content.span.firstIndex(of: 0, from: start) ?? content.count
    return String(decoding: content[start..<max(start, end)].array(), as: UTF8.self)
  }
}
