import Formats

/// A member's time in MS-DOS format (APPNOTE 4.4.6): two-second steps from 1980 to 2107, no time zone. Wheels are read
/// as UTC.
struct DOSTime: Hashable, Comparable, Sendable {
  /// The date in the high half, so that values compare as times do, even invalid ones such as month 0.
  var packed: UInt32

  init(time: UInt16, date: UInt16) { packed = UInt32(date) << 16 | UInt32(time) }

  /// The last representable time not after `seconds` since 1970-01-01 UTC, or the first representable one.
  init(seconds: Int64) {
    let calendar = CalendarTime(seconds: min(max(seconds, Self.first), Self.last))
    let date = UInt32(calendar.year - 1980) << 9 | UInt32(calendar.month) << 5 | UInt32(calendar.day)
    let time = UInt32(calendar.hour) << 11 | UInt32(calendar.minute) << 5 | UInt32(calendar.second / 2)
    packed = date << 16 | time
  }

  /// 1980-01-01T00:00:00 and 2107-12-31T23:59:59 in seconds since 1970.
  static let first: Int64 = 315_532_800
  static let last: Int64 = 4_354_819_199

  var time: UInt16 { UInt16(truncatingIfNeeded: packed) }
  var date: UInt16 { UInt16(packed >> 16) }

  static func < (left: DOSTime, right: DOSTime) -> Bool { left.packed < right.packed }
}

extension DOSTime: CustomStringConvertible {
  /// `YYYY-MM-DDTHH:MM:SS`, from the raw fields.
  var description: String {
    CalendarTime(
      year: Int(packed >> 25) + 1980, month: Int(packed >> 21 & 15), day: Int(packed >> 16 & 31),
      hour: Int(packed >> 11 & 31), minute: Int(packed >> 5 & 63), second: Int(packed & 31) * 2
    ).description
  }
}
