extension Deflate {
  /// Whether this program's zlib writes the bytes that define canonical wheels, those of zlib's own level 6. zlib-ng
  /// and others write different valid streams. Determined once: a sample takes about two milliseconds.
  package static let isPinned: Bool = {
    let deflated = try? raw(Bytes(sample()))
    return deflated.map { Bytes(Digest.of($0, .sha256)).hex } == digest
  }()

  /// Digest of `sample`, deflated by zlib 1.2.13 as CPython's zlib module does it:
  /// `zlib.compressobj(6, zlib.DEFLATED, -15)`.
  private static let digest = "7c60893c5fe4eb6400ae6f878de42f29e95639cadc2774e595ee6d88aa3d5b1c"

  /// Text of sixteen letters, matches at all distances, noise, and zeros: every kind of block.
  private static func sample() -> [UInt8] {
    var state: UInt32 = 1
    func next() -> Int {
      state = state &* 1_664_525 &+ 1_013_904_223
      return Int(state >> 8)
    }
    var sample: [UInt8] = []
    sample.reserveCapacity(5 << 14)
    while sample.count < 1 << 14 { sample.append(UInt8(0x61 + (next() & 15))) }
    while sample.count < 3 << 14 {
      let number = next()
      let start = (number >> 6) % sample.count
      for index in 0..<3 + (number & 63) { sample.append(sample[start + index]) }
      sample.append(UInt8(next() & 0xff))
    }
    while sample.count < 4 << 14 { sample.append(UInt8(next() & 0xff)) }
    return sample + [UInt8](repeating: 0, count: 1 << 14)
  }
}
