import Formats
import ScrubKit
import TOMLKit

/// One key of `[tool.wheelscrub]`. The table of them is all that is accepted; the schema is tested against it.
struct ConfigurationKey: Sendable {
  enum Kind: Sendable {
    case string, strings, flag
    /// Names and strings, or names and lists of strings.
    case table(ofLists: Bool)
    case choice([String])

    var described: String {
      switch self {
      case .string: "a string"
      case .strings: "a list of strings"
      case .flag: "true or false"
      case .table(ofLists: true): "a table of lists of strings"
      case .table(ofLists: false): "a table of strings"
      case .choice(let words): "one of " + words.map { "\"\($0)\"" }.joined(separator: ", ")
      }
    }
  }

  /// A value of the kind that the key has.
  enum Value: Sendable {
    case text(String)
    case list([String])
    case flag(Bool)
    /// In the order of the names.
    case table([(name: String, values: [String])])
  }

  var name: String
  var kind: Kind
  var summary: String
  var apply: @Sendable (Value, String, inout Settings) -> Void

  static let all: [ConfigurationKey] = [
    ConfigurationKey(name: "select", kind: .strings, summary: "Rules that count, instead of the defaults.") {
      if case .list(let list) = $0 { $2.select = Sourced(list, from: $1) }
    },
    ConfigurationKey(name: "extend-select", kind: .strings, summary: "Rules that count as well.") {
      if case .list(let list) = $0 { $2.extendSelect = [Sourced(list, from: $1)] }
    },
    ConfigurationKey(name: "ignore", kind: .strings, summary: "Rules that do not count.") {
      if case .list(let list) = $0 { $2.ignore = Sourced(list, from: $1) }
    },
    ConfigurationKey(
      name: "per-file-ignores", kind: .table(ofLists: true),
      summary: "Globs of files or members, and the rules that do not count there."
    ) {
      guard case .table(let rows) = $0 else { return }
      for row in rows { $2.perFileIgnores.append(Sourced((row.name, row.values), from: $1)) }
    },
    ConfigurationKey(
      name: "exclude", kind: .strings, summary: "Globs of files and members that are not looked at."
    ) { if case .list(let list) = $0 { $2.exclude = Sourced(list, from: $1) } },
    ConfigurationKey(
      name: "allow-paths", kind: .strings,
      summary: "Paths that are no finding and stay, as regular expressions."
    ) { if case .list(let list) = $0 { $2.allowPaths = Sourced(list, from: $1) } },
    ConfigurationKey(
      name: "patterns", kind: .table(ofLists: false),
      summary: "Roots of your own: names, and regular expressions of the part of a path that is one."
    ) {
      guard case .table(let rows) = $0 else { return }
      for row in rows { $2.patterns.append(Sourced("\(row.name)=\(row.values[0])", from: $1)) }
    },
    ConfigurationKey(
      name: "maps", kind: .table(ofLists: false), summary: "Paths, and what they become; never longer."
    ) {
      guard case .table(let rows) = $0 else { return }
      for row in rows { $2.maps.append(Sourced("\(row.name)=\(row.values[0])", from: $1)) }
    },
    ConfigurationKey(
      name: "prefix", kind: .string, summary: "The directory that build directories are mapped to."
    ) { if case .text(let text) = $0 { $2.prefix = Sourced(text, from: $1) } },
    choice("layout", "How sections that nothing loads are laid out after the rewrite.") {
      $2.layout = Sourced($0, from: $1)
    },
    choice("build-id", "What becomes of the GNU build-id of a changed file.") {
      $2.buildID = Sourced($0, from: $1)
    },
    choice("verify", "How much libdwarf reads again before anything is written.") {
      $2.verification = Sourced($0, from: $1)
    },
    ConfigurationKey(
      name: "fix-rpath", kind: .flag, summary: "Whether fix removes build directories from RPATH and RUNPATH."
    ) { if case .flag(let flag) = $0 { $2.fixRunPath = Sourced(flag, from: $1) } },
    ConfigurationKey(
      name: "canonical", kind: .flag, summary: "Whether fix packs wheels in one form, whoever packed them."
    ) { if case .flag(let flag) = $0 { $2.isCanonical = Sourced(flag, from: $1) } },
    ConfigurationKey(
      name: "pyc-prefix", kind: .string,
      summary: "The directory that the sources of .pyc files are installed in."
    ) { if case .text(let text) = $0 { $2.bytecodePrefix = Sourced(text, from: $1) } },
    choice("pyc-header", "What fresh .pyc files tell about their source.") {
      $2.bytecodeHeader = Sourced($0, from: $1)
    },
    ConfigurationKey(
      name: "pyc-canonical", kind: .flag, summary: "Whether fix writes .pyc files anew in a canonical form."
    ) { if case .flag(let flag) = $0 { $2.isBytecodeCanonical = Sourced(flag, from: $1) } },
  ]

  private static func choice<Choice: RawRepresentable<String> & CaseIterable & SendableMetatype>(
    _ name: String, _ summary: String, _ apply: @escaping @Sendable (Choice, String, inout Settings) -> Void
  ) -> ConfigurationKey {
    ConfigurationKey(name: name, kind: .choice(Choice.allCases.map(\.rawValue)), summary: summary) {
      if case .text(let text) = $0, let choice = Choice(rawValue: text) { apply(choice, $1, &$2) }
    }
  }

  /// The TOML value as one of this kind; nil where it is of another.
  func value(of node: any TOMLValueConvertible) -> Value? {
    switch kind {
    case .string: return node.string.map { .text($0) }
    case .choice(let words): return node.string.flatMap { words.contains($0) ? .text($0) : nil }
    case .flag: return node.bool.map { .flag($0) }
    case .strings: return Self.strings(node).map { .list($0) }
    case .table(let ofLists):
      guard let table = node.table else { return nil }
      var rows: [(name: String, values: [String])] = []
      for name in table.keys.sorted() {
        guard let entry = table[name],
          let values = ofLists ? Self.strings(entry) : entry.string.map({ [$0] })
        else { return nil }
        rows.append((name, values))
      }
      return .table(rows)
    }
  }

  private static func strings(_ node: any TOMLValueConvertible) -> [String]? {
    guard let array = node.array else { return nil }
    var strings: [String] = []
    for element in array {
      guard let text = element.string else { return nil }
      strings.append(text)
    }
    return strings
  }
}
