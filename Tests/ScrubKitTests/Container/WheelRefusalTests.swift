import Testing

@testable import Formats
@testable import ScrubKit

/// Every kind of archive that two readers could understand differently, and what is said about it.
@Suite struct WheelRefusalTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var bytes: [UInt8]
    var expected: String
    init(_ name: String, _ bytes: [UInt8], _ expected: String) {
      testDescription = name
      self.bytes = bytes
      self.expected = expected
    }
    init(_ name: String, _ expected: String, _ edit: (inout TestZip) -> Void) {
      var zip = TestZip([.init("a.py", "print(1)\n"), .init("b.so", "\u{7f}ELF and more of it")])
      edit(&zip)
      self.init(name, zip.bytes(), expected)
    }
    init(entry name: String, _ expected: String, _ edit: (inout TestZip.Entry) -> Void) {
      self.init(name, expected) { edit(&$0.entries[1]) }
    }
    init(name: [UInt8], _ expected: String) {
      self.init(entry: "name \(String(decoding: name, as: UTF8.self).debugDescription)", expected) {
        $0.name = name
      }
    }
  }

  static let ends: [Case] = [
    Case("empty", [], "file is empty"),
    Case("text", Array("hello, this is no archive at all".utf8), "not a zip file"),
    Case("data in front", "10 bytes before the first member") { $0.prefix = Array("#!/bin/sh\n".utf8) },
    Case("a zip in front", "10 bytes before the first member") {
      $0.prefix = Array("PK\u{3}\u{4}hidden".utf8)
    },
    Case("data behind", "3 bytes follow the end of the archive") { $0.suffix = [1, 2, 3] },
    Case("comment too long", "comment is cut, 5 bytes are missing") {
      $0.editEnd = { $0.put(5, at: 20, width: 2) }
    },
    Case("comment longer than said", "4 bytes follow") {
      $0.comment = Array("comment!".utf8)
      $0.editEnd = { $0.put(4, at: 20, width: 2) }
    },
    Case("end record in comment", "two end records fit") {
      var fake: [UInt8] = []
      fake.append(little: ZipFormat.endSignature)
      $0.comment = fake + [UInt8](repeating: 0, count: 18)
    },
    Case("broken end record in comment", "comment contains an end record") {
      var fake: [UInt8] = []
      fake.append(little: ZipFormat.endSignature)
      $0.comment = fake + [UInt8](repeating: 9, count: 18)
    },
    Case("several disks", "several disks") { $0.editEnd = { $0.put(1, at: 4, width: 2) } },
    Case("members on other disks", "several disks") { $0.editEnd = { $0.put(1, at: 8, width: 2) } },
    Case("directory offset", "central directory should end at") {
      $0.editEnd = { $0.put(1, at: 16, width: 4) }
    },
    Case("too many members", "no room for them") {
      $0.editEnd = {
        $0.put(65000, at: 8, width: 2)
        $0.put(65000, at: 10, width: 2)
      }
    },
    Case("fewer members than there are", "1 members are announced, more follow") {
      $0.editEnd = {
        $0.put(1, at: 8, width: 2)
        $0.put(1, at: 10, width: 2)
      }
    },
    Case("zip64 contradicts", "contradicts the end of central directory") {
      $0.zip64End = true
      $0.editEnd = { $0.put(1, at: 12, width: 4) }
    },
  ]

  static let members: [Case] = [
    Case("duplicate", "b.so: central directory: member occurs twice") {
      $0.entries.append(.init("b.so", "x"))
    },
    Case("duplicate by ./", "occurs twice") { $0.entries.append(.init("./b.so", "x")) },
    Case("file and directory", "occurs twice") { $0.entries.append(.init("b.so/")) },
    Case("data in front of the first", "bytes before the first member") {
      $0.entries[0].editCentral = { $0.put(9999, at: 42, width: 4) }
    },
    Case("overlap", "overlaps another member") {
      $0.entries[1].editCentral = { $0.put(0, at: 42, width: 4) }
    },
    Case(entry: "gap", "3 bytes behind the data belong to no member") { $0.gap = [0, 0, 0] },
    Case(entry: "local name", "name differs") { $0.editLocal = { $0[30] ^= 1 } },
    Case(entry: "local method", "method differs") { $0.editLocal = { $0.put(0, at: 8, width: 2) } },
    Case(entry: "local flags", "flags differs") { $0.editLocal = { $0.put(2, at: 6, width: 2) } },
    Case(entry: "local crc", "CRC-32 differs") { $0.editLocal = { $0[14] ^= 1 } },
    Case(entry: "local compressed size", "size differs") { $0.editLocal = { $0[18] ^= 1 } },
    Case(entry: "local size", "size differs") { $0.editLocal = { $0[22] ^= 1 } },
    Case(entry: "local signature", "needs the header's signature") { $0.editLocal = { $0[0] ^= 1 } },
    Case(entry: "local name length", "needs 65000 bytes") {
      $0.editLocal = { $0.put(65000, at: 26, width: 2) }
    },
    Case(entry: "central signature", "needs an entry's signature") { $0.editCentral = { $0[0] ^= 1 } },
    Case(entry: "encrypted", "member is encrypted") { $0.flags = 1 },
    Case(entry: "strongly encrypted", "member is encrypted") { $0.flags = 1 << 6 },
    Case(entry: "masked headers", "member is encrypted") { $0.flags = 1 << 13 },
    Case(entry: "patch data", "flags 0x20 are not supported") { $0.flags = 1 << 5 },
    Case(entry: "bzip2", "compression method 12 is neither") { $0.method = 12 },
    Case(entry: "ratio", "more than 1032 times") {
      let edit: (inout [UInt8], Int) -> Void = { $0.put(0x4000_0000, at: $1, width: 4) }
      $0.editLocal = { edit(&$0, 22) }
      $0.editCentral = { edit(&$0, 24) }
    },
    Case(entry: "stored sizes", "stored member has") {
      $0.method = 0
      $0.editCentral = { $0[24] ^= 1 }
    },
    Case(entry: "other disk", "another disk") { $0.editCentral = { $0.put(1, at: 34, width: 2) } },
    Case(entry: "extra cut", "extra field is cut") { $0.extra = [1, 2, 3] },
    Case(entry: "extra overrun", "extra field 0x201 is cut") { $0.extra = [1, 2, 9, 0] },
    Case(entry: "two zip64", "extra field 0x1 occurs twice") { $0.extra = [1, 0, 0, 0, 1, 0, 0, 0] },
    Case(entry: "zip64 length", "zip64 extra field has 3 bytes") { $0.extra = [1, 0, 3, 0, 0, 0, 0] },
    Case(entry: "zip64 other size", "zip64 extra field says 7") {
      $0.extra = [1, 0, 16, 0] + [7, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 8)
    },
    Case(entry: "zip64 beyond the limit", "the limit is") {
      $0.extra = [1, 0, 8, 0] + [0, 0, 0, 0, 0, 0, 0, 0x70]
      $0.editCentral = { $0.put(.max, at: 24, width: 4) }
    },
    Case(entry: "Unicode path", "Unicode path extra field has another name") {
      $0.extra = [0x75, 0x70, 6, 0, 1, 0, 0, 0, 0, 0x78]
    },
    Case(entry: "directory with content", "directory has 1 bytes of content") {
      $0 = .init("d/", "x")
    },
    Case(entry: "absolute link", "symbolic link to \"/etc/passwd\" leaves the wheel") {
      $0 = .init("b.so", "/etc/passwd")
      $0.mode = 0o120777
    },
    Case(entry: "escaping link", "leaves the wheel") {
      $0 = .init("pkg/b.so", "../x/../../y")
      $0.mode = 0o120777
    },
    Case(entry: "descriptor crc", "data descriptor") {
      $0.descriptor = (true, false)
      $0.editCentral = { $0[16] ^= 1 }
    },
    Case(entry: "descriptor size", "needs 12 to 24 bytes up to the next header, there are 17") {
      $0.descriptor = (true, false)
      $0.gap = [0]
    },
  ]

  static let names: [Case] = [
    Case(name: [], "is empty"),
    Case(name: Array("/etc/x".utf8), "is absolute"),
    Case(name: Array("../x".utf8), "has a `..` component"),
    Case(name: Array("a/../x".utf8), "has a `..` component"),
    Case(name: Array("a/..".utf8), "has a `..` component"),
    Case(name: Array("a\\x".utf8), "has a backslash"),
    Case(name: Array("a\nx".utf8), "has a control character"),
    Case(name: Array("a\0x".utf8), "has a control character"),
    Case(name: Array("a\u{7f}".utf8), "has a control character"),
    Case(name: Array("C:x".utf8), "has a drive letter"),
    Case(name: [0x61, 0xff, 0x62], "is not UTF-8"),
    Case(name: [0x61, 0xc0, 0xaf], "is not UTF-8"),
  ]

  @Test(arguments: ends + members + names)
  func isRefused(_ test: Case) {
    let text = errorText { () throws(ScrubError) in _ = try Wheel.read(Bytes(test.bytes)) }
    #expect(text?.contains(test.expected) == true, "\(text ?? "accepted")")
    #expect(text?.contains("\n") != true)
  }

  /// Damage that only shows when the content is read.
  @Test func damagedContent() throws {
    var zip = TestZip([.init("a", String(repeating: "content ", count: 100))])
    zip.entries[0].editCentral = { $0[16] ^= 1 }
    zip.entries[0].editLocal = { $0[14] ^= 1 }
    let member = try Wheel.read(Bytes(zip.bytes())).members[0]
    let text = errorText { () throws(ScrubError) in _ = try member.content() }
    #expect(text?.hasPrefix("a: needs CRC-32 0x") == true)
  }

  @Test func truncatedAnywhere() throws {
    var zip = TestZip([.init("pkg/"), .init("pkg/a.py", "print(1)\n"), .init("pkg/b.so", "\u{7f}ELF")])
    zip.entries[1].descriptor = (true, false)
    let whole = zip.bytes()
    _ = try Wheel.read(Bytes(whole))
    for count in 0..<whole.count {
      #expect(throws: ScrubError.self) { try Wheel.read(Bytes(Array(whole[..<count]))) }
    }
  }
}
