internal import BuildRoots
import Formats

/// Two contents of the same name, of any kind.
struct ContentProof {
  let options: Options
  /// For bytecode.
  var surroundings = BytecodeScrub.Surroundings()
  /// The rule for it, if it is a text written by a build.
  var text: Rule?

  func compare(_ one: Bytes, _ other: Bytes) throws(ScrubError) -> Proof {
    guard one != other else { return try unchanged(other) }
    let kind = FileKind.of(one)
    guard kind == FileKind.of(other) else {
      var proof = Proof()
      proof.object("is a file of another kind")
      return proof
    }
    if text != nil { return compareText(one, other) }
    return try kind.proof(self, one, other) ?? different(one, other)
  }

  func compareELF(_ one: Bytes, _ other: Bytes) throws(ScrubError) -> Proof {
    let before = try ElfImage(one)
    return try fixed { () throws(ScrubError) in
      try ElfImage(other)
    } then: { after throws(ScrubError) in
      var proof = ElfProof(before, after, options: options)
      return try proof.compare()
    }
  }

  func compareMachO(_ one: Bytes, _ other: Bytes) throws(ScrubError) -> Proof {
    let before = try MachOImage(one)
    return try fixed { () throws(ScrubError) in
      try MachOImage(other)
    } then: { after throws(ScrubError) in
      var proof = MachOProof(before, after, options: options)
      return try proof.compare()
    }
  }

  func compareUniversal(_ one: Bytes, _ other: Bytes) throws(ScrubError) -> Proof {
    let before = try UniversalBinary(one)
    return try fixed { () throws(ScrubError) in
      try UniversalBinary(other)
    } then: { after throws(ScrubError) in
      try compare(before, after)
    }
  }

  func compareArchives(_ one: Bytes, _ other: Bytes) throws(ScrubError) -> Proof {
    let before = try StaticArchive(one)
    return try fixed { () throws(ScrubError) in
      try StaticArchive(other)
    } then: { after throws(ScrubError) in
      try ArchiveProof(before, after, options: options).compare()
    }
  }

  func compareBytecode(_ one: Bytes, _ other: Bytes) throws(ScrubError) -> Proof {
    let before: BytecodeImage
    do throws(ScrubError) { before = try BytecodeImage(one) } catch { return different(one, other) }
    return try fixed { () throws(ScrubError) in
      try BytecodeImage(other)
    } then: { after throws(ScrubError) in
      try BytecodeProof(before: before, after: after, options: options, surroundings: surroundings).compare()
    }
  }

  /// Reads the fixed side; failing to read it is not an error of the comparison but its result.
  private func fixed<Format>(
    _ read: () throws(ScrubError) -> Format, then compare: (Format) throws(ScrubError) -> Proof
  ) throws(ScrubError) -> Proof {
    let format: Format
    do throws(ScrubError) { format = try read() } catch {
      var proof = Proof()
      proof.object(error)
      return proof
    }
    return try compare(format)
  }

  /// An image that did not change may still be one to which others belong.
  private func unchanged(_ bytes: Bytes) throws(ScrubError) -> Proof {
    var proof = Proof()
    guard let facts = LinkFacts(bytes) else { return proof }
    var image = SealedImage(
      place: Place(), fileName: "", checksum: Inflate.crc32(bytes), ids: facts.buildIDs + facts.uuids)
    if FileKind.of(bytes) == .elf { image.hash = Digest.of(bytes, .sha256) }
    proof.images.append(image)
    return proof
  }

  private func different(_ one: Bytes, _ other: Bytes) -> Proof {
    var proof = Proof()
    let at = one.firstDifference(from: other) ?? min(one.count, other.count)
    proof.object(
      "bytes changed that fix never changes", offset: at, before: PathBytes.hex(one, at),
      after: PathBytes.hex(other, at))
    return proof
  }

  /// Two generated texts, or relocation maps.
  func compareText(_ one: Bytes, _ other: Bytes) -> Proof {
    let roots = text == nil ? options.roots : options.policy.texts
    var clean = roots.clean(
      one.span, keepsAbsolute: text != nil,
      keeping: { string, start in text.map { GeneratedText.isSearched($0, string, start) } ?? false }
    ).map { Bytes($0) }
    if text == .sbom, options.isCanonical {
      let bom = SBOM(options)
      clean = SBOM.applying(bom.edits(of: clean ?? one), to: clean ?? one)
    }
    // In a source with bytecode, nothing may move.
    guard clean == other || text != nil && roots.padded(one.span).map({ Bytes($0) }) == other else {
      return different(one, other)
    }
    var proof = Proof()
    proof.roots = roots.roots(in: one.span).count
    return proof
  }

  private func compare(_ one: UniversalBinary, _ other: UniversalBinary) throws(ScrubError) -> Proof {
    var proof = Proof()
    guard one.is64 == other.is64, one.slices.map(\.name) == other.slices.map(\.name),
      one.slices.map(\.alignment) == other.slices.map(\.alignment)
    else {
      proof.object("has other slices", section: "universal header")
      return proof
    }
    for (slice, partner) in zip(one.slices, other.slices) {
      if partner.range.lowerBound % partner.alignment != 0, slice.range.lowerBound % slice.alignment == 0 {
        proof.object("slice \(slice.name) lost its alignment", section: "universal header")
      }
      let content = try ContentProof(options: options).compare(
        one.bytes[slice.range], other.bytes[partner.range])
      proof.add(content.placed { $0 = $0.within(slice.name) })
    }
    // Offsets and sizes of slices are checked by reading the slices.
    let width = one.is64 ? 8 : 4
    let free = one.slices.map { $0.entry + 8..<$0.entry + 8 + 2 * width }
    let header = 8 + one.slices.count * (one.is64 ? 32 : 20)
    guard one.bytes.count >= header, other.bytes.count >= header else { return proof }
    proof.add(
      PathBytes(roots: options.roots).compare(
        one.bytes[0..<header], other.bytes[0..<header], [], free: free, in: "universal header"))
    for region in other.ownRegions {
      guard let range = region.fileRange else { continue }
      let rest = max(range.lowerBound, header)..<max(range.upperBound, header)
      if other.bytes[rest].isZero { continue }
      if rest.upperBound > one.bytes.count || one.bytes[rest] != other.bytes[rest] {
        proof.object("bytes of no slice changed", offset: rest.lowerBound)
      }
    }
    return proof
  }
}
