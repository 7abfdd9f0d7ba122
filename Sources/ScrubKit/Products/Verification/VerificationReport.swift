public import Formats

/// What is to be verified, and by what.
public struct TriageOptions: Sendable {
  /// Directories and files.
  public var paths: [String] = []
  /// What a package manager printed; nil where nobody asked it.
  public var lines: Bytes?
  /// Where the paths in these lines begin, for an unpacked image; nil for `/`.
  public var root: String?
  /// Interpreters that the user trusts, in front of those on the search path.
  public var interpreters: [String] = []
  /// Directories that `pythonX.Y` is looked for in.
  public var searchPath: [String] = []
  public var workers = Workers(jobs: 1)
  /// Told of each file that is about to be looked at, and how many there are; by any thread.
  public var progress: @Sendable (_ path: String, _ total: Int) -> Void = { _, _ in }

  public init() {}

  /// Takes what a package manager printed from a stream, up to its end.
  mutating func readLines(from input: Int32 = 0) throws(ScrubError) {
    lines = try MappedFile.reading(input, limit: UInt64(Limits.managerOutput)).bytes
  }
}

/// One place in which bytecode is not what its source compiles to.
public struct CodeDifference: Hashable, Sendable {
  /// `Class.method.<locals>.inner`, or `<module>`.
  public var function: String
  /// `co_consts[3]`.
  public var field: String
  public var found: String
  /// What the source gives.
  public var expected: String
}

/// The verdict on one file.
public struct TriageResult: Hashable, Sendable {
  public var path: String
  public var verdict: Verdict
  /// Lower case, no full stop.
  public var reason: String?
  /// The first ones, for a `MISMATCH` or a `STALE` of bytecode.
  public var differences: [CodeDifference]
  /// Whether there are others.
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
  /// In the order of paths, RECORD rows without a file behind the files.
  public var results: [TriageResult] = []
  public var notes: [Note] = []
  /// What could not be read.
  public var errors: [ScrubError] = []
  /// Lines on standard input that no parser understands: what they were about is not verified.
  public var oddLines: [OddLine] = []
  /// Of these lines, the ones that are not kept.
  public var furtherOddLines = 0
  /// The interpreters that compiled, `/usr/bin/python3.11` and `3.11.2`.
  public var interpreters: [UsedInterpreter] = []

  public struct OddLine: Hashable, Sendable {
    /// Counts from 1.
    public var number: Int
    /// Cut where it is long.
    public var text: String
  }

  public struct UsedInterpreter: Hashable, Sendable {
    public var path: String
    public var version: String
  }

  public init() {}

  public func count(_ verdict: Verdict) -> Int { results.count { $0.verdict == verdict } }

  /// The worst of all that was found.
  public var weight: Verdict.Weight {
    let worst = results.map(\.verdict.weight).max() ?? .fine
    return oddLines.isEmpty ? worst : max(worst, .unproven)
  }
}
