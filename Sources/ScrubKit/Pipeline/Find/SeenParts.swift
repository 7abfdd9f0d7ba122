internal import BuildRoots
import Formats
import Synchronization

/// The random parts that were found so far in what belongs together, while several threads find more.
final class SeenParts: Sendable {
  private struct State {
    var parts: Set<RandomPart> = []
    /// Roots that were taken apart already: debug info names one of them a thousand times.
    var roots: Set<String> = []
    var fragments: ResidueFragments?
    /// How many parts these are made of.
    var known = 0

    /// Of all parts.
    mutating func renew() {
      if known == parts.count { return }
      fragments = ResidueFragments(parts)
      known = parts.count
    }
  }
  private let state = Mutex(State())

  /// Adds what these findings hold.
  /// - Returns: fragments of all parts so far, or nearly all; nil where there is none.
  func add(_ findings: [Finding], _ policy: Policy) -> ResidueFragments? {
    state.withLock { state in
      for finding in findings {
        // A residue is of a part that is known.
        guard finding.rule != .residue, let root = finding.rootUse?.root, state.roots.insert(root).inserted
        else { continue }
        state.parts.formUnion(policy.carriers.randomParts(ofRoot: Array(root.utf8)))
      }
      // To make them costs as much as there are parts: not for each one of thousands.
      if state.parts.count <= 64 || state.parts.count >= state.known + state.known / 4 { state.renew() }
      return state.fragments
    }
  }

  /// Fragments of all parts; nil where there is none.
  var complete: ResidueFragments? {
    state.withLock { state in
      state.renew()
      return state.fragments
    }
  }
}

extension ResidueFragments {
  /// Says that not all parts are searched for; nil where they are.
  var note: Note? {
    guard isCut else { return nil }
    return Note(
      "more than \(Limits.randomParts) random names were found; what is left of the others is not searched for",
      at: Place(), divergence: .anywhere)
  }
}

extension ResidueSearch {
  /// Adds to what came of files that belong together what is left in each of them of random parts of all.
  /// - Parameter files: the bytes before, and the options, of each.
  static func complete(
    _ outcomes: inout [ImageScrub.Outcome], _ files: [(bytes: Bytes, options: Options)]
  ) {
    let seen = SeenParts()
    for (outcome, file) in zip(outcomes, files) { _ = seen.add(outcome.findings, file.options.policy) }
    guard let fragments = seen.complete else { return }
    for (index, file) in files.enumerated() {
      guard let search = ResidueSearch(fragments, file.options) else { continue }
      outcomes[index].findings += search.findings(in: outcomes[index].output ?? file.bytes)
      if let note = fragments.note { outcomes[index].notes.append(note) }
    }
  }
}
