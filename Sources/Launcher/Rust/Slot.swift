/// A link at a stable place that leads to one random directory as long as compiles use it.
///
/// Compiles of one build share it; another build never sees it change under its feet, because whoever moves the link
/// holds the lock alone. A compile that did not end by itself leaves its mark: the cache's server may go on with it, and
/// would read and write through the link. Such a slot is let alone for a day, and the next one is taken.
struct Slot {
  /// `PLACE/NAME/NUMBER`.
  let directory: Bytes
  private let lock: Int32
  private let mark: Bytes

  var link: Bytes { directory + Bytes("/root") }

  /// Longer than any crate takes to compile; seconds.
  static let quarantine: Int64 = 24 * 60 * 60

  /// - Returns: nil where the slot is another build's, or cannot be made.
  static func take(_ name: Bytes, root: Bytes, in place: Bytes) -> Slot? {
    let family = place + [Ascii.slash] + name
    guard System.makePrivateDirectory(family) else { return nil }
    for number in UInt8(1)...9 {
      let directory = family + [Ascii.slash, UInt8(ascii: "0") + number]
      guard System.makePrivateDirectory(directory), System.makePrivateDirectory(directory + Bytes("/runs"))
      else { return nil }
      switch enter(directory, root) {
      case .taken(let slot): return slot
      case .busy: return nil
      case .abandoned: continue
      }
    }
    return nil
  }

  private enum Entry {
    case taken(Slot)
    case busy, abandoned
  }

  private static func enter(_ directory: Bytes, _ root: Bytes) -> Entry {
    guard let lock = System.openLock(directory + Bytes("/lock")) else { return .busy }
    let link = directory + Bytes("/root")
    // The first compiles of a build start at once, and one of them moves the link.
    for _ in 0..<8 {
      if System.link(at: link) == root, System.lock(lock, exclusive: false) {
        if System.link(at: link) == root, let mark = makeMark(directory) {
          return .taken(Slot(directory: directory, lock: lock, mark: mark))
        }
      } else if System.lock(lock, exclusive: true) {
        if System.link(at: link) != root {
          guard isFree(directory) else {
            System.close(lock)
            return .abandoned
          }
          guard move(link, to: root) else { break }
        }
        // Others may come between the two locks; then the link says so.
        continue
      }
      System.pause(milliseconds: 1)
    }
    System.close(lock)
    return .busy
  }

  /// Whether every compile that was here has ended by itself, or must have ended.
  private static func isFree(_ directory: Bytes) -> Bool {
    let runs = directory + Bytes("/runs/")
    for name in System.names(in: runs) where !name.isText(".") && !name.isText("..") {
      guard System.age(of: runs + name) > quarantine, System.remove(runs + name) else { return false }
    }
    return true
  }

  private static func move(_ link: Bytes, to root: Bytes) -> Bool {
    _ = System.remove(link)
    return System.makeLink(to: root, at: link) == .new
  }

  /// Process numbers come again, and are different ones in containers that share a home.
  private static func makeMark(_ directory: Bytes) -> Bytes? {
    for number in UInt8(1)...9 {
      let path =
        directory + Bytes("/runs/") + decimal(System.process) + [Ascii.hyphen, UInt8(ascii: "0") + number]
      if System.makeFile(path) { return path }
    }
    return nil
  }

  /// The compile has ended by itself: nobody uses the link any more on its behalf.
  func leave() {
    guard System.remove(mark) else { return abandon() }
    if System.lock(lock, exclusive: true), Self.isFree(directory) { _ = System.remove(link) }
    System.close(lock)
  }

  /// It did not, or that cannot be known.
  func abandon() { System.close(lock) }
}
