/// BLAKE3 without a key ("BLAKE3: one function, fast everywhere", 2020, section 2), for output of at most one block:
/// lld uses it for build-ids since LLVM 15.
package enum BLAKE3 {
  private static let blockSize = 64
  private static let chunkSize = 1024

  private enum Flag {
    static let chunkStart: UInt32 = 1 << 0
    static let chunkEnd: UInt32 = 1 << 1
    static let parent: UInt32 = 1 << 2
    static let root: UInt32 = 1 << 3
  }

  private typealias Words = InlineArray<16, UInt32>
  private typealias Chaining = InlineArray<8, UInt32>

  private static let start: Chaining = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]

  /// Input of a pending compression: for a chaining value, or, at the end, for the root.
  private struct Node {
    var chaining = BLAKE3.start
    var block = Words(repeating: 0)
    var counter: UInt64 = 0
    var length = UInt32(BLAKE3.blockSize)
    var flags: UInt32 = 0

    func compressed(_ more: UInt32 = 0) -> Words {
      BLAKE3.compress(chaining, block, counter: counter, length: length, flags: flags | more)
    }

    var chainingValue: Chaining { BLAKE3.first(compressed()) }
  }

  /// - Parameter length: at most 64 bytes.
  package static func hash(_ bytes: Bytes, length: Int = 32) -> [UInt8] {
    precondition(length <= blockSize)
    let span = bytes.span
    // Chaining values of complete subtrees, the largest first; one for each set bit in the number of chunks.
    var stack: [Chaining] = []
    var chunk: UInt64 = 0
    var position = 0
    while bytes.count - position > chunkSize {
      var value = node(span, position..<position + chunkSize, chunk).chainingValue
      chunk += 1
      position += chunkSize
      var merged = chunk
      while merged & 1 == 0 {
        value = parent(stack.removeLast(), value).chainingValue
        merged >>= 1
      }
      stack.append(value)
    }
    var last = node(span, position..<bytes.count, chunk)
    while let left = stack.popLast() { last = parent(left, last.chainingValue) }
    // The root numbers output blocks, of which this is the first.
    last.counter = 0
    let words = last.compressed(Flag.root)
    return (0..<length).map { UInt8(truncatingIfNeeded: words[$0 / 4] >> UInt32($0 % 4 * 8)) }
  }

  /// One chunk up to its last block.
  private static func node(_ bytes: Span<UInt8>, _ range: Range<Int>, _ counter: UInt64) -> Node {
    var node = Node()
    node.counter = counter
    node.flags = Flag.chunkStart
    var position = range.lowerBound
    while range.upperBound - position > blockSize {
      node.block = words(bytes, position..<position + blockSize)
      node.chaining = node.chainingValue
      node.flags = 0
      position += blockSize
    }
    node.block = words(bytes, position..<range.upperBound)
    node.length = UInt32(range.upperBound - position)
    node.flags |= Flag.chunkEnd
    return node
  }

  private static func parent(_ left: Chaining, _ right: Chaining) -> Node {
    var node = Node()
    for index in 0..<8 {
      node.block[index] = left[index]
      node.block[8 + index] = right[index]
    }
    node.flags = Flag.parent
    return node
  }

  private static func words(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Words {
    var words = Words(repeating: 0)
    for (index, place) in range.enumerated() {
      words[index / 4] |= UInt32(bytes[place]) << UInt32(index % 4 * 8)
    }
    return words
  }

  private static func first(_ words: Words) -> Chaining {
    var chaining = Chaining(repeating: 0)
    for index in 0..<8 { chaining[index] = words[index] }
    return chaining
  }

  /// Section 2.2.
  private static func compress(
    _ chaining: Chaining, _ block: Words, counter: UInt64, length: UInt32, flags: UInt32
  ) -> Words {
    var state = Words(repeating: 0)
    for index in 0..<8 { state[index] = chaining[index] }
    for index in 0..<4 { state[8 + index] = start[index] }
    state[12] = UInt32(truncatingIfNeeded: counter)
    state[13] = UInt32(truncatingIfNeeded: counter >> 32)
    state[14] = length
    state[15] = flags
    var message = block
    for round in 0..<7 {
      if round > 0 { message = permuted(message) }
      for column in 0..<4 {
        mix(&state, column, column + 4, column + 8, column + 12, message[2 * column], message[2 * column + 1])
      }
      for diagonal in 0..<4 {
        mix(
          &state, diagonal, 4 + (diagonal + 1) % 4, 8 + (diagonal + 2) % 4, 12 + (diagonal + 3) % 4,
          message[8 + 2 * diagonal], message[9 + 2 * diagonal])
      }
    }
    for index in 0..<8 {
      state[index] ^= state[index + 8]
      state[index + 8] ^= chaining[index]
    }
    return state
  }

  private static let permutation: InlineArray<16, Int> = [
    2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8,
  ]

  private static func permuted(_ message: Words) -> Words {
    var result = Words(repeating: 0)
    for index in 0..<16 { result[index] = message[permutation[index]] }
    return result
  }

  private static func mix(
    _ state: inout Words, _ a: Int, _ b: Int, _ c: Int, _ d: Int, _ x: UInt32, _ y: UInt32
  ) {
    state[a] = state[a] &+ state[b] &+ x
    state[d] = rotated(state[d] ^ state[a], 16)
    state[c] = state[c] &+ state[d]
    state[b] = rotated(state[b] ^ state[c], 12)
    state[a] = state[a] &+ state[b] &+ y
    state[d] = rotated(state[d] ^ state[a], 8)
    state[c] = state[c] &+ state[d]
    state[b] = rotated(state[b] ^ state[c], 7)
  }

  private static func rotated(_ word: UInt32, _ bits: UInt32) -> UInt32 {
    word &>> bits | word &<< (32 &- bits)
  }
}
