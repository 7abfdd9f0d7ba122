import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// How often rule 1 refuses: every long string of published modules stands in for a root.
///
/// `WHEELSCRUB_CORPUS=DIRECTORY` names the wheels; `WHEELSCRUB_REFUSALS=FILE` gets a line for each window with a
/// reference into it, for `Tests/Judges/needless_refusals.py`, which disassembles the place and says whether it is one.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["WHEELSCRUB_CORPUS"] != nil))
struct NeedlessRefusalTests {
  /// Bytes of a window: a root of pip.
  static let length = 60
  /// Bytes of the largest module that is looked at.
  static let largest = 8 << 20

  struct Count {
    var windows = 0
    var ending = 0
    var pointers = 0
    var pieces = 0
    var unreached = 0
    var obstacles = 0
  }

  @Test func windowsOfOrdinaryStrings() throws {
    let environment = ProcessInfo.processInfo.environment
    let directory = try #require(environment["WHEELSCRUB_CORPUS"])
    var total = Count()
    var lines: [String] = []
    var modules = 0
    for name in try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
    where name.hasSuffix(".whl") {
      let scratch = Scratch()
      try scratch.run("unzip", "-q", "-o", "\(directory)/\(name)", "-x", "*.py", "-d", ".")
      for file in Tree.expand([scratch.path]).files.map(\.path).sorted() {
        guard let content = FileManager.default.contents(atPath: file), content.count <= Self.largest,
          ElfImage.hasMagic(Bytes(Array(content.prefix(4))))
        else { continue }
        let image = try ElfImage(Bytes(Array(content)))
        let member = "\(name)!\(file.dropFirst(scratch.path.count + 1))"
        let (count, refusals) = Self.measure(image)
        guard count.windows > 0 else { continue }
        modules += 1
        total.windows += count.windows
        total.ending += count.ending
        total.pointers += count.pointers
        total.pieces += count.pieces
        total.unreached += count.unreached
        total.obstacles += count.obstacles
        lines += refusals.map { "\(member)\t\($0)" }
      }
    }
    if let output = environment["WHEELSCRUB_REFUSALS"] {
      try lines.map { $0 + "\n" }.joined().write(toFile: output, atomically: true, encoding: .utf8)
    }
    print(
      "\(modules) modules, \(total.windows) windows (\(total.ending) at their string's end): "
        + "\(total.pointers) with a pointer inside, \(total.pieces) read in part, "
        + "\(total.unreached) of those at an end not reached, \(total.obstacles) modules not read")
    #expect(total.windows > 0)
  }

  /// The first and the last bytes of strings that are longer, and strings of about a root's length.
  private static func windows(_ image: ElfImage) -> [References.Target] {
    var targets: [References.Target] = []
    for stretch in image.loadedStretches(code: false) where stretch.name != ".dynstr" {
      let content = stretch.bytes.span
      var start = 0
      while let end = content.firstIndex(of: 0, from: start) {
        defer { start = end + 1 }
        guard end - start >= length, (start..<end).allSatisfy({ content[$0] >= 0x20 && content[$0] < 0x7f })
        else {
          continue
        }
        let address = stretch.address + UInt64(start)
        let isWhole = end - start < 2 * length
        targets.append(
          References.Target(
            range: address..<address + UInt64(isWhole ? end - start : length), start: address,
            endsString: isWhole))
      }
    }
    return targets.sorted { $0.range.lowerBound < $1.range.lowerBound }
  }

  private static func measure(_ image: ElfImage) -> (Count, [String]) {
    let targets = windows(image)
    guard !targets.isEmpty else { return (Count(), []) }
    let found = image.references(to: targets)
    var count = Count(windows: targets.count)
    if found.obstacle != nil { count.obstacles += 1 }
    var lines: [String] = []
    for (target, answer) in zip(targets, found.answers) {
      if target.endsString { count.ending += 1 }
      if let inside = answer.inside {
        count.pointers += 1
        let place = inside.origin.place.map { String($0, radix: 16) } ?? "-"
        lines.append("\(inside.origin.name)\t\(place)\t\(String(inside.address, radix: 16))")
      } else if found.functions.grouped(answer.loads).contains(where: {
        !SharedBytes.covers(target.range, $0)
      }) {
        count.pieces += 1
        lines.append(
          "load\t\(String(answer.loads[0].place, radix: 16))\t\(String(answer.loads[0].bytes.lowerBound, radix: 16))"
        )
      } else if target.endsString, !answer.isReached {
        count.unreached += 1
        lines.append("unreached\t-\t\(String(target.range.lowerBound, radix: 16))")
      }
    }
    return (count, lines)
  }
}
