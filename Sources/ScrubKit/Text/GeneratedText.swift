internal import BuildRoots
import Formats

/// Texts that a build writes and not a person.
enum GeneratedText {
  /// Which rule is about a file or member of this path; nil for everything else, which is prose, source or binary.
  static func rule(of path: String) -> Rule? {
    // Asked of every file of a tree: the last component first.
    let nameStart = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) }
    let last = path[(nameStart ?? path.startIndex)...]
    if last.hasSuffix(".json") || last.hasSuffix(".xml") || last.hasSuffix(".spdx"), isInSBOMs(path) {
      return .sbom
    }
    if last == "__config__.py" { return .buildConfiguration }
    if last.hasPrefix("_sysconfigdata"), last.hasSuffix(".py") { return .sysconfig }
    if last.hasPrefix("_sysconfig_vars"), last.hasSuffix(".json") { return .sysconfig }
    if [".pc", ".cmake", ".la"].contains(where: { last.hasSuffix($0) }) { return .packageConfiguration }
    return nil
  }

  /// PEP 770: `*.dist-info/sboms/`.
  private static func isInSBOMs(_ path: String) -> Bool {
    let directories = path.split(separator: "/").dropLast()
    return zip(directories, directories.dropFirst()).contains { $0.hasSuffix(".dist-info") && $1 == "sboms" }
  }
}

/// The way of one generated text. Roots are made of bytes that neither JSON nor Python nor CMake escape, and so are
/// the paths that replace them: the text means the same but for the paths.
struct GeneratedTextScrub {
  let options: Options
  let rule: Rule
  /// Why it stays as it is.
  var obstacle: String?

  func run(_ bytes: Bytes, fix: Bool) throws(ScrubError) -> ImageScrub.Outcome {
    // What is called so and is no text is not understood, and nobody writes as large a one.
    guard bytes.count <= Limits.textSize, bytes.span.firstIndex(of: 0, from: 0) == nil else {
      return ImageScrub.Outcome()
    }
    let roots = options.policy.texts
    let region = Region(whole: bytes)
    let hits = Hits.all(in: [region], roots)
    guard !hits.isEmpty else { return ImageScrub.Outcome() }
    // Python imports some of these texts, and build tools read the others.
    let fates = hits.map { hit -> Finding.Fate in
      if let obstacle { return .left(reason: obstacle) }
      return roots.turnsRelative(hit.root, in: bytes.span) ? .left(reason: AbsolutePaths.reason) : .rewritten
    }
    var outcome = ImageScrub.Outcome(
      findings: RawFindings(roots: roots).describe(hits, in: [region], fates))
    var lines = LineCounter(bytes)
    for index in hits.indices {
      lines.move(to: hits[index].root.range.lowerBound)
      outcome.findings[index].context = "line \(lines.line), \(outcome.findings[index].rule.origin)"
      outcome.findings[index].rule = rule
    }
    guard fix, obstacle == nil, let text = roots.clean(bytes.span, keepsAbsolute: true) else {
      return outcome
    }

    // Verify: read the result again.
    let output = Bytes(text)
    guard roots.roots(in: output.span).count == outcome.findings.count(where: { !$0.isFixable }) else {
      throw ScrubError("verify: a build root is left in the text")
    }
    outcome.changes = Changes.ofStrings(outcome.findings)
    outcome.output = output
    return outcome
  }
}
