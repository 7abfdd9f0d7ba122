import Glibc

/// What a file is by its first bytes, never by its name.
enum Magic: Sendable, Hashable {
  case zip
  case elf
  /// A static library, thin ones included: `StaticArchive` refuses those with a reason.
  case archive
  /// Compiled Python of any version; `BytecodeHeader` says which ones are understood.
  case bytecode
  case other

  /// What `LooseScrub` takes: not a wheel, whose members are worked on one by one.
  var isScrubbedWhole: Bool { self == .elf || self == .archive || self == .bytecode }

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
    // `!<arch>\n` and `!<thin>\n`.
    case (_, 0x213c_6172_6368_3e0a), (_, 0x213c_7468_696e_3e0a): self = .archive
    // A number, then CR and LF. Python 3 counts from 3000, Python 2 from 50823: no text begins so.
    case (let head, _) where head & 0xffff == 0x0d0a && Self.isPython(UInt16(head >> 16).byteSwapped):
      self = .bytecode
    default: self = .other
    }
  }

  private static func isPython(_ number: UInt16) -> Bool {
    (3000..<4000).contains(number) || (50823..<63000).contains(number)
  }

  init(_ bytes: Bytes) { self.init(bytes[0..<min(bytes.count, Self.length)].array()) }

  /// Reads a file's first bytes without mapping it, for walks over many files: open, pread, close.
  /// - Returns: nil, with `errno` set, where it cannot be read. A pipe or device reads as `other`.
  static func ofFile(named name: UnsafePointer<CChar>, in directory: Int32) -> Magic? {
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
    return count < 0 ? nil : Magic(UInt64(bigEndian: word))
  }
}
