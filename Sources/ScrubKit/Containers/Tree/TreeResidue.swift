internal import BuildRoots
import Formats

/// Searches the files of one run, outside wheels, for what is left of random parts that were found in any of them.
///
/// Each file was already searched for its own parts when it was processed, before anything was written. Only parts
/// found in other files are new here, and they change no result.
public struct TreeResidue: Sendable {
  private let options: Options

  public init(options: Options) { self.options = options }

  /// Adds the findings to the reports.
  /// - Parameter reports: one for each file, in their order; others may follow.
  public func complete(_ files: [InputFile], _ reports: inout [FileReport]) {
    guard files.count > 1, reports.count >= files.count else { return }
    let searched = files.indices.map { index in
      (path: reports[index].writtenTo ?? files[index].path, findings: reports[index].findings)
    }
    for (index, result) in self.findings(in: searched) where reports[index].errors.isEmpty {
      do throws(ScrubError) {
        let findings = try result.get()
        reports[index].findings.removeAll { $0.rule == .residue }
        reports[index].findings += findings.map { finding in
          var finding = finding
          finding.place.path = files[index].path
          return finding
        }
      } catch {
        reports[index].errors.append(error.inside(path: files[index].path))
      }
    }
  }

  /// What is left in each file; only for files in which something new was searched for. Places have no path.
  func findings(in files: [(path: String, findings: [Finding])]) -> [Int: Result<[Finding], ScrubError>] {
    let candidates = files.indices.filter { index in files[index].findings.contains { $0.rootUse != nil } }
    // A wheel is searched on its own.
    let leaking = candidates.filter { !isWheel(files[$0].path) }
    let seen = SeenParts()
    for index in leaking { _ = seen.add(files[index].findings, options.policy) }
    guard let fragments = seen.complete, !fragments.isEmpty else { return [:] }
    let results = options.workers.map(Array(files.indices)) { index -> Result<[Finding], ScrubError>? in
      let own = SeenParts()
      _ = own.add(files[index].findings, options.policy)
      guard own.complete?.parts != fragments.parts,
        let options = options.narrowed(to: Place(path: files[index].path)),
        let search = ResidueSearch(fragments, options),
        // A file that cannot be read has already reported that.
        let file = try? MappedFile.open(files[index].path), FileKind.of(file.bytes) != .zip
      else { return nil }
      // Scripts and configuration files were checked where they hold paths, and a key masks the paths of preprocessed
      // text.
      let isReported =
        files[index].findings.contains { $0.rootUse != nil && $0.rule != .residue }
        || PreprocessedText.isNamedSo(files[index].path) && PreprocessedText.isOne(file.bytes)
      let text = TextScrub(Text(memberAt: files[index].path, head: file.bytes), options)
      let texts = isReported && !text.isRewritten ? options.policy.treeFiles : text.reported
      return Result { () throws(ScrubError) in
        try Effort.within(file.bytes.count) {
          search.findings(in: file.bytes, texts: texts)
        }
      }
    }
    var found: [Int: Result<[Finding], ScrubError>] = [:]
    for (index, result) in results.enumerated() { found[index] = result }
    return found
  }

  private func isWheel(_ path: String) -> Bool {
    (try? MappedFile.open(path)).map { FileKind.of($0.bytes) == .zip } ?? false
  }
}
