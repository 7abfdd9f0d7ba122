import Formats

extension FileKind {
  /// RFC 1952.
  static let gzip = package("a gzip file", begins: { $0.magic >> 8 == 0x1f8b08 })
  /// `BZh`, the size of a block, the first digits of pi.
  static let bzip2 = package(
    "a bzip2 file",
    begins: {
      $0.magic >> 8 == 0x425a68 && (0x31...0x39).contains($0.magic & 0xff)
        && $0.word & 0xffff_ffff == 0x3141_5926
    })
  /// The .xz file format 1.1.0, section 2.1.1.1.
  static let xz = package("an xz file", begins: { $0.word >> 16 == 0xfd37_7a58_5a00 })
  /// RFC 8878 section 3.1.1.
  static let zstd = package("a zstd file", begins: { $0.magic == 0x28b5_2ffd })

  /// Told by what stands further behind (POSIX.1-2017, "ustar Interchange Format").
  static let tar = package("a tar archive", begins: { _ in false })

  /// What Alpine's apk 3 writes ("ADB"); its older packages are compressed tar archives.
  static let alpine = FileKind(
    "an Alpine package", begins: { $0.magic >> 8 == 0x414442 },
    scrub: { _, _ throws(ScrubError) in
      throw ScrubError(
        "is an Alpine package, which is not opened: unpack it with apk extract FILE, and give the directory")
    })

  /// One that is opened to be searched, and never written.
  static func package(_ name: String, begins: @escaping @Sendable (Head) -> Bool) -> FileKind {
    FileKind(
      name, begins: begins,
      scrub: { part, _ throws(ScrubError) in
        try PackageSearch(options: part.options).runNested(part.bytes, FileKind.of(part.bytes))
      })
  }

  /// Whether it holds files that are searched one by one, with no place for anything else.
  var isPackage: Bool { self == .zip || compression != nil || self == .tar }

  /// How it is compressed; nil where it is not.
  var compression: Compression? {
    switch self {
    case .gzip: Compression(name: "gzip", magic: [0x1f, 0x8b, 8]) { ZlibDecoder(.gzip) }
    case .bzip2: Compression(name: "bzip2", magic: Array("BZh".utf8)) { Bzip2Decoder() }
    case .xz: Compression(name: "xz", magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]) { XZDecoder() }
    case .zstd: Compression(name: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd]) { ZstdDecoder() }
    default: nil
    }
  }

  struct Compression {
    var name: String
    /// What each stream begins with.
    var magic: [UInt8]
    var decoder: () -> any StreamDecoder
  }

  /// What a package of this kind holds, from front to back.
  func source(of bytes: Bytes) throws(ScrubError) -> ByteSource {
    guard let compression else { return ByteSource(bytes) }
    return try ByteSource(bytes, compression.decoder(), magic: compression.magic)
  }

  /// Names that packages have: files called so are worked on wherever they are found. Their kind is told by content.
  static func isPackage(named name: some StringProtocol) -> Bool {
    packageNames.contains { name.hasSuffix($0) }
  }

  private static let packageNames = [
    ".whl", ".zip", ".egg", ".pex", ".pyz", ".conda", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2",
    ".tar.xz",
    ".txz", ".tar.zst", ".tzst",
  ]
}
