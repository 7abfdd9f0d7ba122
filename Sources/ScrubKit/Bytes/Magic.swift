import Glibc

/// What a file is by its first bytes, never by its name.
enum Magic: Sendable, Hashable {
  case zip
  case elf
  /// A Mach-O image for one architecture (<mach-o/loader.h>).
  case machO
  /// Several Mach-O files for one architecture each (<mach-o/fat.h>).
  case universal
  /// A static library, thin ones included: `StaticArchive` refuses those with a reason.
  case archive
  /// What dsymutil keeps of relocations, `Resources/Relocations/<architecture>/<name>.yml` of a dSYM bundle.
  case relocationMap
  /// Compiled Python of any version; `BytecodeHeader` says which ones are understood.
  case bytecode
  /// An image of Windows (PE/COFF, "MS-DOS Stub"): searched, not rewritten.
  case portable
  case other

  /// One image of any format.
  var isImage: Bool { self == .elf || self == .machO }

  var isMachO: Bool { self == .machO || self == .universal }

  /// What `LooseScrub` takes: an image, what belongs to one, a container of images that is no wheel, or compiled
  /// Python. Not a wheel, whose members are worked on one by one.
  var isScrubbed: Bool {
    isImage || self == .universal || self == .archive || self == .relocationMap || self == .bytecode
      || self == .portable
  }

  /// How many first bytes `init(_:)` looks at.
  static let length = 8

  init(_ head: some Collection<UInt8>) {
    var word: UInt64 = 0
    // Shorter files read as if zeros followed, which no magic ends with.
    for byte in head.prefix(Self.length) { word = word << 8 | UInt64(byte) }
    word <<= 8 * UInt64(max(Self.length - head.count, 0))
    self.init(word)
  }

  /// - Parameter word: the first eight bytes, the first one highest.
  private init(_ word: UInt64) {
    switch (word >> 32, word) {
    // A local header, or the end record of an archive without members (APPNOTE 4.3.7, 4.3.16).
    case (0x504b_0304, _), (0x504b_0506, _): self = .zip
    case (0x7f45_4c46, _): self = .elf
    // MH_MAGIC and MH_MAGIC_64 in both byte orders.
    case (0xfeed_face, _), (0xfeed_facf, _), (0xcefa_edfe, _), (0xcffa_edfe, _): self = .machO
    // FAT_MAGIC and FAT_MAGIC_64 are big-endian. A Java class begins in the same way and goes on with its
    // version, 45 or higher: no universal binary has as many slices.
    case (0xcafe_babe, _), (0xcafe_babf, _):
      self = (1...UInt64(Limits.slices)).contains(word & 0xffff_ffff) ? .universal : .other
    // `!<arch>\n` and `!<thin>\n`.
    case (_, 0x213c_6172_6368_3e0a), (_, 0x213c_7468_696e_3e0a): self = .archive
    // `---` and `triple:`, as LLVM writes it.
    case (_, 0x2d2d_2d0a_7472_6970): self = .relocationMap
    // A number, then CR and LF. Python 3 counts from 3000, Python 2 from 50823: no text begins so.
    case (let head, _) where head & 0xffff == 0x0d0a && Self.isPython(UInt16(head >> 16).byteSwapped):
      self = .bytecode
    // `MZ`, then two counts and a number of relocations, none of them large: no text begins so.
    case (let head, _) where head >> 16 == 0x4d5a && head & 0xff == 0 && word & 0x00ff_00ff == 0:
      self = .portable
    default: self = .other
    }
  }

  private static func isPython(_ number: UInt16) -> Bool {
    (3000..<4000).contains(number) || (50823..<63000).contains(number)
  }

  init(_ bytes: Bytes) { self.init(bytes[0..<min(bytes.count, Self.length)].array()) }

  /// Reads a file's first bytes without mapping it, for walks over many files: open, pread, close.
  /// - Returns: nil, with `errno` set, where it cannot be read. A pipe or device reads as `other`.
  /// - Parameter isScript: whether it begins with `#!`.
  static func ofFile(
    named name: UnsafePointer<CChar>, in directory: Int32, isScript: inout Bool
  ) -> Magic? {
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW
    let descriptor = unsafe openat(directory, name, flags)
    guard descriptor >= 0 else { return nil }
    var word: UInt64 = 0
    let count = unsafe withUnsafeMutableBytes(of: &word) {
      unsafe pread(descriptor, $0.baseAddress, length, 0)
    }
    let code = errno
    close(descriptor)
    errno = code
    isScript = UInt64(bigEndian: word) >> 48 == 0x2321
    return count < 0 ? nil : Magic(UInt64(bigEndian: word))
  }
}
