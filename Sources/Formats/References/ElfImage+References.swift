internal import CElf

/// Answers the queries of `SharedBytes` for ELF.
extension ElfImage {
  package var instructions: InstructionSet {
    switch Int32(header.machine) {
    case EM_X86_64: .x64
    case EM_AARCH64: .aarch64
    default: .other
    }
  }

  package func loadedStretches(code: Bool) -> [LoadedStretch] { ElfAddresses(self).stretches(code: code) }

  package func loadedAddresses() -> (_ offset: Int, _ section: Int?) -> UInt64? {
    let addresses = ElfAddresses(self)
    return { addresses.address(of: $0, in: $1) }
  }

  package func references(to targets: [References.Target]) -> FoundReferences {
    // A relocation table may legitimately be counted twice, by a section and by the dynamic section.
    guard sections.lazy.compactMap(\.fileRange).reduce(0, { $0 &+ $1.count }) <= 2 * bytes.count else {
      return .overlapping(targets)
    }
    var references = ElfReferences(self, targets)
    return references.find()
  }

  package func isStringTable(_ region: Region) -> Bool {
    region.section.map { sections[$0].type == UInt32(SHT_STRTAB) } ?? false
  }

  package func stringUsers(of region: Region) throws(ScrubError) -> [UInt64] {
    guard let section = region.section, let range = sections[section].fileRange else { return [] }
    var offsets = try DynamicStringUsers(image: self).offsets(in: range)
    if let dynamic = DynamicSection(self), dynamic.table == range {
      offsets += dynamic.texts.map { UInt64($0.range.lowerBound - range.lowerBound) }
    }
    return offsets.sorted()
  }
}
