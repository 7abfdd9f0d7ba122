/// A name for a text, the same on every machine.
public enum TextHash {
  /// The SHA-256 of the UTF-8 bytes, 64 lower-case hex digits.
  public static func sha256(_ text: String) -> String {
    Digest.of(Bytes(Array(text.utf8)), .sha256).reduce(into: "") { hex, byte in
      hex += (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
  }

  /// The SHA-256 in plain base64 with padding, as Content Security Policy writes it.
  public static func base64(_ text: String) -> String {
    var encoded = Base64URL.encode(Digest.of(Bytes(Array(text.utf8)), .sha256))
    encoded = String(encoded.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
    return encoded + String(repeating: "=", count: (4 - encoded.utf8.count % 4) % 4)
  }
}
