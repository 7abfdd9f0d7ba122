internal import BuildRoots
import Formats

/// Where directories of an installed tree will be: `fix --relocate OLD=NEW`.
public struct PathRelocations: Hashable, Sendable {
  private struct Move: Hashable, Sendable {
    /// Absolute, without a trailing slash.
    var old: [UInt8]
    /// The same; empty for the root directory.
    var new: [UInt8]
  }

  /// The longest old path first: if two match, it is more specific.
  private var moves: [Move] = []

  public init() {}

  /// - Parameter texts: each `OLD=NEW`, absolute paths.
  /// - Throws: for invalid texts, and for paths that a second run would change again.
  public init(_ texts: [String]) throws(RelocationError) {
    for text in texts {
      do throws(RelocationError) { try add(text) } catch {
        throw RelocationError(description: "\"\(text)\" \(error.description)")
      }
    }
    moves.sort { $0.old.count > $1.old.count }
    for move in moves {
      guard let again = moves.first(where: { Self.isPath(move.new, below: $0.old) }) else { continue }
      throw RelocationError(
        description:
          "\(Self.text(move.new)) lies in \(Self.text(again.old)), so a second run would relocate it again")
    }
  }

  private mutating func add(_ text: String) throws(RelocationError) {
    guard let equals = text.firstIndex(of: "=") else {
      throw RelocationError(description: "needs the form OLD=NEW")
    }
    let old = try Self.path(text[..<equals], "OLD")
    let new = try Self.path(text[text.index(after: equals)...], "NEW")
    guard !old.isEmpty else { throw RelocationError(description: "relocates the root directory") }
    guard !moves.contains(where: { $0.old == old }) else {
      throw RelocationError(description: "names a directory that another one names already")
    }
    // Scripts, URLs and configuration files each quote other characters differently.
    let isPlain = new.allSatisfy { isLetterOrDigit($0) || Array("/._-+@,".utf8).contains($0) }
    guard isPlain else {
      throw RelocationError(
        description: "needs letters, digits and ._-+@, in NEW, so that nothing has to be quoted")
    }
    if let root = RootMap.default.firstRoot(in: (new + Array("/x".utf8)).span) {
      throw RelocationError(description: "leads into a random build root (\(root.rule.code))")
    }
    moves.append(Move(old: old, new: new))
  }

  /// Without trailing or repeated slashes; empty for the root directory.
  private static func path(_ text: Substring, _ name: String) throws(RelocationError) -> [UInt8] {
    let bytes = Array(text.utf8)
    guard bytes.first == slash, !bytes.contains(0), !bytes.contains(0x0a) else {
      throw RelocationError(description: "needs an absolute path for \(name)")
    }
    let parts = bytes.split(separator: slash)
    guard parts.allSatisfy({ !$0.elementsEqual([dot]) && !$0.elementsEqual([dot, dot]) }) else {
      throw RelocationError(description: "needs a path without . and .. for \(name)")
    }
    return Array(parts.map { [slash] + $0 }.joined())
  }

  private static func text(_ path: [UInt8]) -> String {
    path.isEmpty ? "/" : String(decoding: path, as: UTF8.self)
  }

  private static func isPath(_ path: [UInt8], below directory: [UInt8]) -> Bool {
    path.starts(with: directory) && (path.count == directory.count || path[directory.count] == slash)
  }
}

extension PathRelocations {
  public var isEmpty: Bool { moves.isEmpty }

  /// The first match, trying the longest first.
  /// - Parameter end: the end of an old path; nil if it does not occur there.
  /// - Returns: the end of the old path, and its replacement, empty for the root directory.
  func match(_ end: (_ old: [UInt8]) -> Int?) -> (end: Int, new: [UInt8])? {
    for move in moves {
      if let end = end(move.old) { return (end, move.new) }
    }
    return nil
  }

  /// The new location of the path; nil if it is in none of the old directories.
  func relocated(_ path: [UInt8]) -> [UInt8]? {
    guard let move = moves.first(where: { Self.isPath(path, below: $0.old) }) else { return nil }
    let rest = path[move.old.count...]
    return rest.isEmpty && move.new.isEmpty ? [slash] : move.new + rest
  }

  /// Whether the path is in one of the new directories.
  func isDestination(_ path: [UInt8]) -> Bool {
    hasDestination { Self.isPath(path, below: $0) }
  }

  /// Whether one of the new directories matches.
  func hasDestination(where isThere: (_ new: [UInt8]) -> Bool) -> Bool {
    moves.contains { !$0.new.isEmpty && isThere($0.new) }
  }

  /// Whether one of the old paths occurs anywhere in `bytes`.
  func mayHold(_ bytes: Span<UInt8>) -> Bool {
    moves.contains { bytes.firstIndex(of: $0.old) != nil }
  }
}

/// Why a `--relocate` was refused, in one line.
public struct RelocationError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
}

private let slash = UInt8(ascii: "/")
private let dot = UInt8(ascii: ".")

private func isLetterOrDigit(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "a")...UInt8(ascii: "z"):
    true
  default: false
  }
}
