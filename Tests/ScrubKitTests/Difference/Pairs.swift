import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Two artifacts and what `diff` says of them, in a directory of their own.
struct Pair {
  let scratch = Scratch()
  let report: DifferenceReport

  init(_ one: [UInt8], _ other: [UInt8], name: String = "out.so", _ options: Options = Options()) {
    report = Comparison(options).run(scratch.file("a/\(name)", one), scratch.file("b/\(name)", other))
  }

  /// `section: cause`, with `!` where `fix` leaves it.
  var causes: Set<String> { Set(report.differences.map(Self.short)) }

  static func short(_ difference: Difference) -> String {
    let place = [difference.place.member, difference.place.section].compactMap { $0 }.joined(separator: " ")
    return "\(place): \(difference.cause.slug)\(difference.isFixed ? "" : "!")"
  }

  func first(_ cause: Cause) throws -> Difference {
    try #require(report.differences.first { $0.cause == cause }, "\(causes)")
  }

  /// What follows from the cause, of any kind.
  func followers(of cause: Cause) throws -> [String] {
    try first(cause).consequences.flatMap(\.places)
  }
}
