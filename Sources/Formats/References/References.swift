/// References to the bytes of some texts, collected in one pass over everything that can refer to them.
///
/// Addresses are in the image's own address space; object files, which have none yet, get one from the collecting code.
package struct References: Sendable {
  /// Bytes that may be overwritten, and the string that contains them.
  package struct Target: Sendable {
    package var range: Range<UInt64>
    /// Where the string begins; no later than the range's first byte.
    package var start: UInt64
    /// Whether the string ends where the range ends.
    package var endsString: Bool

    package init(
      range: Range<UInt64>, start: UInt64, endsString: Bool
    ) {
      self.range = range
      self.start = start
      self.endsString = endsString
    }
  }

  /// The source of a reference.
  package struct Origin: Sendable {
    /// `.text`, `relocation of .data.rel.ro`, `symbol code_2`.
    package var name: String
    /// Address of the instruction, word or entry; nil if the name suffices.
    package var place: UInt64?

    package var text: String { place.map { "\(name) at 0x\(String($0, radix: 16))" } ?? name }
  }

  /// An instruction that reads bytes without taking their address.
  package struct Load: Sendable {
    /// The bytes that it reads.
    package var bytes: Range<UInt64>
    /// Address of the instruction.
    package var place: UInt64
  }

  /// What is known about one target.
  package struct Answer: Sendable {
    /// The first reference to a byte after the range's first one.
    package var inside: (address: UInt64, origin: Origin)?
    /// Whether there is a reference to the range's first byte, or to an earlier byte of the same string.
    package var isReached = false
    /// The first reference to exactly the range's first byte.
    package var exact: Origin?
    /// Loads that touch more than the first byte.
    package var loads: [Load] = []

    package init(
      inside: (address: UInt64, origin: Origin)? = nil, isReached: Bool = false, exact: Origin? = nil,
      loads: [Load] = []
    ) {
      self.inside = inside
      self.isReached = isReached
      self.exact = exact
      self.loads = loads
    }
  }

  /// Ascending and disjoint.
  package let targets: [Target]
  package private(set) var answers: [Answer]
  /// From the first string's beginning to the last range's end; most addresses of an image are outside.
  package let hull: Range<UInt64>

  /// - Parameter targets: disjoint.
  package init(_ targets: [Target]) {
    self.targets = targets.sorted { $0.range.lowerBound < $1.range.lowerBound }
    answers = targets.map { _ in Answer() }
    let first = targets.map(\.start).min() ?? 0
    hull = first..<max(first, targets.map(\.range.upperBound).max() ?? 0)
  }

  /// Records a reference to the address of a byte.
  @inline(__always)
  package mutating func point(to address: UInt64, _ origin: @autoclosure () -> Origin) {
    guard hull.contains(address) else { return }
    record(address, origin)
  }

  /// Whether the byte is in a range but not its first byte.
  package func isInside(_ address: UInt64) -> Bool {
    let index = targets.partition { $0.range.upperBound <= address }
    return index < targets.count && address > targets[index].range.lowerBound
  }

  /// Whether any of the bytes is in a range but not its first byte.
  package func isInside(_ bytes: Range<UInt64>) -> Bool {
    let index = targets.partition { $0.range.upperBound <= bytes.lowerBound }
    return index < targets.count && bytes.upperBound > targets[index].range.lowerBound &+ 1
  }

  private mutating func record(_ address: UInt64, _ origin: () -> Origin) {
    let index = targets.partition { $0.range.upperBound <= address }
    guard index < targets.count, address >= targets[index].start else { return }
    if address <= targets[index].range.lowerBound {
      answers[index].isReached = true
      if address == targets[index].range.lowerBound, answers[index].exact == nil {
        answers[index].exact = origin()
      }
    } else if answers[index].inside == nil {
      answers[index].inside = (address, origin())
    }
  }

  /// Records that an instruction reads bytes.
  @inline(__always)
  package mutating func load(_ address: UInt64, size: UInt64, place: UInt64) {
    guard address < hull.upperBound, hull.lowerBound < address &+ size else { return }
    recordLoad(address..<max(address, address &+ size), place)
  }

  private mutating func recordLoad(_ bytes: Range<UInt64>, _ place: UInt64) {
    var index = targets.partition { $0.range.upperBound <= bytes.lowerBound }
    while index < targets.count, targets[index].start < bytes.upperBound {
      let target = targets[index]
      if bytes.lowerBound <= target.range.lowerBound { answers[index].isReached = true }
      if bytes.upperBound > target.range.lowerBound + 1 {
        answers[index].loads.append(Load(bytes: bytes, place: place))
      }
      index += 1
    }
  }

  /// A target is also reached if an earlier target of the same string is.
  package mutating func finish() {
    for index in targets.indices.dropFirst() where targets[index].start == targets[index - 1].start {
      answers[index].isReached =
        answers[index].isReached || answers[index - 1].isReached
        || answers[index - 1].inside != nil
    }
  }
}
