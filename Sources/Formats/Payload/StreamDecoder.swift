/// A library's decoder of one compressed format, used for one stream after another.
package protocol StreamDecoder: AnyObject {
  /// How much slower than zlib it is, in whole numbers.
  static var cost: Int { get }

  /// Prepares for the next stream; false where there is no memory for it.
  func begin() -> Bool

  /// Decodes as much as fits behind the first `written` bytes of `output`.
  func step(_ input: Bytes, at consumed: Int, _ output: MallocBytes, at written: Int) -> DecoderStep
}

/// What a decoder did at once.
package struct DecoderStep {
  package enum State {
    case more
    /// The stream ended, and its checksums are right.
    case end
    case damaged
    /// It may be right, but needs more than decoders get.
    case refused
  }
  package var consumed: Int
  package var written: Int
  package var state: State
}

/// What came of one stream.
package enum Decoded {
  /// All of it, and how many bytes it had encoded.
  case whole(Bytes, size: Int)
  /// No stream of the format: damaged, cut, or another thing.
  case none
  /// More than may be held.
  case tooLarge
  case refused
}

extension StreamDecoder {
  /// Decodes the stream that `input` begins with; what stands behind it does not matter. Memory grows with what is
  /// really there, so what only looks like a stream costs a few hundred bytes.
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
          // All input is read, or there is none that helps: the stream is cut.
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

/// The decoders that one search needs, each made when it is first asked for.
package final class StreamDecoders {
  package lazy var zlib = ZlibDecoder(.zlib)
  package lazy var gzip = ZlibDecoder(.gzip)
  package lazy var deflate = ZlibDecoder(.raw)
  package lazy var zstd = ZstdDecoder()
  package lazy var xz = XZDecoder()
  package lazy var bzip2 = Bzip2Decoder()
  package lazy var lz4 = Lz4Decoder()
}
