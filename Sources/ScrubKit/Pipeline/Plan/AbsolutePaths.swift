internal import BuildRoots
import Formats

/// Keeps absolute paths absolute wherever a program may open them. `/root` and `/io` are too short for the stable
/// prefix and become `.` in debug info; loaded, `./.config/app/plugins` would lead into whatever directory the program
/// works in, and whoever may write there would decide what it loads.
struct AbsolutePaths {
  static let reason =
    "no absolute path fits here, and a program that opens a relative one looks where it happens to run; "
    + "--map OLD=NEW gives it an absolute one"

  private let regions: [Region]
  private let roots: RootMap
  /// By region.
  private let mayBeRead: [Bool]

  init<I: Image>(_ image: I, regions: [Region], roots: RootMap) {
    self.regions = regions
    self.roots = roots
    mayBeRead = image.mayBeRead(regions)
  }

  /// Why the root may not be overwritten; nil where it may.
  func reason(against hit: Hit) -> String? {
    guard mayBeRead[hit.region] else { return nil }
    let content = regions[hit.region].content
    return roots.turnsRelative(hit.root, in: content.span) ? Self.reason : nil
  }
}
