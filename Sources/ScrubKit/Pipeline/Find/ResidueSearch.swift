internal import BuildRoots
import Formats

/// Searches a whole file for what is left of random parts that were found in it or in files that belong to it.
///
/// It works on bytes that were read again, not on the plan, and has no notion of paths: it also finds what no parser
/// understands and no pattern describes. What the ordinary search reports is left to that.
struct ResidueSearch: Sendable {
  let fragments: ResidueFragments
  /// The file's options.
  let options: Options

  /// Nil if there is nothing to search for, or the rule is not selected.
  init?(_ fragments: ResidueFragments?, _ options: Options) {
    guard let fragments, !fragments.isEmpty, options.policy.selection.contains(.residue) else { return nil }
    self.fragments = fragments
    self.options = options
  }

  /// How many findings of one part in one stretch are reported; a table of names can hold thousands.
  private static let reportedOfEach = 100

  /// One finding for each piece. Places have no path, and only members inside the file.
  /// - Parameter texts: the roots that are reported in a file of no supported format; nil if none are.
  func findings(in bytes: Bytes, texts: RootMap? = nil) -> [Finding] {
    FileKind.of(bytes).residue(in: bytes, self, texts: texts)
  }

  /// A name, or other bytes that are not content: no root in them is reported.
  func findings(inName bytes: Bytes, section: String) -> [Finding] {
    findings([Region(name: section, section: nil, content: bytes, fileRange: nil)], reported: nil)
  }

  func image<I: Image>(_ format: I.Type, _ bytes: Bytes) -> [Finding] {
    // A file that cannot be read caused an error long before.
    guard let image = try? I(bytes), let regions = try? image.regions() else {
      return plain(bytes, reported: options.roots)
    }
    var hits: [Int: [Range<Int>]]?
    var split: [Finding] = []
    return regions.indices.flatMap { index -> [Finding] in
      let region = regions[index]
      let isLoaded = image.loading(of: region) == .content
      guard !fragments.matches(in: region.content.span, isLoaded: isLoaded).isEmpty else { return [] }
      if hits == nil {
        let all = JoinedHits.joining(
          image.hits(in: regions, options.policy), in: regions, (try? image.debugGroups()) ?? [],
          options.policy.roots)
        hits = all.rangesByRegion
        split = SplitRoots(roots: options.policy.roots).find(in: image, regions, all)
      }
      let start = image.offset(of: 0, in: region)
      let pieces = split.filter { $0.place.section == region.name }.compactMap { finding in
        finding.place.offset.map { Int($0) - start..<Int($0) - start + finding.root.utf8.count }
      }
      let known =
        (hits?[index] ?? []) + pieces
        // Its content is a separate region.
        + region.seals.compactMap(\.decoded)
      guard !fragments.matches(in: region.content, outside: known, isLoaded: isLoaded).isEmpty else {
        return []
      }
      // In an image, every selected root is reported anyway; the rest are unwanted.
      let unwanted = RootMap.default.roots(in: region.content.span).map(\.range)
      return describe(
        fragments.matches(in: region.content, outside: known + unwanted, isLoaded: isLoaded), in: region
      ) { UInt64(image.offset(of: $0, in: region)) }
    }
  }

  func universal(_ bytes: Bytes) -> [Finding] {
    guard let binary = try? UniversalBinary(bytes) else { return plain(bytes, reported: options.roots) }
    return findings(binary.ownRegions, reported: options.roots)
      + binary.slices.flatMap { slice in
        member(slice.name, findings(in: bytes[slice.range], texts: options.roots))
      }
  }

  func archive(_ bytes: Bytes) -> [Finding] {
    guard let archive = try? StaticArchive(bytes) else { return plain(bytes, reported: options.roots) }
    let own = ArchiveNames.stretches(of: archive).flatMap { stretch in
      findings([stretch.region], reported: options.roots).map { finding in
        var finding = finding
        finding.place.member = stretch.member
        finding.place.offset = finding.place.offset.map { $0 + stretch.offset }
        return finding
      }
    }
    return own
      + archive.files.flatMap { file -> [Finding] in
        guard let options = options.narrowed(to: Place(member: file.name)),
          let search = ResidueSearch(fragments, options)
        else { return [] }
        return member(
          file.name, search.findings(in: archive.content(of: file), texts: options.roots))
      }
  }

  private func member(_ name: String, _ findings: [Finding]) -> [Finding] {
    findings.map { finding in
      var finding = finding
      finding.place = finding.place.within(name)
      return finding
    }
  }

  /// Strings are stored verbatim in the file. A docstring that quotes the actual directory is not an example.
  func bytecode(_ bytes: Bytes) -> [Finding] {
    let region = Region(whole: bytes)
    let all = fragments.matches(in: bytes.span, isLoaded: false)
    if all.isEmpty { return [] }
    guard let image = try? BytecodeImage(bytes) else { return plain(bytes, reported: options.roots) }
    let known = BytecodeFindings.reportedRoots(in: image, options) + chosenRoots(in: bytes)
    let header = image.header.version.headerSize
    let matches = fragments.matches(in: bytes, outside: known, isLoaded: false)
    return describe(matches, in: region) { UInt64(max($0 - header, 0)) }.map { finding in
      var finding = finding
      finding.place.section = "marshal"
      return finding
    }
  }

  func plain(_ bytes: Bytes, reported: RootMap?) -> [Finding] {
    findings(
      [Region(whole: bytes)], reported: reported)
  }

  private func findings(_ regions: [Region], reported: RootMap?) -> [Finding] {
    regions.flatMap { region -> [Finding] in
      guard !fragments.matches(in: region.content.span, isLoaded: false).isEmpty else { return [] }
      let known =
        (reported?.roots(in: region.content.span) ?? []).map(\.range) + chosenRoots(in: region.content)
      return describe(
        fragments.matches(in: region.content, outside: known, isLoaded: false), in: region
      ) { UInt64($0) }
    }
  }

  /// Roots that the user chose not to report: allowed ones, and those of rules that are not selected here.
  private func chosenRoots(in bytes: Bytes) -> [Range<Int>] {
    let span = bytes.span
    return RootMap.default.roots(in: span)
      .filter { !options.policy.selection.contains($0.rule) || options.roots.isAllowed($0.range, in: span) }
      .map(\.range)
  }

  private func describe(
    _ matches: [ResidueFragments.Match], in region: Region, offset: (Int) -> UInt64
  ) -> [Finding] {
    var counts: [Int: Int] = [:]
    return matches.compactMap { match in
      counts[match.part, default: 0] += 1
      guard counts[match.part, default: 0] <= Self.reportedOfEach else { return nil }
      let piece = region.content[match.range].array().filter { !match.isWide || $0 != 0 }
      let fragment = String(decoding: piece, as: UTF8.self)
      // The text around UTF-16 is not readable as bytes.
      let (text, start) = match.isWide ? (fragment, 0) : region.text(around: match.range)
      let name = String(decoding: fragments.parts[match.part].component, as: UTF8.self)
      return Finding(
        place: Place(
          section: region.name.isEmpty ? nil : region.name, offset: offset(match.range.lowerBound)),
        rule: .residue, root: fragment, text: text, rootOffset: start,
        context: (fragment == name ? "the name " : "a piece of ") + name + (match.isWide ? ", UTF-16" : ""),
        replacement: fragment, fate: .left(reason: Self.reason))
    }
  }

  private static let reason = "nothing says where this path begins and ends, or what depends on these bytes"
}
