internal import BuildRoots
internal import CElf
import Formats

/// An ELF image before and after `fix`. Every byte of the result is checked once: loaded bytes are the same except for
/// roots, debug info reads the same, and headers say where things moved.
struct ElfProof {
  let before: ElfImage
  let after: ElfImage
  let options: Options
  private var proof = Proof()
  /// The roots that may change: by section (relative to its start), and by file offset outside sections.
  private var roots: [Int?: [BuildRoot]] = [:]
  /// Ranges checked elsewhere, by section.
  private var free: [Int: [Range<Int>]] = [:]
  private var debugSections: Set<Int> = []

  init(_ before: ElfImage, _ after: ElfImage, options: Options) {
    self.before = before
    self.after = after
    self.options = options
  }

  mutating func compare() throws(ScrubError) -> Proof {
    guard compareHeaders() else { return proof }
    try findRoots()
    removeRunPaths()
    try compareDebugInfo()
    freeSeals()
    try compareRegions()
    compareSeals()
    return proof
  }

  // MARK: Headers

  /// The same sections and segments; what a program loads did not move.
  private mutating func compareHeaders() -> Bool {
    guard before.sections.count == after.sections.count, before.segments.count == after.segments.count,
      before.header.is64 == after.header.is64, before.header.order == after.header.order
    else {
      proof.object("the number of headers changed", section: "ELF header")
      return false
    }
    let place = before.header.is64 ? 0x28..<0x30 : 0x20..<0x24  // e_shoff
    proof.add(
      PathBytes(roots: options.roots).compare(
        before.bytes[0..<before.header.headerSize],
        after.bytes[0..<min(after.header.headerSize, after.bytes.count)],
        [], free: [place], in: "ELF header"))
    let pinned = before.pinnedRanges()
    for (old, new) in zip(before.sections, after.sections) {
      compareHeader(old, new, isPinned: old.fileRange.map { pinned.overlaps($0) } ?? false)
    }
    compareOverlap()
    return proof.violations.isEmpty
  }

  private mutating func compareHeader(_ old: ElfImage.Section, _ new: ElfImage.Section, isPinned: Bool) {
    let size = before.header.sectionHeaderEntrySize
    let width = before.header.is64 ? 8 : 4
    let offset = before.header.is64 ? 0x18 : 0x10  // sh_offset, sh_size
    let starts = (before.sectionHeaderOffset(of: old), after.sectionHeaderOffset(of: new))
    let (one, other) = (
      before.bytes[starts.0..<starts.0 + size], after.bytes[starts.1..<starts.1 + size]
    )
    var free: [Range<Int>] = isPinned ? [] : [offset..<offset + width]
    if old.debugName != nil || old.isCompressed { free.append(offset + width..<offset + 2 * width) }
    proof.add(
      PathBytes(roots: options.roots).compare(
        one, other, [], free: free, in: "section header \(old.index) (\(old.name))"))
    if old.fileRange == nil, old.size != new.size {
      proof.object("the size in memory changed", section: old.name)
    }
    guard new.fileRange != nil, old.offset != new.offset, old.alignment > 1, old.alignment <= 4096,
      old.offset % old.alignment == 0
    else { return }
    if new.offset % new.alignment != 0 { proof.object("the section lost its alignment", section: old.name) }
  }

  /// Sections that did not overlap still do not.
  private mutating func compareOverlap() {
    func overlap(_ image: ElfImage) -> ElfImage.Section? {
      let sections = image.sections.filter { $0.fileRange != nil }.sorted {
        ($0.offset, $0.size) < ($1.offset, $1.size)
      }
      return zip(sections, sections.dropFirst()).first { $0.offset + $0.size > $1.offset }?.1
    }
    if overlap(before) == nil, let section = overlap(after) {
      proof.object("the section overlaps another one", section: section.name)
    }
  }

  // MARK: Roots

  private mutating func findRoots() throws(ScrubError) {
    let regions = try before.regions()
    let linked = before.linkedTexts
    let hits = before.hits(in: regions, options.policy)
    compareShared(hits, regions)
    for hit in hits {
      let region = regions[hit.region]
      // Bytes covered by a payload or a checksum never change.
      if region.obstacle(at: hit.root.range) != nil { continue }
      // Names that the dynamic linker follows are never rewritten.
      if let file = region.fileRange {
        let start = file.lowerBound + hit.root.range.lowerBound
        if linked.contains(where: { $0.contains(start) }) { continue }
      }
      let offset = before.offset(of: hit.root.range.lowerBound, in: region)
      var root = hit.root
      root.range = offset..<offset + hit.root.range.count
      roots[region.section, default: []].append(root)
    }
  }

