internal import BuildRoots
import Formats

/// User options for `.pyc` files.
public struct BytecodeOptions: Sendable {
  /// How to write the header, by which an interpreter tells whether the source has changed since.
  public enum Header: String, Sendable, CaseIterable {
    case keep
    /// The source's hash, compared on each import: no time is left in the file.
    case checkedHash = "checked-hash"
    /// The source's hash, never compared.
    case uncheckedHash = "unchecked-hash"
    /// A time later than SOURCE_DATE_EPOCH becomes that time, and so does the time of the source's file.
    case clamp
  }

  public var header: Header = .keep
  /// The directory that file names are below; nil for names relative to where the distribution is installed.
  public private(set) var prefix: String?
  /// Write equal values once, references only where they lead to something, and sets sorted.
  public var isCanonical = false

  public init() {}

  /// - Throws: for a directory that would itself be a leak.
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

/// Why a directory for file names in bytecode was refused, in one line.
public struct PyCPrefixError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
}
