internal import BuildRoots
import Formats

/// A file that is not an image: either written by a build or an installer, recognized by its name, its place or its
/// first lines, or anything else. Only the former is rewritten. The rest is prose, source, or data that a program may
/// compute with.
enum Text {
  /// Covered by the rule for texts of that name (BP5).
  /// - Parameter compiled: set if there is bytecode compiled from it.
  case generated(Rule, compiled: CompiledSource?)
  /// A script or configuration file of an installed tree that tells where the tree is (PY2).
  case treeFile(TreeFile)
  /// The relocation map that dsymutil keeps.
  case relocationMap
  /// Anything else.
  case other(Prose?)

  /// Where such a file quotes paths that do not matter.
  enum Prose {
    /// Docstrings of a Python source, which are not findings in its bytecode either.
    case docstrings
    /// The description in METADATA and PKG-INFO: everything after the first empty line (core metadata, "Description").
    case description

    init?(_ path: String) {
      let name =
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.index(after: $0)...] } ?? path[...]
      if name.hasSuffix(".py") || name.hasSuffix(".pyi") {
        self = .docstrings
      } else if name == "METADATA" || name == "PKG-INFO" {
        self = .description
      } else {
        return nil
      }
    }

    /// - Returns: empty if the text is not understood.
    func ranges(in bytes: Bytes) -> [Range<Int>] {
      switch self {
      case .docstrings: return (try? PythonStrings(bytes).docstrings(in: bytes)) ?? []
      case .description:
        let ends = ["\n\n", "\r\n\r\n"].compactMap { bytes.span.firstIndex(of: Array($0.utf8)) }
        return ends.min().map { [$0..<bytes.count] } ?? []
      }
    }
  }

  /// A loose file without a known magic.
  init(of input: InputFile, _ content: Bytes) {
    if let treeFile = input.treeFile {
      self = .treeFile(treeFile)
    } else if let rule = GeneratedText.rule(of: input.path, head: content) {
      self = .generated(rule, compiled: CompiledSource(input, rule))
    } else {
      self = .other(Prose(input.path))
    }
  }

  /// A member of a wheel without a known magic.
  /// - Parameter head: its first `GeneratedText.headSize` bytes.
  init(_ member: Wheel.Member, of wheel: Wheel, head: Bytes) {
    self.init(memberAt: member.name, head: head) { CompiledSource(member, of: wheel, $0) }
  }

  /// The same for a file whose bytecode does not matter.
  init(memberAt path: String, head: Bytes, compiled: (Rule) -> CompiledSource? = { _ in nil }) {
    self =
      GeneratedText.rule(of: path, head: head).map { .generated($0, compiled: compiled($0)) }
      ?? .other(Prose(path))
  }

  /// The rule for it, if it is generated.
  var rule: Rule? {
    if case .generated(let rule, _) = self { rule } else { nil }
  }

  var isOther: Bool {
    if case .other = self { true } else { false }
  }
}

/// Processes any text: finds, edits, verifies.
struct TextScrub {
  private let text: Text
  private let options: Options

  init(_ text: Text, _ options: Options) {
    self.text = text
    self.options = options
  }

  var rule: Rule? { text.rule }

  /// Whether roots in it are replaced.
  var isRewritten: Bool {
    switch text {
    case .generated, .treeFile, .relocationMap: true
    case .other: false
    }
  }

  /// Whether a selected rule applies to the text.
  var isWanted: Bool {
    switch text {
    case .generated(let rule, _): options.policy.selection.contains(rule)
    case .treeFile, .relocationMap: true
    case .other: !options.policy.others.rules.isEmpty
    }
  }

  /// Why findings in other files stay.
  private static let otherReason =
    "a program may compute with it; only text that bears its generator's mark or name is rewritten"

  func run(_ bytes: Bytes, fix: Bool) throws(ScrubError) -> ImageScrub.Outcome {
    guard isWanted else { return ImageScrub.Outcome() }
    switch text {
    case .generated(let rule, let compiled):
      return try GeneratedTextScrub(options: options, rule: rule, compiled: compiled).run(bytes, fix: fix)
    case .treeFile(let treeFile):
      return try TreeFileScrub(options: options, treeFile: treeFile).run(bytes, fix: fix)
    case .relocationMap: return RelocationMapScrub(options: options).run(bytes, fix: fix)
    case .other(let prose):
      var outcome = SearchOnly(options: options, reason: Self.otherReason, roots: options.policy.others)
        .run(bytes)
      if let prose, !outcome.findings.isEmpty {
        let ranges = prose.ranges(in: bytes)
        outcome.findings.removeAll { finding in
          guard let offset = finding.place.offset.map({ Int($0) }) else { return false }
          let index = ranges.partition { $0.upperBound <= offset }
          return index < ranges.count && ranges[index].contains(offset)
        }
      }
      var lines = LineCounter(bytes)
      for index in outcome.findings.indices where outcome.findings[index].place.section == nil {
        lines.move(to: Int(outcome.findings[index].place.offset ?? 0))
        outcome.findings[index].context = "line \(lines.line)"
      }
      return outcome
    }
  }

  /// The roots that are reported in it; nil if it has none of its own.
  var reported: RootMap? {
    guard isWanted else { return nil }
    return switch text {
    case .generated: options.policy.texts
    case .other: options.policy.others
    case .treeFile, .relocationMap: nil
    }
  }
}

/// Line and column of offsets in a text, queried in ascending order.
struct LineCounter {
  private let bytes: Bytes
  private var position = 0
  /// Starts at 1.
  private(set) var line = 1
  private var lineStart = 0

  init(_ bytes: Bytes) { self.bytes = bytes }

  mutating func move(to offset: Int) {
    while position < offset {
      if bytes[position] == UInt8(ascii: "\n") { (line, lineStart) = (line + 1, position + 1) }
      position += 1
    }
  }

  /// In bytes, from 1.
  var column: Int { position - lineStart + 1 }
}
