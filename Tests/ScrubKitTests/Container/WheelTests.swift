import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct WheelTests {
  @Test func readsMembers() throws {
    var zip = TestZip([
      .init("pkg/"), .init("pkg/é.py", "hello\n"), .init("pkg/s", "stored"), .init("pkg/l", "s"),
    ])
    zip.entries[1].flags = ZipFormat.Flag.utf8
    zip.entries[2].method = 0
    zip.entries[3].mode = 0o120777
    let members = try Wheel.read(Bytes(zip.bytes())).members
    #expect(members.map(\.name) == ["pkg/", "pkg/é.py", "pkg/s", "pkg/l"])
    #expect(members.map(\.isDirectory) == [true, false, false, false])
    #expect(members.map(\.isSymbolicLink) == [false, false, false, true])
    #expect(
      try members.map { try $0.content().array() } == [
        [], Array("hello\n".utf8), Array("stored".utf8), [0x73],
      ])
    #expect(try members.map { try $0.prefix(4) } == [[], Array("hell".utf8), Array("stor".utf8), [0x73]])
  }

  @Test(arguments: [(true, false), (true, true), (false, false), (false, true)])
  func readsDescriptors(_ signature: Bool, _ wide: Bool) throws {
    var zip = TestZip([.init("a", "one"), .init("b", "two")])
    zip.entries[0].descriptor = (signature, wide)
    let members = try Wheel.read(Bytes(zip.bytes())).members
    #expect(try members[0].content().array() == Array("one".utf8))
  }

  @Test func readsZIP64() throws {
    var zip = TestZip([.init("a", "one")])
    zip.zip64End = true
    // Sizes and offset in the extra field, fields full; the local header as CPython has it.
    let size = try UInt64(Deflate.raw(Bytes(Array("one".utf8))).count)
    var extra: [UInt8] = [1, 0, 24, 0]
    for value in [3, size, 0] { extra.append(little: value) }
    zip.entries[0].extra = extra
    zip.entries[0].editCentral = {
      for offset in [20, 24, 42] { $0.put(.max, at: offset, width: 4) }
    }
    zip.entries[0].localExtra = [1, 0, 16, 0] + extra[4..<20]
    let members = try Wheel.read(Bytes(zip.bytes())).members
    #expect(try members[0].content().array() == Array("one".utf8))
  }

  @Test func readsAnEmptyArchive() throws {
    #expect(try Wheel.read(Bytes(TestZip([]).bytes())).members.isEmpty)
  }

  /// Whatever is done to an archive, it is refused with an error or read.
  @Test func mutations() throws {
    var zip = TestZip([.init("pkg/"), .init("pkg/a.py", String(repeating: "print(1)\n", count: 40))])
    zip.entries.append(.init("pkg/b.so", "\u{7f}ELF" + String(repeating: "b", count: 300)))
    zip.entries.append(.init("x.dist-info/RECORD", "pkg/a.py,,\n"))
    zip.entries[2].method = 0
    zip.entries[1].descriptor = (true, false)
    zip.zip64End = true
    zip.comment = Array("comment".utf8)
    zip.entries[3].extra = [0x55, 0x54, 5, 0, 1, 0, 0, 0, 0]
    let original = zip.bytes()
    var random = Seeded(state: 42)
    var read = 0
    for _ in 0..<2_000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let at = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[at] = [0, 0xff, 0x7f, 0x80].randomElement(using: &random)!
        case 2: bytes.removeSubrange(at..<min(at + Int.random(in: 1...40, using: &random), bytes.count))
        case 3:
          let from = Int.random(in: 0..<bytes.count, using: &random)
          bytes.insert(contentsOf: bytes[from..<min(from + 40, bytes.count)], at: at)
        default: for index in at..<min(at + 4, bytes.count) { bytes[index] = 0xff }
        }
        if bytes.isEmpty { break }
      }
      do throws(ScrubError) {
        let members = try Wheel.read(Bytes(bytes)).members
        for member in members {
          _ = try member.prefix(4)
          _ = try member.content()
        }
        read += 1
      } catch { #expect(!error.description.isEmpty) }
    }
    // Times, attributes and versions may change without harm.
    #expect(read > 0 && read < 1_000)
  }
}
