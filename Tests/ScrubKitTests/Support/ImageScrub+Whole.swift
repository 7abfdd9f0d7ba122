@testable import Formats
@testable import ScrubKit

extension ImageScrub {
  /// An image of any format, as a loose file.
  func run(_ bytes: Bytes, fix: Bool) throws(ScrubError) -> Outcome {
    try FileKind.of(bytes).scrub(Part(bytes: bytes, options: options, companions: companions), fix: fix)
  }
}
