import BuildRoots
import Testing

/// Roots in strings whose characters have two or four bytes.
@Suite struct WideTextTests {
  private static let path = "/tmp/pip-install-q7w8e9r0/demo_\(hash)"

  /// - Parameter zeros: in front of and behind each character.
  static func widen(_ text: String, _ zeros: (front: Int, behind: Int)) -> [UInt8] {
    text.utf8.flatMap {
      [UInt8](repeating: 0, count: zeros.front) + [$0] + [UInt8](repeating: 0, count: zeros.behind)
    }
  }

  @Test(arguments: [(0, 1), (1, 0), (0, 3), (3, 0)])
  func everyWidthAndByteOrder(zeros: (front: Int, behind: Int)) {
    let stride = 1 + zeros.front + zeros.behind
    // In front of, inside and behind the blocks that the vectors look at.
    for before in [0, 1, 2, 7, 120, 127, 128, 129, 255] {
      for behind in [0, 1, 3, 300] {
        let lead = [UInt8](repeating: 0xAA, count: before)
        let text =
          lead + Self.widen(Self.path + "/a.c", zeros) + [UInt8](repeating: 0, count: stride + behind)
        let roots = RootMap.default.wideRoots(in: text.span)
        let start = before + zeros.front
        #expect(
          roots.map(\.range) == [start..<start + (Self.path.utf8.count - 1) * stride + 1],
          "\(before), \(behind)")
        guard let root = roots.first else { continue }
        #expect(RootMap.default.text(of: root, in: text.span) == Self.path)
        var fixed = text
        fixed.replaceSubrange(root.range, with: RootMap.default.padding(for: root))
        let filling = String(repeating: "/", count: Self.path.utf8.count - "/build/demo".utf8.count)
        #expect(
          fixed == lead + Self.widen("/build/demo" + filling + "/a.c", zeros)
            + [UInt8](repeating: 0, count: stride + behind))
        let again = RootMap.default.wideRoots(in: fixed.span)
        #expect(again.isEmpty)
      }
    }
  }

  @Test func severalStringsInOneRegion() {
    let one = Self.widen("/tmp/tmpab12cd34/x", (0, 1)) + [0, 0]
    let two = Self.widen("-I/tmp/pip-req-build-ab12cd34", (0, 3)) + [0, 0, 0, 0]
    let text = one + Array("/tmp/tmpab12cd34\0".utf8) + two + one
    let roots = RootMap.default.wideRoots(in: text.span)
    #expect(roots.map(\.rule.code) == ["BP110", "BP103", "BP110"])
    #expect(roots.map(\.stride) == [2, 4, 2])
  }

  @Test(arguments: ["", "/", "-", "\0/\0", "\0/\0-\0", "\0\0/\0\0\0/\0\0", "/tmp/tmpab12cd34/x"])
  func none(_ text: String) {
    let bytes = Array(text.utf8)
    let roots = RootMap.default.wideRoots(in: bytes.span)
    #expect(roots.isEmpty)
  }

  @Test func anyBytesAreSearchedWithoutATrap() {
    var generator = Seeded(7)
    for _ in 0..<2000 {
      let text = (0..<Int.random(in: 0...400, using: &generator)).map { _ in
        [0, 0, 0, 0x2D, 0x2F, 0x70, UInt8.random(in: 0...255, using: &generator)].randomElement(
          using: &generator)!
      }
      let roots = RootMap.default.wideRoots(in: text.span)
      #expect(roots.allSatisfy { $0.range.lowerBound >= 0 && $0.range.upperBound <= text.count })
    }
  }
}
