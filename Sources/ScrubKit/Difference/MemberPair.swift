internal import BuildRoots

/// Two contents of the same name: images, compiled Python, text or anything else.
struct MemberPair {
  let one: Bytes
  let other: Bytes
  let roots: RootMap

  init(_ one: Bytes, _ other: Bytes, roots: RootMap) {
    self.one = one
    self.other = other
    self.roots = roots
  }

  /// At least one difference for contents that are not the same.
  func compare(at place: Place) throws(ScrubError) -> [Difference] {
    if one == other { return [] }
    let differences: [Difference]
    do throws(ScrubError) {
      switch (Magic(one), Magic(other)) {
      case (.elf, .elf): differences = try ImagePair(one, other, roots: roots).compare()
      case (.machO, .machO): differences = try MachOPair(one, other, roots: roots).compare()
      case (.universal, .universal):
        differences = try UniversalPair(one: one, other: other, roots: roots).compare()
      case (.archive, .archive): differences = try ArchivePair(one, other, roots: roots).compare()
      default: return compareContent(at: place)
      }
    } catch {
      throw (place.member.map { error.within($0) } ?? error).inside(path: place.path)
    }
    return differences.map { difference in
      var difference = difference
      difference.place = place.member.map { difference.place.within($0) } ?? difference.place
      difference.place.path = place.path
      return difference
    }
  }

  private func compareContent(at place: Place) -> [Difference] {
    if let time = bytecodeTime(at: place) { return [time] }
    return StringsPair(one, other, roots: roots, separator: UInt8(ascii: "\n")).causes.map {
      $0.difference(at: place)
    }
  }

  /// Bytes 8 to 11 of compiled Python are its source's time where bytes 4 to 7 are zero (PEP 552).
  private func bytecodeTime(at place: Place) -> Difference? {
    guard place.file.hasSuffix(".pyc"), one.count == other.count, one.count >= 16,
      one[0..<8] == other[0..<8], (4..<8).allSatisfy({ one[$0] == 0 }),
      one[12..<one.count] == other[12..<other.count]
    else { return nil }
    var at = place
    at.offset = 8
    return Difference(.bytecodeTime, at: at, first: one[8..<12].hex, second: other[8..<12].hex)
  }
}

extension Bytes {
  /// Pairs of digits, without spaces.
  var hex: String {
    array().map { byte in
      let text = String(byte, radix: 16)
      return text.count < 2 ? "0" + text : text
    }.joined()
  }

  /// The first offset at which the two differ; nil where the shorter is the beginning of the longer.
  func firstDifference(from other: Bytes) -> Int? {
    let (one, other) = (span, other.span)
    for index in 0..<Swift.min(one.count, other.count) where one[index] != other[index] { return index }
    return nil
  }
}
