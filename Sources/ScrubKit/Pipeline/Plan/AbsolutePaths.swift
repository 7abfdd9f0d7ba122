internal import BuildRoots
import Formats

/// Keeps absolute paths absolute wherever a program may open them. `/root` and `/io` are too short for the stable
/// prefix and become `.` in debug info. In loaded bytes, `./.config/app/plugins` would be relative to the program's
/// working directory, and whoever may write there would decide what it loads.
struct AbsolutePaths {
  static let reason =
    "no absolute path fits here, and a program that opens a relative one looks where it happens to run; "
    + "--map OLD=NEW gives it an absolute one"

  private let regions: [Region]
  private let roots: RootMap
  /// Whether each region may be read at run time.
  private let mayBeRead: [Bool]

  init<I: Image>(_ image: I, regions: [Region], roots: RootMap) {
    self.regions = regions
    self.roots = roots
    mayBeRead = image.mayBeRead(regions)
  }

  /// Why the root may not be overwritten; nil if it may.
  func reason(against hit: Hit) -> String? {
    guard mayBeRead[hit.region] else { return nil }
    let content = regions[hit.region].content
    return roots.turnsRelative(hit.root, in: content.span) ? Self.reason : nil
  }
}
