internal import BuildRoots
import Formats
import Platform

/// A kind of file, told by its content and never by its name: how such files are scrubbed, searched for residue,
/// keyed, compared and named. What a kind does not say goes for all files: every byte counts, and none changes.
///
/// A new kind is a file in this folder and a row of `FileKind.all`.
final class FileKind: Sendable {
  /// The name used in messages, with its article.
  let name: String
  private let begins: @Sendable (Head) -> Bool
  /// Processes a whole file or member; nil for kinds processed elsewhere (wheels, texts).
  private let scrubber: Scrubber?
  private let residueSearch: ResidueSearcher?
  private let keyMaker: KeyMaker?
  private let comparer: Comparer?
  private let prover: Prover?
  private let factReader: FactReader?

  typealias Scrubber = @Sendable (Part, _ fix: Bool) throws(ScrubError) -> ImageScrub.Outcome
  /// Roots that are reported where they stand are not residue.
  typealias ResidueSearcher = @Sendable (ResidueSearch, Bytes) -> [Finding]
  /// The key of level `runtime`.
  typealias KeyMaker = @Sendable (ContentKeys, Bytes) throws(ScrubError) -> ContentKey
  typealias Comparer = @Sendable (Bytes, Bytes, RootMap) throws(ScrubError) -> [Difference]
  typealias Prover = @Sendable (ContentProof, Bytes, Bytes) throws(ScrubError) -> Proof
  typealias FactReader = @Sendable (Bytes) -> LinkFacts?

  init(
    _ name: String, begins: @escaping @Sendable (Head) -> Bool, scrub: Scrubber? = nil,
    residue: ResidueSearcher? = nil, key: KeyMaker? = nil, compare: Comparer? = nil, prove: Prover? = nil,
    facts: FactReader? = nil
  ) {
    self.name = name
    self.begins = begins
    scrubber = scrub
    residueSearch = residue
    keyMaker = key
    comparer = compare
    prover = prove
    factReader = facts
  }

  /// Whether `scrub` takes it: an image, what belongs to one, a container of images, compiled Python, or a package, which
  /// is searched. A wheel that is a file of its own goes to `WheelScrub` instead.
  var isScrubbed: Bool { scrubber != nil }

  /// - Throws: also for a file that is no longer of such a kind, for example because another process writes to the
  ///   tree.
  /// - Parameter fix: whether to edit, seal and verify as well.
  func scrub(_ part: Part, fix: Bool) throws(ScrubError) -> ImageScrub.Outcome {
    guard let scrubber else { throw ScrubError("is \(name), needs an image, an archive or compiled Python") }
    return try scrubber(part, fix)
  }

  /// - Parameter texts: the roots that are reported in a file of no supported format; nil if none are.
  func residue(in bytes: Bytes, _ search: ResidueSearch, texts: RootMap?) -> [Finding] {
    residueSearch?(search, bytes) ?? search.plain(bytes, reported: isScrubbed ? search.options.roots : texts)
  }

  /// The key of level `runtime`; nil where every byte counts.
  func key(of bytes: Bytes, _ keys: ContentKeys) throws(ScrubError) -> ContentKey? {
    try keyMaker?(keys, bytes)
  }

  /// Nil where only the bytes can be compared.
  func differences(_ one: Bytes, _ other: Bytes, _ roots: RootMap) throws(ScrubError) -> [Difference]? {
    try comparer?(one, other, roots)
  }

  /// Nil if `fix` never changes a byte.
  func proof(_ proof: ContentProof, _ one: Bytes, _ other: Bytes) throws(ScrubError) -> Proof? {
    try prover?(proof, one, other)
  }

  /// Whether `facts` may return anything for such a file.
  var speaksOfOthers: Bool { factReader != nil }

  /// What it says about other files; nil if it says nothing, or cannot be read.
  func facts(of bytes: Bytes) -> LinkFacts? { factReader?(bytes) }
}

extension FileKind: Hashable {
  static func == (one: FileKind, other: FileKind) -> Bool { one === other }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

// MARK: Telling them apart

extension FileKind {
  /// The first bytes of a file.
  struct Head: Sendable {
    /// How many of them are looked at.
    static let size = 8
    /// All of them, the first one highest. Shorter files are padded with zeros, which no magic ends with.
    let word: UInt64

    /// The first four.
    var magic: UInt32 { UInt32(word >> 32) }

    init(word: UInt64) { self.word = word }

    init(_ head: some Collection<UInt8>) {
      var word: UInt64 = 0
      for byte in head.prefix(Self.size) { word = word << 8 | UInt64(byte) }
      self.word = word << (8 * UInt64(max(Self.size - head.count, 0)))
    }
  }

  static func of(_ head: Head) -> FileKind { all.first { $0.begins(head) } ?? .other }

  static func of(_ head: some Collection<UInt8>) -> FileKind { of(Head(head)) }

  static func of(_ bytes: Bytes) -> FileKind {
    let kind = of(bytes[0..<min(bytes.count, Head.size)].array())
    guard kind == .other else { return kind }
    // Two kinds begin with what is not theirs: a member's name, and a line for the kernel (zipapp, pex).
    if bytes.span.holds(Array("ustar".utf8), at: 257), bytes.count >= TarReader.blockSize,
      TarReader.mayBegin(bytes[0..<TarReader.blockSize])
    {
      return .tar
    }
    let isScript = bytes.span.holds(Array("#!".utf8), at: 0)
    return isScript && bytes.span.holds([0x50, 0x4b, 5, 6], at: bytes.count - ZipFormat.endSize) ? .zip : kind
  }

  /// Reads a file's first bytes without mapping it, for walks over many files: open, pread, close.
  /// - Returns: nil, with `errno` set, if it cannot be read. A pipe or device reads as `other`.
  /// - Parameter isScript: set to whether it begins with `#!`.
  static func ofFile(
    named name: UnsafePointer<CChar>, in directory: Int32, isScript: inout Bool
  ) -> FileKind? {
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW
    let descriptor = unsafe openat(directory, name, flags)
    guard descriptor >= 0 else { return nil }
    var word: UInt64 = 0
    let count = unsafe withUnsafeMutableBytes(of: &word) {
      unsafe pread(descriptor, $0.baseAddress, Head.size, 0)
    }
    let code = errno
    close(descriptor)
    errno = code
    isScript = UInt64(bigEndian: word) >> 48 == 0x2321
    return count < 0 ? nil : of(Head(word: UInt64(bigEndian: word)))
  }
}
