import Formats

/// Signatures, sizes and flag bits of APPNOTE 6.3.10, section 4.3 and 4.4.
enum ZipFormat {
  static let localSignature: UInt32 = 0x0403_4b50
  static let descriptorSignature: UInt32 = 0x0807_4b50
  static let centralSignature: UInt32 = 0x0201_4b50
  static let end64Signature: UInt32 = 0x0606_4b50
  static let locator64Signature: UInt32 = 0x0706_4b50
  static let endSignature: UInt32 = 0x0605_4b50

  /// Bytes before the name (4.3.7, 4.3.12) and of whole records without a comment (4.3.14 to 4.3.16).
  static let localSize = 30
  static let centralSize = 46
  static let end64Size = 56
  static let locator64Size = 20
  static let endSize = 22

  /// A field with this value is stored in the ZIP64 extra field instead (4.4.8, 4.4.9, 4.4.16).
  static let sentinel32: UInt32 = 0xffff_ffff
  static let sentinel16: UInt16 = 0xffff
  /// Larger sizes and offsets are written as ZIP64. The format allows twice as much; CPython's zipfile sets the limit
  /// here, and a rewritten wheel should have its bytes.
  static let limit64: UInt64 = 0x7fff_ffff
  /// The version needed to read deflated members and directories (4.4.3.2).
  static let version20: UInt16 = 20
  /// The version needed to read ZIP64 (4.4.3.2).
  static let version64: UInt16 = 45

  enum Flag {
    static let encrypted: UInt16 = 1 << 0
    /// The compression level; says nothing about the data.
    static let deflateOptions: UInt16 = 3 << 1
    static let descriptor: UInt16 = 1 << 3
    static let strongEncryption: UInt16 = 1 << 6
    static let utf8: UInt16 = 1 << 11
    static let maskedHeaders: UInt16 = 1 << 13
  }

  enum Extra {
    static let zip64: UInt16 = 0x0001
    static let ntfs: UInt16 = 0x000a
    static let universalTime: UInt16 = 0x5455
    static let unicodePath: UInt16 = 0x7075
  }
}

/// How a member's bytes are stored; other methods are refused, as PyPI does.
enum ZipMethod: UInt16, Sendable {
  case stored = 0
  case deflate = 8
  /// Stands for every other method where such members are only listed; APPNOTE does not assign this number.
  case unsupported = 0xffff
}
