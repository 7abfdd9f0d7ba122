public import Formats

/// One cause in one section of one member: where two artifacts differ, and whether `fix` makes that equal.
public struct Difference: Hashable, Sendable {
  /// Member and section of the first artifact (of the second, if only that has it) and the offset of the first
  /// differing byte there.
  public var place: Place
  public var cause: Cause
  /// How many strings, references, members or runs of bytes differ.
  public var count: Int
  /// The first of them on each side: text, or bytes in hex; nil if that side has none.
  public var first: String?
  public var second: String?
  /// Whether the difference is gone after `fix` of both.
  public var isFixed = false
  /// Differences that only follow from this one.
  public var consequences: [Consequence] = []

  init(_ cause: Cause, at place: Place, count: Int = 1, first: String? = nil, second: String? = nil) {
    self.cause = cause
    self.place = place
    self.count = count
    self.first = first
    self.second = second
  }
}

/// Places that differ only because another place does.
public struct Consequence: Hashable, Sendable {
  /// `addresses`, `sizes and offsets`, `hash and size`.
  public var what: String
  /// Names of sections or headers, or RECORD rows by their member's name; in file order.
  public var places: [String]
}

/// All differences between two artifacts.
public struct DifferenceReport: Sendable {
  /// The paths as the user named them.
  public var first: String
  public var second: String
  /// Whether every byte is the same.
  public var isIdentical = false
  /// By member (container order), then section (file order); empty for equal artifacts.
  public var differences: [Difference] = []
  /// Why `fix` could not be tried on a file.
  public var notes: [Note] = []
  /// Why the artifacts could not be compared.
  public var errors: [ScrubError] = []

  public init(first: String, second: String) {
    self.first = first
    self.second = second
  }

  /// The differences that `fix` of both would leave.
  public var remaining: [Difference] { differences.filter { !$0.isFixed } }
}
