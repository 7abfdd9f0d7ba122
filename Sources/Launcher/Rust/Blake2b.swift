/// BLAKE2b with 32 bytes of digest (RFC 7693), which needs no table of constants and no special instructions.
struct Blake2b {
  private var state: InlineArray<8, UInt64>
  private var block = InlineArray<128, UInt8>(repeating: 0)
  private var filled = 0
  private var count: UInt64 = 0

  init() {
    state = initial
    // Section 2.5: no key, 32 bytes.
    state[0] ^= 0x0101_0020
  }

  mutating func update(_ bytes: Bytes) {
    for byte in bytes {
      // The last block is told apart, so a full one waits until it is known not to be the last.
      if filled == 128 { compress(isLast: false) }
      block[filled] = byte
      filled &+= 1
    }
  }

  /// With its length, so that what follows cannot be taken for a part of it.
  mutating func updateCounted(_ bytes: Bytes) {
    var length = UInt64(bytes.count)
    for _ in 0..<8 {
      update([UInt8(truncatingIfNeeded: length)])
      length >>= 8
    }
    update(bytes)
  }

  /// Hexadecimal.
  mutating func finish() -> Bytes {
    for index in filled..<128 { block[index] = 0 }
    compress(isLast: true)
    var digest: Bytes = []
    for index in 0..<4 {
      let word = state[index]
      for byte in 0..<8 {
        let value = UInt8(truncatingIfNeeded: word &>> UInt64(8 * byte))
        digest += [hexadecimal[Int(value >> 4)], hexadecimal[Int(value & 15)]]
      }
    }
    return digest
  }

  /// Section 3.2.
  private mutating func compress(isLast: Bool) {
    count &+= UInt64(filled)
    filled = 0
    var words = InlineArray<16, UInt64>(repeating: 0)
    for index in 0..<16 {
      var word: UInt64 = 0
      for byte in 0..<8 { word |= UInt64(block[8 &* index &+ byte]) &<< UInt64(8 &* byte) }
      words[index] = word
    }
    var v = InlineArray<16, UInt64>(repeating: 0)
    for index in 0..<8 {
      v[index] = state[index]
      v[index + 8] = initial[index]
    }
    v[12] ^= count
    if isLast { v[14] = ~v[14] }
    for round in 0..<12 {
      // Sixteen numbers of four bits: which words each step mixes in.
      let order = schedule[round % 10]
      mix(&v, 0, 4, 8, 12, &words, order &>> 0)
      mix(&v, 1, 5, 9, 13, &words, order &>> 8)
      mix(&v, 2, 6, 10, 14, &words, order &>> 16)
      mix(&v, 3, 7, 11, 15, &words, order &>> 24)
      mix(&v, 0, 5, 10, 15, &words, order &>> 32)
      mix(&v, 1, 6, 11, 12, &words, order &>> 40)
      mix(&v, 2, 7, 8, 13, &words, order &>> 48)
      mix(&v, 3, 4, 9, 14, &words, order &>> 56)
    }
    for index in 0..<8 { state[index] ^= v[index] ^ v[index + 8] }
  }
}

/// Section 3.1. Called 96 times for each block, by a program that is built for its size.
@inline(__always)
private func mix(
  _ v: inout InlineArray<16, UInt64>, _ a: Int, _ b: Int, _ c: Int, _ d: Int,
  _ words: inout InlineArray<16, UInt64>, _ order: UInt64
) {
  v[a] = v[a] &+ v[b] &+ words[Int(order & 15)]
  v[d] = rotated(v[d] ^ v[a], 32)
  v[c] = v[c] &+ v[d]
  v[b] = rotated(v[b] ^ v[c], 24)
  v[a] = v[a] &+ v[b] &+ words[Int(order &>> 4 & 15)]
  v[d] = rotated(v[d] ^ v[a], 16)
  v[c] = v[c] &+ v[d]
  v[b] = rotated(v[b] ^ v[c], 63)
}

@inline(__always)
private func rotated(_ value: UInt64, _ bits: UInt64) -> UInt64 { value &>> bits | value &<< (64 - bits) }

private let hexadecimal = Bytes("0123456789abcdef")

private let initial: InlineArray<8, UInt64> = [
  0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1,
  0x510e_527f_ade6_82d1, 0x9b05_688c_2b3e_6c1f, 0x1f83_d9ab_fb41_bd6b, 0x5be0_cd19_137e_2179,
]

/// Section 2.7, the first number in the lowest bits.
private let schedule: InlineArray<10, UInt64> = [
  0xfedc_ba98_7654_3210, 0x357b_20c1_6df9_84ae, 0x4917_63ea_df25_0c8b, 0x8f04_a562_ebcd_1397,
  0xd386_cb1e_fa42_7509, 0x91ef_57d4_38b0_a6c2, 0xb829_3670_a4de_f15c, 0xa268_4f05_931c_e7bd,
  0x5a41_7d2c_803b_9ef6, 0x0dc3_e9bf_5167_482a,
]
