import CCrypto

/// One running libcrypto hash. Owns the context and frees it.
@safe package struct Digest: ~Copyable {
  package enum Algorithm: Hashable, Sendable {
    case sha1, sha256, sha384, sha512
    /// An extendable-output function (FIPS 202 section 6.2); `length` is the result's length in bytes.
    case shake256(length: Int)
  }

  private let context: OpaquePointer
  private let algorithm: Algorithm

  package init(_ algorithm: Algorithm) {
    // Both fail only without memory or if libcrypto was built without the algorithm: no input causes it.
    guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("libcrypto is out of memory") }
    let function = unsafe Self.function(algorithm)
    precondition(unsafe EVP_DigestInit_ex(context, function, nil) == 1, "libcrypto lacks \(algorithm)")
    unsafe self.context = context
    self.algorithm = algorithm
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  private static func function(_ algorithm: Algorithm) -> OpaquePointer? {
    switch algorithm {
    case .sha1: unsafe EVP_sha1()
    case .sha256: unsafe EVP_sha256()
    case .sha384: unsafe EVP_sha384()
    case .sha512: unsafe EVP_sha512()
    case .shake256: unsafe EVP_shake256()
    }
  }

  package mutating func update(_ bytes: Bytes) {
    unsafe bytes.withUnsafeBytes { buffer in
      precondition(unsafe EVP_DigestUpdate(context, buffer.baseAddress, buffer.count) == 1)
    }
  }

  package consuming func finish() -> [UInt8] {
    if case .shake256(let length) = algorithm {
      return unsafe [UInt8](unsafeUninitializedCapacity: length) { output, count in
        precondition(unsafe EVP_DigestFinalXOF(context, output.baseAddress, length) == 1)
        count = length
      }
    }
    return unsafe [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { output, count in
      var length: UInt32 = 0
      precondition(unsafe EVP_DigestFinal_ex(context, output.baseAddress, &length) == 1)
      count = Int(length)
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
