import Formats

extension Payloads {
  /// Payloads that were not opened: one note for each region and reason, at the first place. They cause no difference
  /// between builds with equal keys, because their bytes count as they are.
  static func notes<I: Image>(_ regions: [Region], of image: I) -> [Note] {
    var notes: [Note] = []
    for region in regions {
      var reasons: Set<String> = []
      for seal in region.seals {
        // Of many members only the first is named: an encrypted zip can have thousands.
        guard let unread = seal.unread,
          reasons.insert(String(unread.split(separator: ":").last ?? "")).inserted
        else { continue }
        let offset = image.offset(of: seal.range.lowerBound, in: region)
        notes.append(
          Note(unread, at: Place(section: region.name, offset: UInt64(max(offset, 0)))))
      }
    }
    return notes
  }
}
