import Formats

/// One digest over a sequence of fields. Each field states its kind and length, so two different sequences never give
/// the same bytes; the first fields state what follows, so a file is never mistaken for a list.
///
/// Bytes that do not count are written as a count of masked bytes, an encoding that no file content has.
struct KeyWriter: ~Copyable {
  /// The `v3` of the printed key. Keys with one version number never change: any change to them requires a new number.
  /// `GoldenKeyTests` enforces this.
  static let version: UInt64 = 3

  private enum Tag: UInt8 {
    case number = 1
    case bytes, masked, list, key
  }

  private var digest = Digest(.sha256)
  /// Small fields waiting to be hashed.
  private var buffer: [UInt8] = []

  init(_ kind: String, _ level: KeyLevel) {
    text("wheelscrub key")
    number(Self.version)
    text(kind)
    text(level.rawValue)
  }

  mutating func number(_ value: UInt64) {
    buffer.append(Tag.number.rawValue)
    append(value)
  }

  mutating func flag(_ value: Bool) { number(value ? 1 : 0) }

  mutating func text(_ value: String) { bytes(Array(value.utf8)) }

  mutating func bytes(_ value: [UInt8]) {
    head(.bytes, value.count)
    buffer += value
    if buffer.count > Self.bufferSize { flush() }
  }

  mutating func bytes(_ value: Bytes) {
    head(.bytes, value.count)
    // Values large enough for a call of their own are not copied.
    if value.count < Self.bufferSize {
      buffer += value.array()
      if buffer.count > Self.bufferSize { flush() }
    } else {
      flush()
      digest.update(value)
    }
  }

  /// Bytes that exist but do not count.
  mutating func masked(_ count: Int) { head(.masked, count) }

  /// Writes how many items follow.
  mutating func list(_ count: Int) { head(.list, count) }

  /// The key of a part.
  mutating func key(_ key: ContentKey) {
    head(.key, key.digest.count)
    buffer += key.digest
  }

  /// The bytes of `range`, with some of them masked.
  /// - Parameter masks: in offsets of `content`; in any order. Parts outside the range are ignored.
  mutating func stretch(_ content: Bytes, _ range: Range<Int>, masking masks: [Range<Int>]) {
    let masks = FileRanges(masks.map { $0.clamped(to: range) }).all
    list(2 * masks.count + 1)
    var position = range.lowerBound
    for mask in masks {
      bytes(content[position..<mask.lowerBound])
      masked(mask.count)
      position = mask.upperBound
    }
    bytes(content[position..<range.upperBound])
  }

  consuming func finish() -> [UInt8] {
    flush()
    return digest.finish()
  }

  private static let bufferSize = 1 << 14

  private mutating func head(_ tag: Tag, _ count: Int) {
    buffer.append(tag.rawValue)
    append(UInt64(count))
  }

  private mutating func append(_ value: UInt64) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      buffer.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  private mutating func flush() {
    digest.update(Bytes(buffer))
    buffer.removeAll(keepingCapacity: true)
  }
}
