/// Where in the input something was found: `path!member: section+0xOFFSET`.
///
/// The offset is in bytes from the start of `section` if there is one, otherwise from the start of the member or file.
/// Each part is filled in by the layer that knows it.
public struct Place: Hashable, Sendable, CustomStringConvertible {
  public var path: String
  public var member: String?
  public var section: String?
  public var offset: UInt64?

  public init(path: String = "", member: String? = nil, section: String? = nil, offset: UInt64? = nil) {
    self.path = path
    self.member = member
    self.section = section
    self.offset = offset
  }

  /// `path!member`, the part that names a file.
  public var file: String {
    guard let member else { return path }
    return path.isEmpty ? member : "\(path)!\(member)"
  }

  /// `section+0xOFFSET`, the part that names bytes inside the file; empty if nothing is known.
  public var position: String {
    let hex = offset.map { "0x" + String($0, radix: 16) }
    switch (section, hex) {
    case (let section?, let hex?): return "\(section)+\(hex)"
    case (let section?, nil): return section
    case (nil, let hex?): return hex
    case (nil, nil): return ""
    }
  }

  /// The same place seen from a container around it: `part.o` in `lib/x.a` is `lib/x.a!part.o`.
  package func within(_ container: String) -> Place {
    var outer = self
    outer.member = member.map { "\(container)!\($0)" } ?? container
    return outer
  }

  public var description: String {
    [file, position].filter { !$0.isEmpty }.joined(separator: ": ")
  }
}

/// What could not be done, where, and why. One line: `path!member: section+0x1c4: needs 4 bytes, 2 left`.
public struct ScrubError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// The input contradicts itself or its standard, or the system refused: nothing is written.
    case failure
    /// The input may be valid but uses something that is not understood here: the caller may use a more conservative
    /// method (edit in place) and report that.
    case notUnderstood
    /// More memory or work was requested than this run permits: nothing is known about the rest of the input.
    case beyondBounds
  }

  public var kind: Kind
  public var place: Place
  /// Lower case, stating what was needed and what was there; no place, no full stop.
  public var message: String

  public init(_ message: String, at place: Place, kind: Kind = .failure) {
    self.kind = kind
    self.message = message
    self.place = place
  }

  public init(_ message: String, section: String? = nil, offset: UInt64? = nil, kind: Kind = .failure) {
    self.init(message, at: Place(section: section, offset: offset), kind: kind)
  }

  /// The same error seen from the container, which knows the file's name.
  public func inside(path: String, member: String? = nil) -> ScrubError {
    var outer = self
    if outer.place.path.isEmpty { outer.place.path = path }
    if outer.place.member == nil { outer.place.member = member }
    return outer
  }

  /// The same error seen from a container around its member.
  package func within(_ container: String) -> ScrubError {
    var outer = self
    outer.place = place.within(container)
    return outer
  }

  /// For callers that turn an error into a note or a finding outside the account that refused (`Effort`).
  /// - Throws: a refusal, which must not become a note.
  package func rethrowRefusal() throws(ScrubError) {
    if kind == .beyondBounds { throw self }
  }

  public var description: String {
    let place = place.description
    return place.isEmpty ? message : "\(place): \(message)"
  }
}
