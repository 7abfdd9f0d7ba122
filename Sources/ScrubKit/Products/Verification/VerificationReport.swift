public import Formats

/// What to verify, and by what means.
public struct TriageOptions: Sendable {
  /// Directories and files.
  public var paths: [String] = []
  /// The output of a package manager; nil if none was used.
  public var lines: Bytes?
  /// The root of the paths in these lines, for an unpacked image; nil for `/`.
  public var root: String?
  /// Interpreters that the user trusts; they precede those on the search path.
  public var interpreters: [String] = []
  /// Directories in which to look for `pythonX.Y`.
  public var searchPath: [String] = []
  public var workers = Workers(jobs: 1)
  /// Told of each file that is about to be looked at, and how many there are; by any thread.
  public var progress: @Sendable (_ path: String, _ total: Int) -> Void = { _, _ in }

  public init() {}

  /// Reads a package manager's output from a stream, up to its end.
  mutating func readLines(from input: Int32 = 0) throws(ScrubError) {
    lines = try MappedFile.reading(input, limit: UInt64(Limits.managerOutput)).bytes
  }
}

/// One place in which bytecode differs from what its source compiles to.
public struct CodeDifference: Hashable, Sendable {
  /// `Class.method.<locals>.inner`, or `<module>`.
  public var function: String
  /// `co_consts[3]`.
  public var field: String
  public var found: String
  /// The value from the source.
  public var expected: String
}

/// The verdict on one file.
public struct TriageResult: Hashable, Sendable {
  public var path: String
  public var verdict: Verdict
  /// Lower case, no full stop.
  public var reason: String?
  /// The first ones, for bytecode that is `MISMATCH` or `STALE`.
  public var differences: [CodeDifference]
  /// Whether there are more.
  public var hasMoreDifferences: Bool

  init(_ path: String, _ judgement: Judgement) {
    self.path = path
    verdict = judgement.verdict
    reason = judgement.reason
    differences = judgement.differences
    hasMoreDifferences = judgement.furtherDifferences
  }
}

public struct VerificationReport: Sendable {
  /// In path order; RECORD rows without a file follow the files.
  public var results: [TriageResult] = []
  public var notes: [Note] = []
  /// What could not be read.
  public var errors: [ScrubError] = []
  /// Lines on standard input that no parser understands: the files they refer to are not verified.
  public var oddLines: [OddLine] = []
  /// How many more odd lines there were.
  public var furtherOddLines = 0
  /// The interpreters that compiled something: `/usr/bin/python3.11` and `3.11.2`.
  public var interpreters: [UsedInterpreter] = []

  public struct OddLine: Hashable, Sendable {
    /// Starts at 1.
    public var number: Int
    /// Truncated if it is long.
    public var text: String
  }

  public struct UsedInterpreter: Hashable, Sendable {
    public var path: String
    public var version: String
  }

  public init() {}

  public func count(_ verdict: Verdict) -> Int { results.count { $0.verdict == verdict } }

  /// The worst weight of all verdicts.
  public var weight: Verdict.Weight {
    let worst = results.map(\.verdict.weight).max() ?? .fine
    return oddLines.isEmpty ? worst : max(worst, .unproven)
  }
}
