import Formats

/// The hashes a RECORD row may have: sha256 or stronger (binary distribution format, "The .dist-info
/// directory").
enum RecordHash: String, CaseIterable, Sendable {
  case sha256, sha384, sha512

  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

  /// Characters of the digest in base64 without padding.
  var length: Int {
    switch self {
    case .sha256: 43
    case .sha384: 64
    case .sha512: 86
    }
  }

  func digest(_ bytes: Bytes) -> String {
    let algorithm: Digest.Algorithm =
      switch self {
      case .sha256: .sha256
      case .sha384: .sha384
      case .sha512: .sha512
      }
    return Base64URL.encode(Digest.of(bytes, algorithm))
  }
}
