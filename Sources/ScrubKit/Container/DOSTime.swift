/// A member's time as MS-DOS has it (APPNOTE 4.4.6): two-second steps from 1980 to 2107, no zone. Wheels are
/// read as UTC.
struct DOSTime: Hashable, Comparable, Sendable {
  /// The date in the high half, so that values compare as times do, even invalid ones such as month 0.
  var packed: UInt32

  init(time: UInt16, date: UInt16) { packed = UInt32(date) << 16 | UInt32(time) }

  /// The last representable time that is not after `seconds` since 1970-01-01 UTC, or the first there is.
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
  /// `YYYY-MM-DDTHH:MM:SS`, of the fields as they are.
  var description: String {
    CalendarTime(
      year: Int(packed >> 25) + 1980, month: Int(packed >> 21 & 15), day: Int(packed >> 16 & 31),
      hour: Int(packed >> 11 & 31), minute: Int(packed >> 5 & 63), second: Int(packed & 31) * 2
    ).description
  }
}

/// Date and time of day in the proleptic Gregorian calendar, UTC.
struct CalendarTime: CustomStringConvertible {
  var year: Int
  var month: Int
  var day: Int
  var hour: Int
  var minute: Int
  var second: Int
}

extension CalendarTime {
  init(seconds: Int64) {
    let days = Int((Double(seconds) / 86400).rounded(.down))
    let rest = Int(seconds) - days * 86400
    // Years begin in March, so that the leap day is the last of its year; an era is 400 years, 146,097 days.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    hour = rest / 3600
    minute = rest / 60 % 60
    second = rest % 60
  }

  var description: String {
    func padded(_ value: Int, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(width - digits.count, 0)) + digits
    }
    let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    return "\(date)T\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))"
  }
}
