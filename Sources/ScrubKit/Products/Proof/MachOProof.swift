internal import BuildRoots
import Formats

/// A Mach-O image before and after `fix`. As in `ElfProof`, every byte of the result is checked once.
struct MachOProof {
  let before: MachOImage
  let after: MachOImage
  let options: Options
  private var proof = Proof()
  /// Roots that may change, in file offsets of the original.
  private var roots: [BuildRoot] = []
  private var debugSections: Set<Int> = []

  init(_ before: MachOImage, _ after: MachOImage, options: Options) {
    self.before = before
    self.after = after
    self.options = options
  }

  mutating func compare() throws(ScrubError) -> Proof {
    try findRoots()
    compareCommands()
    compareSections()
    guard proof.violations.isEmpty else { return proof }
    try compareDebugInfo()
    compareParts()
    try compareSymbols()
    try compareGaps()
    try compareSignature()
    compareUUIDs()
    return proof
  }

  private mutating func findRoots() throws(ScrubError) {
    let regions = try before.regions()
    let hits = before.hits(in: regions, options.policy)
    compareShared(hits, regions)
    for hit in hits {
      // Bytes covered by a payload or a checksum never change.
      guard let start = regions[hit.region].fileRange?.lowerBound,
        regions[hit.region].obstacle(at: hit.root.range) == nil
      else { continue }
      var root = hit.root
      root.range = start + root.range.lowerBound..<start + root.range.upperBound
      roots.append(root)
    }
    roots.sort { $0.range.lowerBound < $1.range.lowerBound }
  }

