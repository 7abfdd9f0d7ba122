import Glibc

/// What a file is by its first bytes, never by its name.
enum Magic: Sendable, Hashable {
  case zip
  case elf
  case other

  /// How many first bytes `init(_:)` looks at.
  static let length = 4

  init(_ head: some Collection<UInt8>) {
    switch Array(head.prefix(Self.length)) {
    // A local header, or the end record of an archive without members (APPNOTE 4.3.7, 4.3.16).
    case [0x50, 0x4b, 0x03, 0x04], [0x50, 0x4b, 0x05, 0x06]: self = .zip
    case [0x7f, 0x45, 0x4c, 0x46]: self = .elf
    default: self = .other
    }
  }

  init(_ bytes: Bytes) { self.init(bytes[0..<min(bytes.count, Self.length)].array()) }

  /// Reads a file's first bytes without mapping it, for walks over many files: open, pread, close.
  /// - Returns: nil, with `errno` set, where it cannot be read. A pipe or device reads as `other`.
  static func ofFile(named name: UnsafePointer<CChar>, in directory: Int32) -> Magic? {
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW
    let descriptor = unsafe openat(directory, name, flags)
    guard descriptor >= 0 else { return nil }
    var word: UInt32 = 0
    let count = unsafe withUnsafeMutableBytes(of: &word) {
      unsafe pread(descriptor, $0.baseAddress, length, 0)
    }
    let code = errno
    close(descriptor)
    errno = code
    if count < 0 { return nil }
    if count < length { return .other }
    return switch UInt32(bigEndian: word) {
    case 0x504b_0304, 0x504b_0506: .zip
    case 0x7f45_4c46: .elf
    default: .other
    }
  }
}
