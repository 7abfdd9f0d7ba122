import CCrypto
import Foundation

/// Why a test's own reader could not follow a Mach-O file.
struct MachFault: Error, CustomStringConvertible {
  var description: String
}

/// The bytes of one image; every access is checked and throws. Offsets count from the image's start.
///
/// Shares nothing with ScrubKit's reader: what judges the program must not be wrong in the same way.
struct MachBytes: Sendable {
  private(set) var bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  init(path: String) throws { bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

  var count: Int { bytes.count }

  subscript(range: Range<Int>) -> ArraySlice<UInt8> {
    get throws {
      guard range.lowerBound >= 0, range.upperBound <= bytes.count else {
        throw MachFault(description: "\(range) is outside of \(bytes.count) bytes")
      }
      return bytes[range]
    }
  }

  func range(_ start: Int, _ size: Int) throws -> Range<Int> {
    let (end, overflow) = start.addingReportingOverflow(size)
    guard start >= 0, size >= 0, !overflow, end <= bytes.count else {
      throw MachFault(description: "\(size) bytes at \(start) are outside of \(bytes.count) bytes")
    }
    return start..<end
  }

  private func bigEndian(_ offset: Int, _ size: Int) throws -> UInt64 {
    try self[range(offset, size)].reduce(0) { $0 << 8 | UInt64($1) }
  }

  private func littleEndian(_ offset: Int, _ size: Int) throws -> UInt64 {
    try self[range(offset, size)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  func u8(_ offset: Int) throws -> Int { Int(try bigEndian(offset, 1)) }
  func u16(_ offset: Int) throws -> Int { Int(try littleEndian(offset, 2)) }
  func u32(_ offset: Int) throws -> Int { Int(try littleEndian(offset, 4)) }
  /// Fat headers and code signatures are big-endian.
  func big32(_ offset: Int) throws -> Int { Int(try bigEndian(offset, 4)) }

  func u64(_ offset: Int) throws -> Int { try checked(littleEndian(offset, 8)) }
  func big64(_ offset: Int) throws -> Int { try checked(bigEndian(offset, 8)) }

  private func checked(_ value: UInt64) throws -> Int {
    // So that sums of a few cannot overflow.
    guard value < 1 << 60 else { throw MachFault(description: "\(value) is no offset") }
    return Int(value)
  }

  /// A name in a field of fixed size, NULs behind it.
  func name(_ offset: Int, _ size: Int) throws -> String {
    String(decoding: try self[range(offset, size)].prefix { $0 != 0 }, as: UTF8.self)
  }

  /// A string that a NUL before `limit` ends.
  func string(_ offset: Int, before limit: Int) throws -> String {
    let all = try self[range(offset, limit - offset)]
    guard let end = all.firstIndex(of: 0) else {
      throw MachFault(description: "the string at \(offset) has no end")
    }
    return String(decoding: all[..<end], as: UTF8.self)
  }

  mutating func replace(at offset: Int, with new: [UInt8]) throws {
    bytes.replaceSubrange(try range(offset, new.count), with: new)
  }

  mutating func set32(_ offset: Int, _ value: Int) throws {
    try replace(at: offset, with: (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) })
  }

  mutating func set64(_ offset: Int, _ value: Int) throws {
    try replace(at: offset, with: (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) })
  }

  func write(to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
}

/// The hashes that a CodeDirectory may name (`CS_HASHTYPE_*`).
enum SignatureHash: Int, Sendable, CaseIterable {
  case sha1 = 1
  case sha256 = 2
  /// SHA-256 cut to 20 bytes.
  case sha256Truncated = 3
  case sha384 = 4

  var size: Int {
    switch self {
    case .sha1, .sha256Truncated: 20
    case .sha256: 32
    case .sha384: 48
    }
  }

  func callAsFunction(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 64)
    var length: UInt32 = 0
    let function =
      switch self {
      case .sha1: unsafe EVP_sha1()
      case .sha256, .sha256Truncated: unsafe EVP_sha256()
      case .sha384: unsafe EVP_sha384()
      }
    let done = unsafe bytes.withUnsafeBytes {
      unsafe EVP_Digest($0.baseAddress, $0.count, &digest, &length, function, nil)
    }
    precondition(done == 1 && Int(length) >= size, "libcrypto could not hash")
    return [UInt8](digest.prefix(size))
  }
}
