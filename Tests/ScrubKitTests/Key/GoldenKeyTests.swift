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
      "88536d5ab43a2095d799d76fc5cc84ac3d51ae346ab7a12b3371df9d6ef65ecf",
      "7f7540bada22b69a70f8faf74405a70bd00d963004883cfb1928cabbf67e9bb1",
    ],
    "object.o": [
      "0fe32856311693b504114d081b5398c674178ddf55c4fde9c5b68ca86f38689a",
      "b89bf391f690777dac230bd0b15d1286ff03e0851da291ee0f9815acf5b6e324",
    ],
    "bundle.so": [
      "0cf3be47ae0fdbfe85da1b21b9cf8a43455a208b70c11181108af83e3770c66e",
      "d05214a41933167afd9c169430fc04ccf0e0104aa7457b5ed9d746adba5251d4",
    ],
    "lib.a": [
      "5d326df7a6864203421d25e66d7140e3dedc338f79fad32351e1fa89d907c6c9",
      "4d7268a50a3d00b4ad646f456a79f8e3b191d1b8ed0667aa3555e82b1d77a8a8",
    ],
    "mod.pyc": [
      "c9f88054072577c0fca6f12f5bf0f675906993dbfbbad83e33888a958047ca4b",
      "373f468860128710e349c57ee6f2712e1007eeb198705510373c5ee26b782ad9",
    ],
    "text.i": [
      "8e12af28e1c6c7a6d0ef48b73ff0e091b99d22054bb5aa4d52458191b93aab2d",
      "8e12af28e1c6c7a6d0ef48b73ff0e091b99d22054bb5aa4d52458191b93aab2d",
    ],
    "x-1-py3-none-any.whl": [
      "1af2f827f8680e0b9cb0acd15e9d085f0fd7ec70e015427a2d603759a4ad91e5",
      "d587e6750278241336c19d65852a12c34b11c61df543c8302ebd91cc30b99a80",
    ],
    "tree": [
      "208e64abfd2b0f57985a36f8962948fdb2b97e3c28cf242425fca995e839e917",
      "700a2e5d5b8d795df1b934f1d27db292437d577bebbfbfba332c78e0c85d95bc",
    ],
  ]

  @Test(arguments: expected.keys.sorted()) func keysStayWhatTheyAre(_ name: String) throws {
    try make(name)
    let keys = try KeyLevel.allCases.map { try scratch.key(name, $0) }
    #expect(keys == Self.expected[name]?.map { "v2:sha256:" + $0 }, "\(name)")
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
