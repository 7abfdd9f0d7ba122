/// Roots in UTF-16 and UTF-32 strings.
///
/// An ASCII character is one byte with one or three zeros before or after it: in both byte orders, the same bytes at
/// the same distance. So one search finds all four encodings, and rewriting only requires the bytes.
extension RootMap {
  /// Every root in the wide strings in `bytes`, in order. The range of each extends from the nonzero byte of its first
  /// character to the end of that of its last; `stride` is the distance between two.
  public func wideRoots(in bytes: Span<UInt8>) -> [BuildRoot] {
    var roots: [BuildRoot] = []
    var offset = 0
    while let candidate = WideScan.next(in: bytes, from: offset) {
      guard let text = WideScan.Text(in: bytes, around: candidate, from: offset) else {
        offset = candidate + 1
        continue
      }
      if text.count >= WideScan.shortestText {
        let narrow = text.offsets.map { bytes[$0] }
        for var root in self.roots(in: narrow.span) {
          let (first, last) = (root.range.lowerBound, root.range.upperBound - 1)
          root.range = text.start + first * text.stride..<text.start + last * text.stride + 1
          root.stride = text.stride
          roots.append(root)
        }
      }
      offset = text.start + (text.count - 1) * text.stride + 1
    }
    return roots
  }

  /// The root as text, whatever the width of its characters.
  public func text(of root: BuildRoot, in bytes: Span<UInt8>) -> String {
    String(decoding: characters(of: root, in: bytes), as: UTF8.self)
  }

  func characters(of root: BuildRoot, in bytes: Span<UInt8>) -> [UInt8] {
    stride(from: root.range.lowerBound, to: root.range.upperBound, by: root.stride).map { bytes[$0] }
  }
}

enum WideScan {
  /// No root is shorter.
  static let shortestText = 8

  /// The first `-`, `/` or `\` from `start` on with a zero on both sides.
  static func next(in bytes: Span<UInt8>, from start: Int) -> Int? {
    Vectors.first(in: bytes, from: max(start, 1)) {
      hits(in: bytes, at: $0)
    } isCandidate: {
      isCandidate(in: bytes, at: $0)
    }
  }

  @inline(__always)
  private static func hits(in bytes: Span<UInt8>, at offset: Int) -> SIMDMask<SIMD16<Int8>> {
    let here = Vectors.load(bytes, at: offset)
    let sides = Vectors.load(bytes, at: offset &- 1) | Vectors.load(bytes, at: offset &+ 1)
    return (((here & markMask) .== mark) .| (here .== separator)) .& (sides .== zero)
  }

  // `-` and `/` are equal without this bit.
  private static var markMask: SIMD16<UInt8> { SIMD16(repeating: 0xFD) }
  private static var mark: SIMD16<UInt8> { SIMD16(repeating: 0x2D) }
  private static var separator: SIMD16<UInt8> { SIMD16(repeating: 0x5C) }
  private static var zero: SIMD16<UInt8> { SIMD16(repeating: 0) }

  private static func isCandidate(in bytes: Span<UInt8>, at offset: Int) -> Bool {
    (bytes[offset] & 0xFD == 0x2D || bytes[offset] == backslash) && bytes[offset - 1] == 0
      && (offset + 1 == bytes.count || bytes[offset + 1] == 0)
  }

  /// Characters at equal distances with only zeros between them.
  struct Text {
    var start: Int
    var count: Int
    var stride: Int

    var offsets: StrideTo<Int> { Swift.stride(from: start, to: start + count * stride, by: stride) }

    /// The longest text that contains the character at `mark`, not before `floor`; nil if the character is alone.
    init?(in bytes: Span<UInt8>, around mark: Int, from floor: Int) {
      for stride in [2, 4] {
        func isText(_ offset: Int, gap: Range<Int>) -> Bool {
          guard offset >= floor, offset < bytes.count, bytes[offset] >= 0x20, bytes[offset] < 0x7F else {
            return false
          }
          for zero in gap where bytes[zero] != 0 { return false }
          return true
        }
        var first = mark
        while isText(first - stride, gap: first - stride + 1..<first) { first -= stride }
        var last = mark
        while isText(last + stride, gap: last + 1..<last + stride) { last += stride }
        if first < last {
          (start, count, self.stride) = (first, (last - first) / stride + 1, stride)
          return
        }
      }
      return nil
    }
  }
}
