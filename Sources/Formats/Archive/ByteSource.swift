/// The bytes of a file from front to back, decoded on the way where it is compressed. It holds no more than what is asked
/// for at once.
package final class ByteSource {
  private let input: Bytes
  /// Nil where the file is not compressed.
  private let decoder: (any StreamDecoder)?
  /// What a stream begins with: several may stand one behind the other, as gzip and its like allow.
  private let magic: [UInt8]
  /// Bytes of the input that were read.
  private var consumed = 0
  private var isOver = false

  package init(_ bytes: Bytes) {
    input = bytes
    decoder = nil
    magic = []
  }

  /// - Throws: where there is no memory for the decoder.
  package init(_ bytes: Bytes, _ decoder: any StreamDecoder, magic: [UInt8]) throws(ScrubError) {
    input = bytes
    self.decoder = decoder
    self.magic = magic
    guard decoder.begin() else { throw ScrubError("not enough memory to decompress it") }
  }

  /// The next `count` bytes, or all that are left.
  /// - Throws: where the compressed data is damaged or cut, or costs more than this run grants.
  package func read(_ count: Int) throws(ScrubError) -> Bytes {
    guard let decoder else {
      let start = consumed
      consumed = start + min(count, input.count - start)
      return input[start..<consumed]
    }
    guard count > 0 else { return Bytes([]) }
    // A claim is believed only as far as there are bytes.
    var output = try MallocBytes(claimed: UInt64(min(count, firstSize)))
    var written = 0
    while true {
      try fill(output, &written, decoder)
      if isOver || written == count { break }
      let larger = try MallocBytes(claimed: UInt64(min(2 * written, count)))
      larger.copy(output, count: written)
      output = larger
    }
    output.shrink(to: written)
    return output.finish()
  }

  /// Passes over the next `count` bytes, or all that are left.
  /// - Returns: how many there were.
  @discardableResult
  package func skip(_ count: UInt64) throws(ScrubError) -> UInt64 {
    guard decoder != nil else { return UInt64(try read(Int(clamping: count)).count) }
    var left = count
    while left > 0 {
      let found = try read(Int(min(left, UInt64(Self.largestStep)))).count
      if found == 0 { break }
      left -= UInt64(found)
    }
    return count - left
  }

  private static let largestStep = 1 << 20
  /// Bytes of the first attempt: as many as what is left of the input would explain. A small file costs little.
  private var firstSize: Int { min(Self.largestStep, max(4096, 4 * (input.count - consumed))) }
  /// Units of `Effort` for each stream.
  private static let streamCost = 1 << 14

  private func fill(
    _ output: MallocBytes, _ written: inout Int, _ decoder: any StreamDecoder
  ) throws(ScrubError) {
    while written < output.count, !isOver {
      let step = decoder.step(input, at: consumed, output, at: written)
      consumed += step.consumed
      written += step.written
      switch step.state {
      case .end:
        try Effort.charge(Self.streamCost)
        let input = input
        let isFollowed = input.span.holds(magic, at: consumed)
        isOver = !isFollowed || !decoder.begin()
      case .damaged: throw ScrubError("compressed data is damaged", offset: UInt64(consumed))
      case .refused: throw ScrubError("needs too much memory to be decompressed")
      case .more:
        guard step.consumed + step.written > 0 else {
          throw ScrubError("compressed data is cut", offset: UInt64(consumed))
        }
      }
    }
  }
}
