/// Searches regions for payloads: seals the bytes they own, and creates regions from their contents.
package struct Payloads {
  private var opener: PayloadOpener
  private var contents: [Region] = []

  /// Opens the payloads of an image.
  /// - Parameters:
  ///   - fileSize: size of the image in bytes; it limits how much may be decoded.
  ///   - place: the offset that a report shows for an offset in a region.
  ///   - isSearched: whether a region may hold payloads: tables that only linkers and debuggers read do not.
  package static func open(
    _ regions: inout [Region], fileSize: Int, place: (Int, Region) -> Int, where isSearched: (Region) -> Bool
  ) {
    var payloads = Payloads(opener: PayloadOpener(PayloadBudget(for: fileSize)))
    for index in regions.indices where isSearched(regions[index]) {
      regions[index].isOpened = true
      let region = regions[index]
      payloads.open(&regions[index], depth: 0) { place($0, region) }
    }
    regions += payloads.contents
  }

  /// - Parameters:
  ///   - depth: the number of payloads that enclose the region.
  ///   - place: the offset that a report shows for an offset in the region.
  private mutating func open(_ region: inout Region, depth: Int, place: (Int) -> Int) {
    var position = 0
    if depth == 0, Fatbin.isOne(region.name) {
      for payload in Fatbin.payloads(region.content, &opener.budget)
      where payload.extent.lowerBound >= position {
        scan(&region, position..<payload.extent.lowerBound, depth, place)
        take(payload, in: &region, depth, place)
        position = payload.extent.upperBound
      }
    }
    scan(&region, position..<region.content.count, depth, place)
  }

  private mutating func scan(_ region: inout Region, _ range: Range<Int>, _ depth: Int, _ place: (Int) -> Int)
  {
    let content = region.content[0..<range.upperBound]
    var (position, floor) = (range.lowerBound, range.lowerBound)
    while let candidate = MagicScan.next(in: content.span, from: position) {
      position = candidate.next
      guard candidate.start >= floor else { continue }
      if opener.budget.isSpent {
        // Further payloads cannot be distinguished from other bytes any more: none of the rest is edited.
        region.seals.append(
          Region.Seal(
            range: candidate.start..<content.count, reason: region.enclosure ?? Payload.reason,
            unread: "payloads are not looked for behind this place: too much was decoded already"))
        return
      }
      guard let payload = opener.open(candidate, in: content) else { continue }
      take(payload, in: &region, depth, place)
      position = payload.extent.upperBound
      floor = position
    }
  }

  private mutating func take(
    _ payload: Payload, in region: inout Region, _ depth: Int, _ place: (Int) -> Int
  ) {
    var seal = Region.Seal(range: payload.extent, reason: region.enclosure ?? Payload.reason)
    defer { region.seals.append(seal) }
    if let reason = payload.unread {
      seal.unread = "this \(payload.name) is not looked into: \(reason)"
      return
    }
    guard let content = payload.content, !content.isEmpty else { return }
    guard depth < Limits.payloadDepth else {
      seal.unread = "this \(payload.name) is not looked into: it lies in \(depth) others, which is the limit"
      return
    }
    seal.decoded = payload.data
    let offset = String(place(payload.extent.lowerBound), radix: 16)
    var inner = Region(
      name: "\(region.name)+0x\(offset) (\(payload.name))", section: nil, content: content, fileRange: nil,
      enclosure: seal.reason)
    let index = contents.count
    contents.append(inner)
    open(&inner, depth: depth + 1) { $0 }
    contents[index] = inner
  }
}
