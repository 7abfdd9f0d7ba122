public import Formats

/// The differences between an original and the alleged result of `fix`.
public struct ProofReport: Sendable {
  /// The paths as the user named them.
  public var original: String
  public var fixed: String
  /// Whether every byte is the same.
  public var isIdentical = false
  /// How many build roots have their intended replacement. A debug info string with many references counts once.
  public var roots = 0
  /// How many seals changed and match.
  public var seals = 0
  /// All other changes: by member, then section; the first place in each.
  public var violations: [ProofViolation] = []
  /// Why the original could not be read.
  public var errors: [ScrubError] = []

  public init(original: String, fixed: String) {
    self.original = original
    self.fixed = fixed
  }

  public var isProven: Bool { violations.isEmpty && errors.isEmpty }
}

/// A change that is neither a build root nor a seal.
public struct ProofViolation: Hashable, Sendable {
  /// In the fixed file, except for what only the original has.
  public var place: Place
  /// One sentence, lower case, without a full stop.
  public var message: String
  /// Text, or bytes in hex; nil if there is nothing to show.
  public var before: String?
  public var after: String?

  public init(_ message: String, at place: Place, before: String? = nil, after: String? = nil) {
    self.place = place
    self.message = message
    self.before = before
    self.after = after
  }
}

/// The result of comparing two contents.
struct Proof: Sendable {
  var roots = 0
  var seals = 0
  var violations: [ProofViolation] = []
  /// Images that can only be judged when all files are known.
  var images: [SealedImage] = []

  var isUnchanged: Bool { roots == 0 && seals == 0 && violations.isEmpty }

  mutating func object(
    _ message: String, section: String? = nil, offset: Int? = nil, before: String? = nil, after: String? = nil
  ) {
    violations.append(
      ProofViolation(
        message, at: Place(section: section, offset: offset.map { UInt64($0) }), before: before, after: after)
    )
  }

  /// The fixed side cannot be the output of `fix`: it cannot even be read.
  mutating func object(_ error: ScrubError) {
    violations.append(ProofViolation(error.message, at: error.place))
  }

  mutating func add(_ other: Proof) {
    roots += other.roots
    seals += other.seals
    violations += other.violations
    images += other.images
  }

  /// The same, with places completed by the container.
  func placed(_ complete: (inout Place) -> Void) -> Proof {
    var proof = self
    for index in violations.indices { complete(&proof.violations[index].place) }
    for index in images.indices { complete(&proof.images[index].place) }
    return proof
  }
}