  /// A path whose bytes belong to another constant too is not only a path.
  private mutating func compareShared(_ hits: [Hit], _ regions: [Region]) {
    let isRead = before.mayBeRead(regions)
    func isChanged(_ hit: Hit) -> Bool {
      guard isRead[hit.region], regions[hit.region].section != nil,
        let range = regions[hit.region].extent(of: hit.root), range.upperBound <= after.bytes.count
      else { return false }
      return before.bytes[range] != after.bytes[range]
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

  /// Bytes of the original at one place, and of the fixed file at another.
  private mutating func compare(
    _ range: Range<Int>, _ newRange: Range<Int>, isRead: Bool, free: [Range<Int>] = [], in name: String
  ) {
    let first = roots.partition { $0.range.lowerBound < range.lowerBound }
    var known: [BuildRoot] = []
    for var root in roots[first...].prefix(while: { $0.range.lowerBound < range.upperBound })
    where range.contains(root.range) {
      root.range = root.range.lowerBound - range.lowerBound..<root.range.upperBound - range.lowerBound
      known.append(root)
    }
    proof.add(
      PathBytes(roots: options.roots, isRead: isRead).compare(
        before.bytes[range], after.bytes[newRange], known, free: free, in: name))
  }

  // MARK: Commands and sections

  private mutating func compareCommands() {
    var kept = before.commands
    if options.fixRunPath {
      let links = options.policy.links
      kept.removeAll { $0.kind == LoadCommandKind.runPath && links.containsRoot(before.bytes[$0.range].span) }
      proof.roots += before.commands.count - kept.count
    }
    // Remaining run paths are unchanged.
    roots.removeAll { root in
      let next = before.commands.partition { $0.range.lowerBound <= root.range.lowerBound }
      return next > 0 && before.commands[next - 1].kind == LoadCommandKind.runPath
        && before.commands[next - 1].range.contains(root.range)
    }
    guard kept.count == after.commands.count else {
      return proof.object(
        "has \(after.commands.count) load commands, needs \(kept.count)", section: "Mach header")
    }
    let counts = MachOImage.Header.commandCountPosition..<MachOImage.Header.commandsSizePosition + 4
    let start = before.header.commands.lowerBound
    guard after.header.commands.lowerBound == start else {
      return proof.object("the header has another size", section: "Mach header")
    }
    compare(
      0..<start, 0..<start, isRead: true, free: kept.count == before.commands.count ? [] : [counts],
      in: "Mach header")
    for (old, new) in zip(kept, after.commands) {
      guard old.kind == new.kind, old.range.count == new.range.count else {
        proof.object("the load command is another one", section: new.name, offset: new.range.lowerBound)
        continue
      }
      compare(old.range, new.range, isRead: true, free: freeWords(of: old), in: new.name)
    }
    // Where commands were removed, zeros fill the end.
    let (rest, oldRest) = (
      after.commands.last?.range.upperBound ?? start, before.commands.last?.range.upperBound ?? start
    )
    let end = before.header.commands.upperBound
    guard end <= after.bytes.count, rest <= end else { return }
    let same = end - oldRest
    if before.bytes[oldRest..<end] != after.bytes[rest..<rest + same]
      || !after.bytes[rest + same..<end].isZero
    {
      proof.object("bytes behind the load commands changed", section: "load commands", offset: rest)
    }
  }

  /// Sizes and offsets of parts that may move; they are checked where the parts are read.
  private func freeWords(of command: MachOImage.Command) -> [Range<Int>] {
    let width = before.header.is64 ? 8 : 4
    switch command.kind {
    case LoadCommandKind.symbolTable: return [16..<24]  // stroff, strsize
    case LoadCommandKind.codeSignature: return [8..<16]
    case LoadCommandKind.uuid: return [8..<24]
    case LoadCommandKind.segment, LoadCommandKind.segment64:
      guard let segment = before.segments.first(where: { $0.commandPosition == command.range.lowerBound }),
        segment.name == "__LINKEDIT" || segment.name == "__DWARF" && before.isDSYM
      else { return [] }
      return [24 + width..<24 + 2 * width, 24 + 3 * width..<24 + 4 * width]
        + segment.sections.map { index in
          let start = before.sections[index].headerPosition - command.range.lowerBound + 32
          return start..<start + 2 * width + 4
        }
    default: return []
    }
  }

  private mutating func compareSections() {
    guard before.sections.count == after.sections.count, before.segments.count == after.segments.count else {
      return proof.object("the number of sections changed", section: "load commands")
    }
    for (old, new) in zip(before.segments, after.segments) {
      if old.fileSize == new.fileSize {
        if old.memorySize != new.memorySize {
          proof.object("the size in memory changed", section: new.name)
        }
        continue
      }
      let end = Int(new.offset) + Int(new.fileSize)
      // Sizes in memory are rounded to pages of at most 16 KiB.
      guard new.memorySize >= new.fileSize, new.memorySize - new.fileSize < 0x4000,
        end == after.bytes.count
      else {
        proof.object("the segment has a size that is not that of its content", section: new.name)
        continue
      }
    }
    for (old, new) in zip(before.sections, after.sections) {
      let isDebug = old.debugName != nil
      guard old.offset == new.offset && old.address == new.address || isDebug && before.isDSYM else {
        proof.object("the section moved", section: new.label)
        continue
      }
      guard old.size == new.size || isDebug && before.isDSYM else {
        proof.object("has \(new.size) bytes, had \(old.size)", section: new.label)
        continue
      }
      guard let range = old.fileRange, let newRange = new.fileRange else {
        if old.fileRange != nil || new.fileRange != nil {
          proof.object("the section has its bytes elsewhere", section: new.label)
        }
        continue
      }
      if isDebug { continue }
      compare(range, newRange, isRead: old.segmentName != "__DWARF", in: new.label)
    }
  }

  private mutating func compareDebugInfo() throws(ScrubError) {
    let (old, new) = (try before.debugGroups(), try after.debugGroups())
    for (group, partner) in zip(old, new) {
      proof.add(DebugProof(before: group, after: partner, roots: options.roots).compare().0)
    }
  }

  // MARK: What load commands point to

  private mutating func compareParts() {
    let judged: [LinkEditTable] = [.symbolTable, .stringTable, .codeSignature]
    let (old, new) = (
      before.parts.filter { !judged.contains($0.table) }, after.parts.filter { !judged.contains($0.table) }
    )
    guard old.map(\.table) == new.map(\.table), old.map(\.range) == new.map(\.range) else {
      return proof.object("a table moved", section: "load commands")
    }
    for part in old { compare(part.range, part.range, isRead: true, in: part.name) }
  }

  private mutating func compareSymbols() throws(ScrubError) {
    guard let table = before.symbolTable, let newTable = after.symbolTable else { return }
    guard table.symbols == newTable.symbols else {
      return proof.object("the symbol table moved", section: "symbol table")
    }
    let (old, new) = (try before.symbols(), try after.symbols())
    var isRead = [Bool](repeating: false, count: newTable.strings.count)
    let strings = after.bytes[newTable.strings]
    func read(_ offset: UInt64) {
      guard let text = strings.string(at: offset) else { return }
      for index in Int(offset)...Int(offset) + text.count { isRead[index] = true }
    }
    for (index, (was, symbol)) in zip(old, new).enumerated() {
      let offset = index * before.symbolSize
      func object(_ message: String) {
        proof.object(
          message, section: "symbol table", offset: offset,
          before: before.name(of: was).map { String(decoding: $0.array(), as: UTF8.self) },
          after: after.name(of: symbol).map { String(decoding: $0.array(), as: UTF8.self) })
      }
      read(UInt64(symbol.name))
      guard was.type == symbol.type, was.section == symbol.section, was.description == symbol.description
      else { return object("the symbol changed") }
      guard isSameName(was, symbol) else { return object("the symbol's name changed") }
      if was.isIndirect {
        read(symbol.value)
        var (target, newTarget) = (was, symbol)
        target.name = UInt32(truncatingIfNeeded: was.value)
        newTarget.name = UInt32(truncatingIfNeeded: symbol.value)
        guard isSameName(target, newTarget) else { return object("the symbol stands for another one") }
      } else if was.value != symbol.value, !(was.hasTime && symbol.value == 0) {
        return object("the symbol's value changed")
      }
    }
    if before.bytes[table.strings] == strings { return }
    let same = PathBytes(roots: options.roots).compare(
      before.bytes[table.strings], strings, in: "string table")
    guard !same.violations.isEmpty else { return proof.add(same) }
    // ld begins its tables with a space.
    let head = strings.count >= 2 && strings[0] == 0x20 && strings[1] == 0 ? 2 : 1
    if let stray = isRead.indices.dropFirst(head).first(where: { !isRead[$0] && strings[$0] != 0 }) {
      proof.object(
        "bytes that nobody refers to", section: "string table", offset: stray,
        after: PathBytes.hex(strings, stray))
    }
    proof.roots += options.roots.roots(in: before.bytes[table.strings].span).count
  }

  private func isSameName(_ old: MachOSymbol, _ new: MachOSymbol) -> Bool {
    guard let name = before.name(of: old), let newName = after.name(of: new) else {
      return old.name == 0 && new.name == 0 || before.name(of: old) == nil && after.name(of: new) == nil
    }
    if name == newName { return true }
    return options.roots.clean(name.span).map { Bytes($0) == newName } ?? false
      || options.roots.padded(name.span).map { Bytes($0) == newName } ?? false
  }

  /// Bytes outside sections and tables: unchanged, or zero where the end moved.
  private mutating func compareGaps() throws(ScrubError) {
    let moved = after.symbolTable?.strings.upperBound ?? after.bytes.count
    for region in try after.regions() where region.kind == .gap {
      guard let range = region.fileRange else { continue }
      if region.content.isZero, range.lowerBound >= min(moved, after.bytes.count) || before.isDSYM {
        continue
      }
      guard range.upperBound <= before.bytes.count else {
        proof.object("bytes that belong to nothing", section: "gap", offset: range.lowerBound)
        continue
      }
      compare(range, range, isRead: true, in: "gap")
    }
  }

  // MARK: Seals

  private mutating func compareSignature() throws(ScrubError) {
    guard let place = before.signature, let newPlace = after.signature else {
      if (before.signature == nil) != (after.signature == nil) {
        proof.object("the signature came or went", section: "code signature")
      }
      return
    }
    if before.bytes == after.bytes
      || before.bytes[place.range] == after.bytes[newPlace.range] && proof.isUnchanged
    {
      return
    }
    do throws(ScrubError) {
      try SignatureVerifier.verify(after)
      let (old, new) = (
        try CodeSignature(before.bytes[place.range]), try CodeSignature(after.bytes[newPlace.range])
      )
      compare(old, new)
    } catch {
      proof.object(error)
    }
    proof.seals += 1
  }

  /// The same blobs: only hashes and the fields with their number may differ.
  private mutating func compare(_ old: CodeSignature, _ new: CodeSignature) {
    func object(_ message: String, _ offset: Int) {
      proof.object(message, section: "code signature", offset: offset)
    }
    guard old.blobs.map(\.slot) == new.blobs.map(\.slot), old.blobs.map(\.magic) == new.blobs.map(\.magic),
      old.directories.count == new.directories.count
    else { return object("has other blobs", 0) }
    let directories = Set(old.directories.map(\.range))
    for (blob, newBlob) in zip(old.blobs, new.blobs) where !directories.contains(blob.range) {
      if old.bytes[blob.range] != new.bytes[newBlob.range] {
        object("a blob changed", newBlob.range.lowerBound)
      }
    }
    for (one, other) in zip(old.directories, new.directories) {
      guard one.hashes - one.range.lowerBound == other.hashes - other.range.lowerBound else {
        object("the code directory has another form", other.range.lowerBound)
        continue
      }
      var head = old.bytes[one.range.lowerBound..<one.hashes].array()
      var newHead = new.bytes[other.range.lowerBound..<other.hashes].array()
      var free = [
        CodeDirectory.Field.length..<CodeDirectory.Field.length + 4,
        CodeDirectory.Field.codeSlotCount..<CodeDirectory.Field.codeLimit + 4,
      ]
      if one.version >= 0x20300 {
        free.append(CodeDirectory.Field.codeLimit64..<CodeDirectory.Field.codeLimit64 + 8)
      }
      // codesign names ad hoc signed images after their UUID.
      if let hex = renamed(one, other, old, new) {
        free.append(hex.lowerBound - one.range.lowerBound..<hex.upperBound - one.range.lowerBound)
      }
      // What it covers is verified: the hash of an Info.plist section follows from that.
      if let slot = one.specialHash(CodeSignature.Slot.infoPlist), isInfoPlist(other, new) {
        free.append(slot.lowerBound - one.range.lowerBound..<slot.upperBound - one.range.lowerBound)
      }
      for range in free {
        for index in range where index < head.count { (head[index], newHead[index]) = (0, 0) }
      }
      if head != newHead { object("the code directory changed", other.range.lowerBound) }
    }
  }

  private func renamed(
    _ one: CodeDirectory, _ other: CodeDirectory, _ old: CodeSignature, _ new: CodeSignature
  ) -> Range<Int>? {
    let count = one.identifier.count
    guard count == other.identifier.count, count > 32 else { return nil }
    let tail = other.identifier.upperBound - 32..<other.identifier.upperBound
    let text = String(decoding: new.bytes[tail].array(), as: UTF8.self).lowercased()
    guard let uuid = after.uuid, Bytes(uuid).hex == text else { return nil }
    return one.identifier.upperBound - 32..<one.identifier.upperBound
  }

  private func isInfoPlist(_ directory: CodeDirectory, _ signature: CodeSignature) -> Bool {
    guard let slot = directory.specialHash(CodeSignature.Slot.infoPlist),
      let range = after.sections.first(where: { $0.name == "__info_plist" })?.fileRange
    else { return false }
    return signature.bytes[slot] == Bytes(directory.hash(after.bytes[range]))
  }

  private mutating func compareUUIDs() {
    guard before.uuids.count == after.uuids.count else {
      return proof.object("the number of UUIDs changed", section: "LC_UUID")
    }
    var image = SealedImage(
      place: Place(), fileName: "", checksum: 0, ids: after.uuids.map { after.bytes[$0].array() })
    for (old, new) in zip(before.uuids, after.uuids) {
      let (id, newID) = (before.bytes[old], after.bytes[new])
      if id == newID {
        // A dSYM bundle has the UUID of its image.
        let mayStay = options.buildID == .keep || before.isDSYM || before.bytes == after.bytes
        if !mayStay {
          proof.object(
            "the UUID stayed, and the bytes that it is the hash of did not", section: "LC_UUID",
            offset: new.lowerBound, before: id.hex, after: newID.hex)
        }
      } else if !before.isDSYM, newID.array() == hash() {
        proof.seals += 1
      } else {
        image.openID = newID.array()
      }
    }
    proof.images.append(image)
  }

  /// Marked as RFC 4122 requires of a UUID made from a hash: the variant, and version 5.
  private func hash() -> [UInt8] {
    let end = after.signature?.range.lowerBound ?? after.bytes.count
    var bytes = after.bytes[0..<end].array()
    for range in after.uuids { for index in range { bytes[index] = 0 } }
    var hash = Array(Digest.of(Bytes(bytes), .sha256).prefix(16))
    hash[6] = hash[6] & 0x0f | 0x50
    hash[8] = hash[8] & 0x3f | 0x80
    return hash
  }
}
