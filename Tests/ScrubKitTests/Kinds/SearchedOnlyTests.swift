import BuildRoots
import Testing

@testable import Formats
@testable import ScrubKit

/// Kinds that are searched and never changed: images of Windows, and WebAssembly.
@Suite struct SearchedOnlyTests {
  private static let root = "/tmp/pip-wheel-ab12cd34/x_0123456789abcdef0123456789abcdef"

  /// An image with a section of a short name, one of a long name in the string table, and bytes behind the last.
  private static func portableExecutable(_ text: [UInt8], debug: [UInt8], overlay: [UInt8] = []) -> [UInt8] {
    func little(_ value: Int, _ width: Int) -> [UInt8] {
      (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    func padded(_ name: String) -> [UInt8] {
      Array(name.utf8) + [UInt8](repeating: 0, count: 8 - name.utf8.count)
    }
    let header = 0x40
    let optional = 16
    let table = header + 24 + optional
    let first = table + 80
    let second = first + text.count
    let symbols = second + debug.count
    var bytes = [0x4d, 0x5a, 0x90, 0, 3, 0, 0, 0] + [UInt8](repeating: 0, count: 0x38)
    bytes.replaceSubrange(0x3c..<0x40, with: little(header, 4))
    bytes += Array("PE\0\0".utf8) + little(0x8664, 2) + little(2, 2) + little(0, 4) + little(symbols, 4)
    bytes += little(1, 4) + little(optional, 2) + little(0x2022, 2) + [UInt8](repeating: 0, count: optional)
    for (name, size, start) in [(".rdata", text.count, first), ("/4", debug.count, second)] {
      bytes += padded(name) + little(size, 4) + little(0x1000, 4) + little(size, 4) + little(start, 4)
      bytes += [UInt8](repeating: 0, count: 16)
    }
    let strings = Array(".debug_line_str\0".utf8)
    bytes += text + debug + [UInt8](repeating: 0, count: 18) + little(4 + strings.count, 4) + strings
    return bytes + overlay
  }

  private static func check(_ bytes: [UInt8], fix: Bool = false) throws -> ImageScrub.Outcome {
    try ImageScrub(options: Options()).run(Bytes(bytes), fix: fix)
  }

  private static let windows = "C:\\Users\\x\\AppData\\Local\\Temp\\pip-wheel-ab12cd34\\x.c"

  @Test func `sections of an image of Windows have names, and both slashes are found`() throws {
    let wide = Self.windows.utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
    let image = Self.portableExecutable(
      Array((Self.root + "/a.c\0" + Self.windows + "\0").utf8), debug: [0] + Array("\(Self.root)/b.c\0".utf8),
      overlay: [0, 0] + wide + [0, 0])
    #expect(FileKind.of(Bytes(image)) == .portableExecutable)
    let outcome = try Self.check(image)
    #expect(
      outcome.findings.map { "\($0.place.section ?? "") \($0.rule.code)" } == [
        ".rdata BP101", ".rdata BP101", ".debug_line_str BP101", "headers and gaps BP101",
      ])
    #expect(outcome.findings[2].place.offset == 1)
    #expect(outcome.findings.allSatisfy { $0.fate == .left(reason: PortableExecutable.reason) })
    // Nothing is rewritten, and the key is no key of anything lasting.
    #expect(try Self.check(image, fix: true).output == nil)
    let scratch = Scratch()
    let path = scratch.file("x.pyd", image)
    guard case .raw? = Keys(Options(), level: .full).run([path])[0].key else {
      Issue.record("the key is not raw")
      return
    }
  }

  /// Every byte is searched, whatever the headers claim.
  @Test func `no header hides a path of an image of Windows`() throws {
    let image = Self.portableExecutable(
      Array("\(Self.root)/a.c\0".utf8), debug: Array("\(Self.root)/b.c\0".utf8))
    for length in 8..<image.count {
      let cut = Array(image[..<length])
      let regions = PortableExecutable(Bytes(cut)).regions()
      #expect(regions.reduce(0) { $0 + $1.content.count } == length)
    }
    var generator = Seeded(state: 7)
    for _ in 0..<2000 {
      var damaged = image
      // The headers, and where names stand.
      let offset = Int.random(in: 8..<0x40 + 24 + 16 + 80, using: &generator)
      damaged[offset] = UInt8.random(in: 0...255, using: &generator)
      let regions = PortableExecutable(Bytes(damaged)).regions()
      var position = 0
      for region in regions {
        #expect(region.fileRange?.lowerBound == position)
        position = region.fileRange?.upperBound ?? -1
      }
      #expect(position == damaged.count)
    }
  }

  private static func module(_ sections: [(id: UInt8, content: [UInt8])]) -> [UInt8] {
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
      + sections.flatMap { section -> [UInt8] in
        // Two bytes of LEB128, whatever the size.
        [section.id, UInt8(section.content.count & 0x7f) | 0x80, UInt8(section.content.count >> 7)]
          + section.content
      }
  }

  @Test func `sections of a WebAssembly module have names`() throws {
    let path = Array("\(Self.root)/a.c\0".utf8)
    let module = Self.module([
      (1, [0]), (11, path), (0, [10] + Array(".debug_str".utf8) + path), (200, path), (0, [0x7f]),
    ])
    #expect(FileKind.of(Bytes(module)) == .webAssembly)
    let outcome = try Self.check(module + Array("\(Self.root)/trailing".utf8))
    #expect(outcome.findings.map(\.place.section) == ["data", ".debug_str", "section 200", "header"])
    #expect(outcome.findings.allSatisfy { $0.fate == .left(reason: WebAssembly.reason) })
    #expect(try Self.check(module, fix: true).output == nil)
    for length in 4..<module.count {
      let cut = Bytes(Array(module[..<length]))
      #expect(WebAssembly(cut).regions().reduce(0) { $0 + $1.content.count } == length)
    }
  }
}

/// What nobody here opens is refused, and never clean.
@Suite struct UnopenedTests {
  @Test func `a Debian package`() throws {
    let package =
      TestArchive.magic + TestArchive.member("debian-binary/", Array("2.0\n".utf8))
      + TestArchive.member("control.tar.xz/", [1, 2]) + TestArchive.member("data.tar.xz/", [3, 4])
    expectRefusal(package, "dpkg-deb -x")
  }

  @Test func `an RPM package`() { expectRefusal([0xed, 0xab, 0xee, 0xdb, 3, 0, 0, 0], "rpm2cpio") }

  private func expectRefusal(_ content: [UInt8], _ advice: String) {
    let scratch = Scratch()
    let path = scratch.file("package", content)
    let report = Scrub(Options()).check(InputFile(explicit: path))
    #expect(report.errors.contains { $0.message.contains(advice) }, "\(report)")
    let key = Keys(Options(), level: .full).run([path])[0]
    #expect(key.key == nil && !key.errors.isEmpty)
    #expect(Scrub(Options()).fix(InputFile(explicit: path), to: .inPlace).errors.count == 1)
  }
}
