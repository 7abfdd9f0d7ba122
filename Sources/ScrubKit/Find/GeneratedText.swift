internal import BuildRoots

/// Members that a build writes as text and not a person: the only text in which a path is a leak.
enum GeneratedText {
  /// Which rule is about a member of this name; nil for everything else, which is prose, source or binary.
  static func rule(of member: String) -> Rule? {
    let parts = member.split(separator: "/")
    guard let last = parts.last else { return nil }
    // PEP 770: *.dist-info/sboms/.
    if parts.count >= 3, parts[0].hasSuffix(".dist-info"), parts[1] == "sboms",
      last.hasSuffix(".json") || last.hasSuffix(".xml") || last.hasSuffix(".spdx")
    {
      return .sbom
    }
    if last == "__config__.py" { return .buildConfiguration }
    if last.hasPrefix("_sysconfigdata"), last.hasSuffix(".py") { return .sysconfig }
    if last.hasPrefix("_sysconfig_vars"), last.hasSuffix(".json") { return .sysconfig }
    if [".pc", ".cmake", ".la"].contains(where: { last.hasSuffix($0) }) { return .packageConfiguration }
    return nil
  }
}

/// The way of one generated text. Roots are made of bytes that neither JSON nor Python nor CMake escape, and so are
/// the paths that replace them: the text means the same but for the paths.
struct GeneratedTextScrub {
  let options: Options
  let rule: Rule

  func run(_ bytes: Bytes, fix: Bool) throws(ScrubError) -> ImageScrub.Outcome {
    // What is called so and is no text is not understood.
    guard bytes.span.firstIndex(of: 0, from: 0) == nil else { return ImageScrub.Outcome() }
    let roots = options.policy.texts
    let region = Region(name: "", section: nil, content: bytes, fileRange: 0..<bytes.count)
    let hits = Hits.all(in: [region], roots)
    guard !hits.isEmpty else { return ImageScrub.Outcome() }
    // Python imports some of these texts, and build tools read the others.
    let fates = hits.map { hit -> Finding.Fate in
      roots.turnsRelative(hit.root, in: bytes.span) ? .left(reason: AbsolutePaths.reason) : .rewritten
    }
    var outcome = ImageScrub.Outcome(
      findings: RawFindings(roots: roots).describe(hits, in: [region], fates))
    var (line, position) = (1, 0)
    for index in hits.indices {
      let start = hits[index].root.range.lowerBound
      for offset in position..<start where bytes[offset] == 0x0a { line += 1 }
      position = start
      outcome.findings[index].context = "line \(line), \(outcome.findings[index].rule.origin)"
      outcome.findings[index].rule = rule
    }
    guard fix, let text = roots.clean(bytes.span, keepsAbsolute: true) else { return outcome }

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
