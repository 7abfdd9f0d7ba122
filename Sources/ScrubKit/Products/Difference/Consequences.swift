internal import BuildRoots
import Formats

/// Decides which differences merely follow from others, and attaches them to those.
struct Consequences {
  private let images: ImagePair
  private let addresses: AddressPair

  init(_ images: ImagePair, _ pairs: [SectionPair]) {
    self.images = images
    addresses = AddressPair(pairs, images.one, images.other, roots: images.roots)
  }

  /// Causes that make a linker write other addresses, the most significant first.
  private static let movers: [Cause] = [
    .pathLength, .loadedOrder, .lto, .symbolHash, .namePieces, .code, .compiler, .sectionMissing,
    .versionDefinition,
    .dateTime,
    .unknown, .tableOrder, .buildRoot,
  ]

  private func mover(_ differences: [Difference], where isWanted: (Difference) -> Bool = { _ in true })
    -> Int?
  {
    for cause in Self.movers {
      let found = differences.indices.filter { differences[$0].cause == cause && isWanted(differences[$0]) }
      // A loaded section moves more than one that nothing loads.
      if let index = found.first(where: { isLoaded(differences[$0]) }) ?? found.first { return index }
    }
    return nil
  }

  private func isLoaded(_ difference: Difference) -> Bool {
    images.one.sections.contains { $0.isLoaded && $0.name == difference.place.section }
  }

  /// Explains bytes of a section that no cause of its own explains.
  func explain(_ pair: SectionPair, _ differences: inout [Difference]) {
    if let cause = mover(differences), follows(pair, differences[cause], differences) {
      attach(pair.section.name, "addresses", to: cause, &differences)
      return
    }
    let offset = pair.one.firstDifference(from: pair.other) ?? min(pair.one.count, pair.other.count)
    let cause = images.known.likely(pair.section) ?? (pair.section.isCode ? .code : .unknown)
    let found = Found.unknown(pair.one, pair.other, at: offset, cause: cause)
    differences.append(found.difference(at: Place(section: pair.section.name)))
  }

  private func follows(_ pair: SectionPair, _ cause: Difference, _ differences: [Difference]) -> Bool {
    // Tables of symbols and relocations depend on the names and addresses in them, or are made by the linker.
    if pair.section.isDerived { return true }
    let movesLoaded: Set<Cause> = [.pathLength, .loadedOrder, .code, .symbolHash, .sectionMissing]
    let moves = differences.contains { movesLoaded.contains($0.cause) && isLoaded($0) }
    let hasOtherCode = differences.contains { [.code, .compiler].contains($0.cause) }
    if pair.section.isCode {
      return moves && addresses.explains(pair.section, pair.one, pair.partner, pair.other)
    }
    if pair.section.debugName != nil || pair.section.isUnwindTable {
      // Lengths of units and tables depend on the names in them.
      return moves || hasOtherCode || pair.causes.contains { [.buildRoot, .pathLength].contains($0.cause) }
    }
    // Zeros between strings, and the jump tables among them.
    if pair.causes.contains(where: { [.pathLength, .loadedOrder].contains($0.cause) }) { return true }
    return moves && (hasOtherCode || addresses.explains(pair.section, pair.one, pair.partner, pair.other))
  }

  /// Section headers, program headers and the ELF header.
  func explainHeaders(_ pairs: [(ElfImage.Section, ElfImage.Section)], _ differences: inout [Difference]) {
    let moved = pairs.filter { one, other in
      one.offset != other.offset || one.size != other.size || one.address != other.address
        || one.index != other.index || one.link != other.link || one.info != other.info
        || one.flags != other.flags || one.alignment != other.alignment
    }.map(\.0)
    guard !moved.isEmpty else { return }
    // The first section in the file whose own size changed moved the others.
    let grown = pairs.filter { $0.0.size != $0.1.size }.sorted { $0.0.offset < $1.0.offset }.map(\.0.name)
    let owners = grown.compactMap { name in mover(differences) { $0.place.section == name } }
    guard let cause = owners.first ?? mover(differences) else {
      differences.append(
        Difference(.layout, at: Place(section: "section headers"), count: moved.count, first: moved[0].name))
      return
    }
    for section in moved where section.name != differences[cause].place.section {
      attach(section.name, "sizes and offsets", to: cause, &differences)
    }
  }

  private func attach(_ section: String, _ what: String, to cause: Int, _ differences: inout [Difference]) {
    if let index = differences[cause].consequences.firstIndex(where: { $0.what == what }) {
      differences[cause].consequences[index].places.append(section)
    } else {
      differences[cause].consequences.append(Consequence(what: what, places: [section]))
    }
  }
}
