import Formats

/// A wheel about to be written: runs copied from the original, and new bytes.
struct WheelOutput {
  enum Segment {
    /// These bytes of the original, unchanged.
    case copy(Range<Int>)
    case bytes(Bytes)

    var count: Int {
      switch self {
      case .copy(let range): range.count
      case .bytes(let bytes): bytes.count
      }
    }
  }

  let original: MappedFile
  let segments: [Segment]

  /// Writes everything; the caller commits.
  func write(to output: AtomicWrite) throws(ScrubError) {
    for segment in segments {
      switch segment {
      case .copy(let range): try output.copy(range, of: original)
      case .bytes(let bytes): try output.write(bytes)
      }
    }
    try original.checkUnchanged()
  }

  /// All of it, in memory.
  var bytes: Bytes {
    .joined(
      segments.map { segment in
        switch segment {
        case .copy(let range): original.bytes[range]
        case .bytes(let bytes): bytes
        }
      })
  }
}
