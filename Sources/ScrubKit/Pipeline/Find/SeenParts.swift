internal import BuildRoots
import Formats
import Synchronization

/// The random parts found so far in files that belong together, while several threads find more.
final class SeenParts: Sendable {
  private struct State {
    var parts: Set<RandomPart> = []
    /// Roots that were already split into parts: debug info names one of them a thousand times.
    var roots: Set<String> = []
    var fragments: ResidueFragments?
    /// How many parts the fragments are made of.
    var known = 0
    /// Whether a file had so many roots that not all were split.
    var isCut = false

    /// Rebuilds the fragments from all parts.
    mutating func renew() {
      if known == parts.count, !isCut || fragments?.isCut == true { return }
      fragments = ResidueFragments(parts, isCut: isCut)
      known = parts.count
    }
  }
  private let state = Mutex(State())

  /// Adds the parts of these findings.
  /// - Returns: fragments of all or nearly all parts so far; nil if there are none.
  func add(_ findings: [Finding], _ policy: Policy) -> ResidueFragments? {
    state.withLock { state in
      // Those of one file, in its order: what is left out must not depend on what other threads have found so far.
      var own: Set<String> = []
      for finding in findings {
        // A residue is of a part that is already known.
        guard finding.rule != .residue, let root = finding.rootUse?.root, own.insert(root).inserted else {
          continue
        }
        // Many more than are searched for; each costs as much as finding it.
        if own.count > 4 * Limits.randomParts {
          state.isCut = true
          break
        }
        guard state.roots.insert(root).inserted else { continue }
        state.parts.formUnion(policy.treeFiles.randomParts(ofRoot: Array(root.utf8)))
      }
      // Building them costs in proportion to the number of parts, so it is not done for each of thousands.
      if state.parts.count <= 64 || state.parts.count >= state.known + state.known / 4 { state.renew() }
      return state.fragments
    }
  }

  /// Fragments of all parts; nil if there are none.
  var complete: ResidueFragments? {
    state.withLock { state in
      state.renew()
      return state.fragments
    }
  }
}

extension ResidueFragments {
  /// Reports that not all parts are searched for; nil if all are.
  var note: Note? {
    guard isCut else { return nil }
    return Note(
      "more than \(Limits.randomParts) random names were found; what is left of the others is not searched for",
      at: Place(), divergence: .anywhere)
  }
}

extension ResidueSearch {
  /// Adds to the outcomes of files that belong together what is left in each file of the random parts of all.
  /// - Parameter files: each file's bytes before `fix`, and its options.
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
