/// SipHash-c-d (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012) with a 64-bit result.
package struct SipHash {
  package let key: (UInt64, UInt64)
  /// Rounds for each word of eight bytes.
  package let compression: Int
  /// Rounds at the end.
  package let finalization: Int

  package func hash(_ bytes: Span<UInt8>) -> UInt64 {
    var state = State(key)
    let whole = bytes.count & ~7
    for offset in stride(from: 0, to: whole, by: 8) {
      state.absorb(bytes.unsigned(at: offset, width: 8, order: .little), rounds: compression)
    }
    // The last word holds the remaining bytes, and the length in its highest byte.
    let rest = bytes.unsigned(at: whole, width: bytes.count - whole, order: .little)
    state.absorb(rest | UInt64(truncatingIfNeeded: bytes.count) << 56, rounds: compression)
    return state.finish(rounds: finalization)
  }

  private struct State {
    private var v0, v1, v2, v3: UInt64

    init(_ key: (UInt64, UInt64)) {
      // "somepseudorandomlygeneratedbytes" in ASCII.
      v0 = key.0 ^ 0x736f_6d65_7073_6575
      v1 = key.1 ^ 0x646f_7261_6e64_6f6d
      v2 = key.0 ^ 0x6c79_6765_6e65_7261
      v3 = key.1 ^ 0x7465_6462_7974_6573
    }

    mutating func absorb(_ word: UInt64, rounds: Int) {
      v3 ^= word
      for _ in 0..<rounds { round() }
      v0 ^= word
    }

    mutating func finish(rounds: Int) -> UInt64 {
      v2 ^= 0xff
      for _ in 0..<rounds { round() }
      return v0 ^ v1 ^ v2 ^ v3
    }

    private mutating func round() {
      v0 &+= v1
      v2 &+= v3
      v1 = Self.rotated(v1, 13) ^ v0
      v3 = Self.rotated(v3, 16) ^ v2
      v0 = Self.rotated(v0, 32)
      v2 &+= v1
      v0 &+= v3
      v1 = Self.rotated(v1, 17) ^ v2
      v3 = Self.rotated(v3, 21) ^ v0
      v2 = Self.rotated(v2, 32)
    }

    private static func rotated(_ value: UInt64, _ bits: UInt64) -> UInt64 {
      value &<< bits | value &>> (64 &- bits)
    }
  }
}