  /// A path whose bytes belong to another constant too is not only a path.
  private mutating func compareShared(_ hits: [Hit], _ regions: [Region]) {
    let isRead = before.mayBeRead(regions)
    func isChanged(_ hit: Hit) -> Bool {
      guard isRead[hit.region], let range = regions[hit.region].extent(of: hit.root) else { return false }
      let shift = regions[hit.region].section.map {
        Int(after.sections[$0].offset) - Int(before.sections[$0].offset)
      }
      let new = range.lowerBound + (shift ?? 0)..<range.upperBound + (shift ?? 0)
      return new.lowerBound >= 0 && new.upperBound <= after.bytes.count
        && before.bytes[range] != after.bytes[new]
    }
    guard hits.contains(where: isChanged) else { return }
    let shared = SharedBytes(before, regions: regions, hits: hits, roots: options.roots).reasons
    for (hit, reason) in zip(hits, shared) where isChanged(hit) {
      guard let reason else { continue }
      proof.object(
        "a root changed that may not: \(reason)", section: regions[hit.region].name,
        offset: before.offset(of: hit.root.range.lowerBound, in: regions[hit.region]))
    }
  }

  /// With `--fix-rpath`: run paths without the directories that hold a root, and no list at all if none is left.
  private mutating func removeRunPaths() {
    guard options.fixRunPath, let old = DynamicSection(before), let new = DynamicSection(after) else {
      return
    }
    let links = options.policy.links
    var kept = old.entries.map { (tag: $0.tag, value: $0.value) }
    var gone: Set<Int> = []
    for text in old.texts where text.isRunPath && text.range.upperBound <= after.bytes.count {
      let directories = before.bytes[text.range].array().split(
        separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      let rest = Array(
        directories.filter { !links.containsRoot(Array($0).span) }.joined(separator: [UInt8(ascii: ":")]))
      guard rest.count < text.range.count else { continue }
      let list = rest + [UInt8](repeating: 0, count: text.range.count - rest.count)
      guard after.bytes[text.range].array() == list else { continue }
      proof.roots += 1
      release(text.range)
      if rest.isEmpty { gone.insert(text.entry) }
    }
    guard !gone.isEmpty, let end = old.end else { return }
    kept = kept.enumerated().filter { !gone.contains($0.offset) }.map(\.element)
    guard kept.elementsEqual(new.entries, by: { $0.tag == $1.tag && $0.value == $1.value }) else { return }
    let start = old.entries.first?.position ?? end
    let used = start + kept.count * old.entrySize
    if after.bytes[used..<end + old.entrySize].isZero { release(start..<end + old.entrySize) }
  }

  /// Excludes bytes of the file from the comparison.
  private mutating func release(_ range: Range<Int>) {
    for section in before.sections {
      guard let own = section.fileRange, own.overlaps(range) else { continue }
      let part = range.clamped(to: own)
      free[section.index, default: []].append(
        part.lowerBound - own.lowerBound..<part.upperBound - own.lowerBound)
    }
  }

  // MARK: Debug info

  private mutating func compareDebugInfo() throws(ScrubError) {
    let old = try before.debugGroups()
    let new: [DwarfSections]
    do throws(ScrubError) { new = try after.debugGroups() } catch { return proof.object(error) }
    guard old.count == new.count else { return proof.object("debug sections are missing") }
    for (group, partner) in zip(old, new) {
      let (result, relocated) = DebugProof(before: group, after: partner, roots: options.roots).compare()
      proof.add(result)
      debugSections.formUnion(group.sections.map(\.index))
      free.merge(relocated) { $0 + $1 }
    }
  }

  // MARK: Bytes

  /// Every region of the fixed file.
  private mutating func compareRegions() throws(ScrubError) {
    let regions: [Region]
    do throws(ScrubError) { regions = try after.ownRegions() } catch { return proof.object(error) }
    let isRead = after.mayBeRead(regions)
    for (region, isRead) in zip(regions, isRead) {
      guard let range = region.fileRange else { continue }
      if let index = region.section {
        try compare(before.sections[index], after.sections[index], range, isRead: isRead)
      } else {
        compareOutside(region, range, isRead: isRead)
      }
    }
    compareTail()
  }

  private mutating func compare(
    _ old: ElfImage.Section, _ new: ElfImage.Section, _ range: Range<Int>, isRead: Bool
  ) throws(ScrubError) {
    guard let oldRange = old.fileRange else { return proof.object("has bytes now", section: new.name) }
    if old.isCompressed { return try compareCompressed(old, new) }
    if debugSections.contains(old.index) { return }
    // The part of the section that no other section covers.
    let start = range.lowerBound - Int(new.offset)
    guard start + range.count <= oldRange.count else {
      return proof.object("has more bytes than before", section: new.name)
    }
    func local(_ range: Range<Int>) -> Range<Int> { range.lowerBound - start..<range.upperBound - start }
    let part = start..<start + range.count
    var known: [BuildRoot] = []
    for var root in roots[old.index] ?? [] where part.contains(root.range) {
      root.range = local(root.range)
      known.append(root)
    }
    let free = (free[old.index] ?? []).filter { part.contains($0) }.map(local)
    proof.add(
      PathBytes(roots: options.roots, isRead: isRead).compare(
        before.bytes[oldRange][part], after.bytes[range], known, free: free, in: new.name, from: start))
  }

  /// The content is checked with the debug info or here; the compressed bytes must be those of the one encoder.
  private mutating func compareCompressed(
    _ old: ElfImage.Section, _ new: ElfImage.Section
  ) throws(ScrubError) {
    guard let oldRange = old.fileRange, let range = new.fileRange else { return }
    if before.bytes[oldRange] == after.bytes[range] { return }
    let content: Bytes
    do throws(ScrubError) { content = try after.content(of: new) } catch { return proof.object(error) }
    if !debugSections.contains(old.index) {
      proof.add(
        PathBytes(roots: options.roots).compare(try before.content(of: old), content, in: new.name))
    }
    let again = try CompressedSection.deflate(content, like: before.bytes[oldRange], old, before.header)
    if again != after.bytes[range] { proof.object("is compressed in another way", section: new.name) }
  }

  /// Headers, segments without sections, and the bytes between.
  private mutating func compareOutside(_ region: Region, _ range: Range<Int>, isRead: Bool) {
    // Checked field by field.
    if region.kind == .sectionHeaders || region.kind == .fileHeader { return }
    if region.kind == .gap, region.content.isZero { return }
    guard range.upperBound <= before.bytes.count else {
      return proof.object(
        "bytes that belong to nothing", section: region.name, offset: range.lowerBound,
        after: PathBytes.hex(after.bytes, range.lowerBound))
    }
    var known: [BuildRoot] = []
    for var root in roots[nil] ?? [] where range.contains(root.range) {
      root.range = root.range.lowerBound - range.lowerBound..<root.range.upperBound - range.lowerBound
      known.append(root)
    }
    proof.add(
      PathBytes(roots: options.roots, isRead: isRead).compare(
        before.bytes[range], region.content, known, in: region.name, from: range.lowerBound))
  }

  /// Data appended to an image stays.
  private mutating func compareTail() {
    func end(_ image: ElfImage) -> Int {
      let owned =
        image.headerRanges.map(\.range) + image.sections.compactMap(\.fileRange)
        + image.segments.map(\.fileRange)
      return min(owned.map(\.upperBound).max() ?? 0, image.bytes.count)
    }
    let (tail, newTail) = (before.bytes.count - end(before), after.bytes.count - end(after))
    if tail != newTail {
      proof.object("has \(newTail) bytes behind the image, had \(tail)", offset: end(after))
    }
  }

  // MARK: Seals

  private mutating func freeSeals() {
    for range in before.buildIDs { release(range) }
    for position in [DebugLink(before)?.position, SupplementaryLink(before)?.position] {
      if let position { release(position) }
    }
  }

  private mutating func compareSeals() {
    guard before.buildIDs.map(\.count) == after.buildIDs.map(\.count) else {
      return proof.object("the number of build-ids changed", section: "build-id")
    }
    let (links, supplements) = (
      (DebugLink(before), DebugLink(after)), (SupplementaryLink(before), SupplementaryLink(after))
    )
    var image = SealedImage(
      place: Place(), fileName: "", checksum: Inflate.crc32(after.bytes), ids: after.buildIDContents)
    let linked = [links.1?.position, supplements.1?.position].compactMap { $0 }
    image.hash = hash(zeroing: after.buildIDs)
    image.linkedHash = linked.isEmpty ? image.hash : hash(zeroing: after.buildIDs + linked)
    image.link = links.1.map { ($0.name, $0.checksum) }
    image.supplement = supplements.1?.buildID
    if let link = links.1, link.checksum != links.0?.checksum {
      image.openLink = (link.name, link.checksum)
    }
    if let link = supplements.1, link.buildID != supplements.0?.buildID {
      image.openSupplement = link.buildID
    }
    for (old, new) in zip(before.buildIDs, after.buildIDs) {
      let (id, newID) = (before.bytes[old].array(), after.bytes[new].array())
      if id == newID {
        let mayStay = options.buildID == .keep || before.isSupplementary || before.bytes == after.bytes
        if !mayStay {
          proof.object(
            "the build-id stayed, and the bytes that it is the hash of did not", section: "build-id",
            offset: new.lowerBound, before: Bytes(id).hex, after: Bytes(newID).hex)
        }
      } else if stretched(image.hash, newID.count) == newID {
        proof.seals += 1
      } else {
        image.openID = newID
      }
    }
    proof.images.append(image)
  }

  private func hash(zeroing ranges: [Range<Int>]) -> [UInt8] {
    var bytes = after.bytes.array()
    for range in ranges { for index in range { bytes[index] = 0 } }
    return Digest.of(Bytes(bytes), .sha256)
  }

  private func stretched(_ hash: [UInt8], _ count: Int) -> [UInt8] {
    Digest.of(Bytes(hash), .shake256(length: count))
  }
}
