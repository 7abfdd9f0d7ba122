internal import BuildRoots
import Formats

/// Turns hits into findings, naming the place of each.
struct Findings<I: Image> {
  let image: I
  let regions: [Region]
  let groups: [DwarfSections]
  let roots: RootMap

  /// Units of effort: the strings of one finding, and one memory check per thousand.
  private static var cost: Int { 1 << 10 }

  /// One finding for each hit, and notes on places that could not be named.
  func describe(_ hits: [Hit], _ fates: [Finding.Fate]) -> ([Finding], [Note]) {
    var contexts = [String?](repeating: nil, count: hits.count)
    var notes: [Note] = []
    for dwarf in groups {
      do throws(ScrubError) {
        try nameDebugStrings(hits, in: dwarf, &contexts)
      } catch {
        notes.append(Note("\(error.message); places in debug sections are not named", at: error.place))
      }
    }
    image.name(hits, in: regions, &contexts)

    var findings: [Finding] = []
    findings.reserveCapacity(hits.count)
    for (index, hit) in hits.enumerated() {
      // A finding takes far more memory than the bytes it describes.
      guard Effort.grants(Self.cost) else { break }
      let region = regions[hit.region]
      let (text, offset) = region.text(around: hit.root)
      var finding =
        Finding(
          place: Place(
            section: region.name, offset: UInt64(image.offset(of: hit.root.range.lowerBound, in: region))),
          rule: hit.root.rule,
          root: roots.text(of: hit.root, in: region.content.span),
          text: text, rootOffset: offset, context: contexts[index],
          replacement: String(decoding: roots.replacement(for: hit.root), as: UTF8.self),
          fate: fates[index])
      finding.extent = region.extent(of: hit.root)
      findings.append(finding)
    }
    return (findings, notes)
  }

  /// Uses libdwarf first, then our own walk for strings that no unit, line table or macro names.
  private func nameDebugStrings(
    _ hits: [Hit], in dwarf: DwarfSections, _ contexts: inout [String?]
  ) throws(ScrubError) {
    // Before relocation every string offset reads as 0, and the names would be wrong.
    guard dwarf.isForLibdwarf else { return }
    var queries: [DebugNames.Query] = []
    var owners: [Int] = []
    for (index, hit) in hits.enumerated() {
      let region = regions[hit.region]
      guard let section = region.section,
        let debug = dwarf.sections.firstIndex(where: { $0.index == section }),
        // The stored bytes of a compressed section are not text.
        region.content.count == dwarf.sections[debug].content.count
      else { continue }
      queries.append(DebugNames.Query(section: debug, root: hit.root.range))
      owners.append(index)
    }
    guard !queries.isEmpty else { return }
    // libdwarf only gets data that our own reader found to be sound.
    try SectionReferences(dwarf: dwarf).visit { _, _ throws(ScrubError) in }
    let answers = try DebugNames.describe(queries, in: dwarf, roots: roots)
    for (owner, answer) in zip(owners, answers) { contexts[owner] = answer }
    try nameByReference(queries, owners, in: dwarf, &contexts)
  }

  private func nameByReference(
    _ queries: [DebugNames.Query], _ owners: [Int], in dwarf: DwarfSections, _ contexts: inout [String?]
  ) throws(ScrubError) {
    var open: [ReferenceTarget: [(query: DebugNames.Query, owner: Int)]] = [:]
    for (query, owner) in zip(queries, owners) where contexts[owner] == nil {
      let name = dwarf.sections[query.section].name
      guard let kind = ReferenceTarget.stringTables.first(where: { $0.sectionName == name }) else { continue }
      open[kind, default: []].append((query, owner))
    }
    guard !open.isEmpty else { return }
    // Where the string of each unanswered query begins.
    var starts: [ReferenceTarget: [UInt64: [Int]]] = [:]
    for (kind, list) in open {
      guard let content = dwarf[kind.sectionName]?.content else { continue }
      for (query, owner) in list {
        var start = query.root.lowerBound
        while start > 0, content[start - 1] != 0 { start -= 1 }
        starts[kind, default: [:]][UInt64(start), default: []].append(owner)
      }
    }
    try SectionReferences(dwarf: dwarf).visit { section, reference throws(ScrubError) in
      guard let owners = starts[reference.kind]?.removeValue(forKey: reference.target) else { return }
      let place = Place(section: section.label, offset: UInt64(reference.position))
      for owner in owners { contexts[owner] = "referenced from \(place.position)" }
    }
  }
}
