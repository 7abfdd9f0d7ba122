import Formats

/// SOURCE_DATE_EPOCH as an upper bound: later times of members become it, earlier ones are left unchanged.
struct TimeClamp: Sendable {
  /// For header fields.
  let dos: DOSTime
  /// For extra fields, in seconds since 1970-01-01 UTC.
  let seconds: Int64

  /// - Parameter epoch: seconds since 1970-01-01 UTC; outside 1980 to 2107 the nearest time counts.
  init(epoch: Int64) {
    dos = DOSTime(seconds: epoch)
    seconds = min(max(epoch, DOSTime.first), DOSTime.last)
  }

  func clamped(_ time: DOSTime) -> DOSTime { min(time, dos) }

  /// The same run of extra fields with late times replaced: Info-ZIP's `UT` (flags, then 32-bit seconds) and NTFS times
  /// (APPNOTE 4.5.5; 100 ns since 1601). Nil if none is late.
  func clamped(_ extra: ExtraFields) -> [UInt8]? {
    var result: [UInt8]?
    func replace(at offset: Int, width: Int, with value: UInt64) {
      var bytes = result ?? extra.bytes.array()
      for index in 0..<width { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
      result = bytes
    }
    for field in extra.fields {
      let span = extra.bytes.span
      switch field.id {
      case ZipFormat.Extra.universalTime:
        for offset in stride(from: field.data.lowerBound + 1, through: field.data.upperBound - 4, by: 4) {
          let time = Int32(truncatingIfNeeded: span.unsigned(at: offset, width: 4, order: .little))
          if Int64(time) > seconds { replace(at: offset, width: 4, with: UInt64(seconds)) }
        }
      case ZipFormat.Extra.ntfs:
        // 4 reserved bytes, then tag 1, size 24 and three times.
        let start = field.data.lowerBound + 4
        guard field.data.count >= 32, span.unsigned(at: start, width: 4, order: .little) == 24 << 16 | 1
        else { break }
        let bound = UInt64(seconds + 11_644_473_600) * 10_000_000
        for offset in stride(from: start + 4, to: start + 28, by: 8)
        where span.unsigned(at: offset, width: 8, order: .little) > bound {
          replace(at: offset, width: 8, with: bound)
        }
      default: break
      }
    }
    return result
  }

  /// Whether `fix` would change a time of this member.
  func isLate(_ member: Wheel.Member) -> Bool {
    member.time > dos || member.localTime > dos || clamped(member.extra) != nil
      || clamped(member.localExtra) != nil
  }
}
