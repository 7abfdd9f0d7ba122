import CNettle

/// One running hash of Nettle. Owns its context and frees it.
@safe package struct Digest: ~Copyable {
  package enum Algorithm: Hashable, Sendable {
    case sha1, sha256, sha384, sha512
    /// An extendable-output function (FIPS 202 section 6.2); `length` is the result's length in bytes.
    case shake256(length: Int)

    /// Bytes of the result.
    fileprivate var length: Int {
      switch self {
      case .sha1: Int(SHA1_DIGEST_SIZE)
      case .sha256: Int(SHA256_DIGEST_SIZE)
      case .sha384: Int(SHA384_DIGEST_SIZE)
      case .sha512: Int(SHA512_DIGEST_SIZE)
      case .shake256(let length): length
      }
    }
  }

  private let context: UnsafeMutablePointer<wheelscrub_digest>
  private let algorithm: Algorithm

  package init(_ algorithm: Algorithm) {
    let context = UnsafeMutablePointer<wheelscrub_digest>.allocate(capacity: 1)
    switch algorithm {
    case .sha1: unsafe nettle_sha1_init(&context.pointee.sha1)
    case .sha256: unsafe nettle_sha256_init(&context.pointee.sha256)
    case .sha384: unsafe nettle_sha384_init(&context.pointee.sha512)
    case .sha512: unsafe nettle_sha512_init(&context.pointee.sha512)
    case .shake256: unsafe nettle_sha3_256_init(&context.pointee.shake256)
    }
    unsafe self.context = context
    self.algorithm = algorithm
  }

  deinit { unsafe context.deallocate() }

  package mutating func update(_ bytes: Bytes) {
    unsafe bytes.withUnsafeBytes { buffer in
      let data = unsafe buffer.bindMemory(to: UInt8.self).baseAddress
      switch algorithm {
      case .sha1: unsafe nettle_sha1_update(&context.pointee.sha1, buffer.count, data)
      case .sha256: unsafe nettle_sha256_update(&context.pointee.sha256, buffer.count, data)
      case .sha384, .sha512: unsafe nettle_sha512_update(&context.pointee.sha512, buffer.count, data)
      case .shake256: unsafe nettle_sha3_256_update(&context.pointee.shake256, buffer.count, data)
      }
    }
  }

  package consuming func finish() -> [UInt8] {
    let length = algorithm.length
    return unsafe [UInt8](unsafeUninitializedCapacity: length) { output, count in
      let result = output.baseAddress
      switch algorithm {
      case .sha1: unsafe nettle_sha1_digest(&context.pointee.sha1, length, result)
      case .sha256: unsafe nettle_sha256_digest(&context.pointee.sha256, length, result)
      case .sha384: unsafe nettle_sha384_digest(&context.pointee.sha512, length, result)
      case .sha512: unsafe nettle_sha512_digest(&context.pointee.sha512, length, result)
      case .shake256: unsafe nettle_sha3_256_shake(&context.pointee.shake256, length, result)
      }
      count = length
    }
  }

  package static func of(_ bytes: Bytes, _ algorithm: Algorithm) -> [UInt8] {
    var digest = Digest(algorithm)
    digest.update(bytes)
    return digest.finish()
  }
}

/// RFC 4648 section 5 without padding, as RECORD requires.
package enum Base64URL {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  package static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count * 4 + 2) / 3)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var bits: UInt32 = 0
      for index in 0..<3 { bits = bits << 8 | (index < group.count ? UInt32(group[start + index]) : 0) }
      // A group of n bytes needs n + 1 characters of six bits.
      for index in 0...group.count { text.append(alphabet[Int(bits >> UInt32(18 - 6 * index) & 63)]) }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
