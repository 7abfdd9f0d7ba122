import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Keys of small files, made of bytes that never change. docs/caches.md promises that keys of one number stay what they
/// are, so **a change of any of these values needs a new `KeyWriter.version`**: whoever stored something under the old
/// key would find it under the key of something else, or never again. None of the files holds a build directory, but for
/// the preprocessed text: what `fix` learns to change does not touch them.
@Suite struct GoldenKeyTests {
  private let scratch = Scratch()

  private static let expected: [String: [String]] = [
    "program": [
      "63fc77529c3e1c3b41aa9162862ed8b1bcdd21c77ef454ba5fe76d082a233488",
      "f2e9836f27ad76ec2237a33ca795bd1ca5ce43cbe4a27f4bc479dd118d79e906",
    ],
    "object.o": [
      "d586324e8dfcd6c8b003c7cc0730926774e5e7ff5b0700e50d92e50b619f01b0",
      "df263ebb8c33822ca316cfcb541670e29ce77dcdacd9118e5410d44213e541df",
    ],
    "bundle.so": [
      "641814b2c998c8c0488536a59ea2595371529d6238e6ee4bd8660afb929b7477",
      "98257b13f974524bad47379023f2e0eb65ed144e3c816e482a73c4de4e4b0057",
    ],
    "lib.a": [
      "d2078ed71826642a3d2b56da05a718f63f91dfe077b00313d77d408ecedd81ce",
      "d928e1bd622fca8fb3ad39e77a5902ff47b8a8f6252b41910c66753bc4e876b8",
    ],
    "mod.pyc": [
      "a19f0a8ab668359d0d5b1837f90aa32362e225c1347ba47f974a3f3380d3263a",
      "121e98ba80717cb660b2c1a9b4f9f8ec2d7dd555f11a3bc7a8013bc393cd6a5d",
    ],
    "text.i": [
      "6f04ace08be41c83e92223dabd1bcedef26b16b45123ec0e574f2b68c4bdade2",
      "6f04ace08be41c83e92223dabd1bcedef26b16b45123ec0e574f2b68c4bdade2",
    ],
    "x-1-py3-none-any.whl": [
      "dbf02d318096765290af09bbdc162051d0b8c3fb884c21b3b77e325ec6e386f8",
      "9df5096b785b4883315f9663228fd3c60175c68f110f828e47ab1bcf4b87513c",
    ],
    "tree": [
      "5e41f0bfee8c14e6467f35bfc1425ce5df5926fedbf11bfda76bfe322cb34e50",
      "16c7cddb044ffc3cfbf449d55e5d5ef2b1485b110ef80e0ce123e845667a52cf",
    ],
  ]

  @Test(arguments: expected.keys.sorted()) func keysStayWhatTheyAre(_ name: String) throws {
    try make(name)
    let keys = try KeyLevel.allCases.map { try scratch.key(name, $0) }
    #expect(keys == Self.expected[name]?.map { "v3:sha256:" + $0 }, "\(name)")
  }

