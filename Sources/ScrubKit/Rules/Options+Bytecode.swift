internal import BuildRoots
import Formats

/// What the user may choose for `.pyc` files.
public struct BytecodeOptions: Sendable {
  /// What becomes of the header, which tells an interpreter whether the source has changed since.
  public enum Header: String, Sendable, CaseIterable {
    case keep
    /// The source's hash, compared at each import: no time is left in the file.
    case checkedHash = "checked-hash"
    /// The source's hash, never compared.
    case uncheckedHash = "unchecked-hash"
    /// A time later than SOURCE_DATE_EPOCH becomes that time, in the source's file as well.
    case clamp
  }

  public var header: Header = .keep
  /// The directory that file names lie below; nil for names relative to where the distribution is installed.
  public private(set) var prefix: String?
  /// Write equal values once and references only where they lead somewhere, sets sorted.
  public var isCanonical = false

  public init() {}

  /// - Throws: for a directory that would be a leak itself.
  public mutating func setPrefix(_ text: String) throws(PyCPrefixError) {
    var text = text[...]
    while text.utf8.count > 1, text.hasSuffix("/") { text.removeLast() }
    guard !text.isEmpty, text != "/", !text.utf8.contains(0) else {
      throw PyCPrefixError(description: "needs the name of a directory that is not the root")
    }
    if let root = RootMap.default.firstRoot(in: Array("\(text)/x".utf8).span) {
      throw PyCPrefixError(description: "is itself a random build root (\(root.rule.code))")
    }
    prefix = String(text)
  }
}

/// Why a directory for file names in bytecode was refused, one line.
public struct PyCPrefixError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
}
