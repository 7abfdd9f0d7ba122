/// A library's decoder of one compressed format, used for one stream after another.
package protocol StreamDecoder: AnyObject {
  /// How much slower than zlib it is, as an integer factor.
  static var cost: Int { get }

  /// Prepares for the next stream; false if there is no memory for it.
  func begin() -> Bool

  /// Decodes as much as fits after the first `written` bytes of `output`.
  func step(_ input: Bytes, at consumed: Int, _ output: MallocBytes, at written: Int) -> DecoderStep
}

/// What a decoder did in one step.
package struct DecoderStep {
  package enum State {
    case more
    /// The stream ended, and its checksums match.
    case end
    case damaged
    /// It may be valid, but needs more than decoders are granted.
    case refused
  }
  package var consumed: Int
  package var written: Int
  package var state: State
}

/// The result of decoding one stream.
package enum Decoded {
  /// All of it, and the number of bytes that encoded it.
  case whole(Bytes, size: Int)
  /// Not a stream of the format: damaged, truncated, or something else.
  case none
  /// More than may be held in memory.
  case tooLarge
  case refused
}

extension StreamDecoder {
  /// Decodes the stream at the beginning of `input`; bytes after it do not matter. Memory grows with the actual
  /// content, so bytes that only look like a stream cost a few hundred bytes.
  package func decode(_ input: Bytes, _ budget: inout PayloadBudget) -> Decoded {
    guard begin(), var output = try? MallocBytes(claimed: 1024) else { return .none }
    let limit = budget.limit
    var (consumed, written) = (0, 0)
    defer { budget.charge(Self.cost * (consumed + written)) }
    while true {
      let step = step(input, at: consumed, output, at: written)
      consumed += step.consumed
      written += step.written
      switch step.state {
      case .end:
        guard written <= limit else { return .tooLarge }
        output.shrink(to: written)
        budget.keep(written)
        return .whole(output.finish(), size: consumed)
      case .damaged: return .none
      case .refused: return .refused
      case .more:
        if written > limit { return .tooLarge }
        if written < output.count {
          // All input has been read, or more of it does not help: the stream is truncated.
          guard step.consumed + step.written > 0 else { return .none }
          continue
        }
        guard let larger = try? MallocBytes(claimed: UInt64(min(2 * written, limit + 1))) else {
          return .tooLarge
        }
        larger.copy(output, count: written)
        output = larger
      }
    }
  }
}

/// The decoders that one search needs, each created on first use.
package final class StreamDecoders {
  package lazy var zlib = ZlibDecoder(.zlib)
  package lazy var gzip = ZlibDecoder(.gzip)
  package lazy var deflate = ZlibDecoder(.raw)
  package lazy var zstd = ZstdDecoder()
  package lazy var xz = XZDecoder()
  package lazy var bzip2 = Bzip2Decoder()
  package lazy var lz4 = Lz4Decoder()
}