  private func make(_ name: String) throws {
    switch name {
    case "program": _ = scratch.file(name, TinyImage.elf())
    case "object.o": _ = scratch.file(name, Self.object)
    case "bundle.so": _ = scratch.file(name, TinyImage.machO())
    case "lib.a":
      _ = scratch.file(
        name,
        TestArchive.magic + TestArchive.member("a.o/", Self.object)
          + TestArchive.member("notes/", Array("text\n".utf8)))
    case "mod.pyc":
      _ = scratch.file(
        name, TestBytecode.module(try #require(BytecodeVersion.of(magic: 3495)), filename: "pkg/mod.py"))
    case "text.i":
      let root = "/tmp/pip-install-ab12cd34/demo_0123456789abcdef0123456789abcdef"
      _ = scratch.file(name, Array("# 0 \"\(root)/x.c\"\nint x;\n".utf8))
    case "tree":
      _ = scratch.file("tree/data.txt", Array("data\n".utf8))
      _ = scratch.file("tree/bin/program", TinyImage.elf())
    default:
      var entries = [TestZip.Entry("x/__init__.py", "x = 1\n"), TestZip.Entry("x-1.dist-info/RECORD", "")]
      entries.append(TestZip.Entry("x/program.so"))
      entries[2].content = TinyImage.elf()
      _ = scratch.file(name, TestZip(entries).bytes())
    }
  }

  /// `f: call g@PLT; ret`, a string, and nothing for debuggers.
  private static let object: [UInt8] = {
    let text = """
      f0VMRgIBAQAAAAAAAAAAAAEAPgABAAAAAAAAAAAAAAAAAAAAAAAAAAgBAAAAAAAAAAAAAEAAAAAAAEAACgAJAOgAAAAAw2hpAAAAAAAA
      AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABAAAAEgABAAAAAAAAAAAAAAAAAAAAAAADAAAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAZgBn
      AAAAAAEAAAAAAAAABAAAAAIAAAD8/////////wAuc3ltdGFiAC5zdHJ0YWIALnNoc3RydGFiAC5yZWxhLnRleHQALmRhdGEALmJzcwAu
      cm9kYXRhLnN0cjEuMQAubm90ZS5HTlUtc3RhY2sAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
      AAAAAAAAAAAAAAAAAAAAACAAAAABAAAABgAAAAAAAAAAAAAAAAAAAEAAAAAAAAAABgAAAAAAAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAAA
      AAAbAAAABAAAAEAAAAAAAAAAAAAAAAAAAACgAAAAAAAAABgAAAAAAAAABwAAAAEAAAAIAAAAAAAAABgAAAAAAAAAJgAAAAEAAAADAAAA
      AAAAAAAAAAAAAAAARgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAAAAAAAAAAAAAAAAAAACwAAAAIAAAAAwAAAAAAAAAAAAAAAAAAAEYA
      AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAxAAAAAQAAADIAAAAAAAAAAAAAAAAAAABGAAAAAAAAAAMAAAAAAAAA
      AAAAAAAAAAABAAAAAAAAAAEAAAAAAAAAQAAAAAEAAAAAAAAAAAAAAAAAAAAAAAAASQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAAAAAA
      AAAAAAAAAAAAAAEAAAACAAAAAAAAAAAAAAAAAAAAAAAAAFAAAAAAAAAASAAAAAAAAAAIAAAAAQAAAAgAAAAAAAAAGAAAAAAAAAAJAAAA
      AwAAAAAAAAAAAAAAAAAAAAAAAACYAAAAAAAAAAUAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAEQAAAAMAAAAAAAAAAAAAAAAA
      AAAAAAAAuAAAAAAAAABQAAAAAAAAAAAAAAAAAAAAAQAAAAAAAAAAAAAAAAAAAA==
      """
    return Array(Data(base64Encoded: text, options: .ignoreUnknownCharacters) ?? Data())
  }()
}

/// The smallest images that there are, made by hand.
enum TinyImage {
  /// A shared object of headers and code: one segment, no section.
  /// - Parameter segment: `p_filesz` and `p_memsz`; without it the whole file.
  static func elf(code: [UInt8] = [0x31, 0xc0, 0xc3], tail: [UInt8] = [], segment: (UInt64, UInt64)? = nil)
    -> [UInt8]
  {
    var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0] + [UInt8](repeating: 0, count: 8)
    func put(_ value: UInt64, _ width: Int) {
      for index in 0..<width { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
    }
    let size = UInt64(64 + 56 + code.count)
    // e_type (DYN), e_machine (x86-64), e_version; e_entry, e_phoff, e_shoff; e_flags.
    for (value, width) in [(3, 2), (62, 2), (1, 4), (120, 8), (64, 8), (0, 8), (0, 4)] as [(UInt64, Int)] {
      put(value, width)
    }
    // e_ehsize, e_phentsize, e_phnum, e_shentsize, e_shnum, e_shstrndx.
    for value in [64, 56, 1, 64, 0, 0] as [UInt64] { put(value, 2) }
    // PT_LOAD, R and X, from the file's start.
    for (value, width) in [(1, 4), (5, 4), (0, 8), (0, 8), (0, 8)] as [(UInt64, Int)] { put(value, width) }
    for value in [segment?.0 ?? size, segment?.1 ?? size, 0x1000] { put(value, 8) }
    return bytes + code + tail
  }

  /// A bundle for arm64: one segment, `__TEXT`, of header and code.
  static func machO(code: [UInt8] = [0xc0, 0x03, 0x5f, 0xd6], tail: [UInt8] = []) -> [UInt8] {
    var bytes: [UInt8] = []
    func put(_ value: UInt64, _ width: Int) {
      for index in 0..<width { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
    }
    let size = UInt64(32 + 72 + code.count)
    // MH_MAGIC_64, arm64, any subtype, MH_BUNDLE, one load command of 72 bytes, no flags.
    for value in [0xfeed_facf, 0x0100_000c, 0, 8, 1, 72, 0, 0] as [UInt64] { put(value, 4) }
    // LC_SEGMENT_64.
    for value in [0x19, 72] as [UInt64] { put(value, 4) }
    bytes += Array("__TEXT".utf8) + [UInt8](repeating: 0, count: 10)
    for value in [0, 0x4000, 0, size] as [UInt64] { put(value, 8) }
    for value in [5, 5, 0, 0] as [UInt64] { put(value, 4) }
    return bytes + code + tail
  }
}
