/// The directory that build roots are mapped to, `/build` unless the user says otherwise. `RootMap` checks whether it
/// suits the selected rules.
public struct StablePrefix: Hashable, Sendable {
  /// Absolute, without a trailing slash.
  public let text: String
  let bytes: [UInt8]

  public static let `default` = StablePrefix(checked: "/build")

  private init(checked text: String) {
    self.text = text
    bytes = Array(text.utf8)
  }

  /// A prefix that the user chose; trailing slashes are dropped.
  ///
  /// Throws if it is not a plain absolute path.
  public init(_ text: String) throws(PrefixError) {
    var bytes = Array(text.utf8)
    while bytes.count > 1, bytes.last == slash { bytes.removeLast() }
    let plain = String(decoding: bytes, as: UTF8.self)
    func refuse(_ reason: String) -> PrefixError { PrefixError(description: "prefix \"\(plain)\" \(reason)") }

    guard bytes.first == slash else { throw refuse("is not absolute") }
    guard bytes.count > 1 else { throw refuse("is the root directory") }
    if let other = bytes.first(where: { !allowed.contains($0) }) {
      throw refuse("holds the byte 0x\(String(other, radix: 16)); allowed are A-Z a-z 0-9 / . _ + - @")
    }
    self.init(checked: plain)
    if components.contains(where: { $0.isEmpty || $0 == Array(".".utf8) || $0 == Array("..".utf8) }) {
      throw refuse("has a component that is empty, . or ..")
    }
  }

  var components: [[UInt8]] {
    bytes.dropFirst().split(separator: slash, omittingEmptySubsequences: false).map { Array($0) }
  }
}

/// Why a stable prefix was refused, in one line.
public struct PrefixError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
}

private let allowed = ByteSet("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._+-@")
