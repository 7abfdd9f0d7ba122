internal import BuildRoots
import Formats

/// A text that a build or an installer wrote, told by its name and place: the only text in which a path is a leak. All
/// else is prose or source.
enum Text {
  /// By the rule about texts of that name (BP5).
  /// - Parameter obstacle: why it stays as it is.
  case generated(Rule, obstacle: String?)
  /// A script or configuration file of an installed tree that says where the tree is (PY2).
  case carrier(Carrier)
  /// What dsymutil keeps of relocations.
  case relocationMap

  /// A loose file that has no magic of ours; nil for all that is no such text.
  init?(of input: InputFile) {
    if let carrier = input.carrier {
      self = .carrier(carrier)
    } else if let rule = GeneratedText.rule(of: input.path) {
      self = .generated(rule, obstacle: Self.bytecodeObstacle(input.path))
    } else {
      return nil
    }
  }

  /// A generated text, by the path of a file or a member; nil for all others.
  init?(generatedAt path: String) {
    guard let rule = GeneratedText.rule(of: path) else { return nil }
    self = .generated(rule, obstacle: nil)
  }

  var isGenerated: Bool {
    if case .generated = self { true } else { false }
  }

  /// Bytecode has its own copy of a path that the source names, as a constant, and would no longer be what the source
  /// compiles to.
  private static func bytecodeObstacle(_ path: String) -> String? {
    guard path.hasSuffix(".py"), let bytecode = PythonSource.bytecode(of: path).first else { return nil }
    return "\(bytecode) was compiled from it and has the path too; fix the wheel before it is installed"
  }
}

/// The one way of every text, from its bytes to its verified successor.
struct TextScrub {
  private let text: Text
  private let options: Options

  init(_ text: Text, _ options: Options) {
    self.text = text
    self.options = options
  }

  /// Whether a rule that counts is about the text.
  var isWanted: Bool {
    switch text {
    case .generated(let rule, _): options.policy.selection.contains(rule)
    case .carrier, .relocationMap: true
    }
  }

  func run(_ bytes: Bytes, fix: Bool) throws(ScrubError) -> ImageScrub.Outcome {
    guard isWanted else { return ImageScrub.Outcome() }
    switch text {
    case .generated(let rule, let obstacle):
      return try GeneratedTextScrub(options: options, rule: rule, obstacle: obstacle).run(bytes, fix: fix)
    case .carrier(let carrier):
      return try CarrierScrub(options: options, carrier: carrier).run(bytes, fix: fix)
    case .relocationMap: return RelocationMapScrub(options: options).run(bytes, fix: fix)
    }
  }

  /// The roots that are reported in it; nil where it has none of its own.
  var reported: RootMap? {
    guard text.isGenerated, isWanted else { return nil }
    return options.policy.texts
  }
}

/// Where offsets are in a text, for places that are asked for in ascending order.
struct LineCounter {
  private let bytes: Bytes
  private var position = 0
  /// Counts from 1.
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
