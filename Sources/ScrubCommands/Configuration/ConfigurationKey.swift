import Formats
import ScrubKit
import TOMLKit

/// One key of `[tool.wheelscrub]`. Only keys in the table are accepted; the schema is tested against it.
struct ConfigurationKey: Sendable {
  enum Kind: Sendable {
    case string, strings, flag
    /// At least one.
    case count
    /// A number of bytes, as `--memory-limit` takes it.
    case size
    /// Names and strings, or names and lists of strings.
    case table(ofLists: Bool)
    case choice([String])

    var described: String {
      switch self {
      case .string: "a string"
      case .strings: "a list of strings"
      case .flag: "true or false"
      case .count: "a whole number of at least 1"
      case .size: "a size such as \"2G\""
      case .table(ofLists: true): "a table of lists of strings"
      case .table(ofLists: false): "a table of strings"
      case .choice(let words): "one of " + words.map { "\"\($0)\"" }.joined(separator: ", ")
      }
    }
  }

  /// A value of the key's kind.
  enum Value: Sendable {
    case text(String)
    case list([String])
    case flag(Bool)
    case number(Int)
    /// In the order of the names.
    case table([(name: String, values: [String], source: String)])
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
      for row in rows { $2.perFileIgnores.append(Sourced((row.name, row.values), from: row.source)) }
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
      for row in rows { $2.patterns.append(Sourced("\(row.name)=\(row.values[0])", from: row.source)) }
    },
    ConfigurationKey(
      name: "maps", kind: .table(ofLists: false), summary: "Paths, and what they become; never longer."
    ) {
      guard case .table(let rows) = $0 else { return }
      for row in rows { $2.maps.append(Sourced("\(row.name)=\(row.values[0])", from: row.source)) }
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
    flag("fix-rpath", "Whether fix removes build directories from RPATH and RUNPATH.") {
      $2.fixRunPath = Sourced($0, from: $1)
    },
    flag("canonical", "Whether fix packs wheels in one form, whoever packed them.") {
      $2.isCanonical = Sourced($0, from: $1)
    },
    ConfigurationKey(
      name: "pyc-prefix", kind: .string,
      summary: "The directory that the sources of .pyc files are installed in."
    ) { if case .text(let text) = $0 { $2.bytecodePrefix = Sourced(text, from: $1) } },
    choice("pyc-header", "What fresh .pyc files tell about their source.") {
      $2.bytecodeHeader = Sourced($0, from: $1)
    },
    flag("pyc-canonical", "Whether fix writes .pyc files anew in a canonical form.") {
      $2.isBytecodeCanonical = Sourced($0, from: $1)
    },
    choice("resign", "What becomes of Mach-O files that are signed with a key.") {
      $2.resign = Sourced($0, from: $1)
    },
    flag(
      "drop-debug-map",
      "Whether fix removes the symbols that lead debuggers to the object files of a Mach-O file."
    ) {
      $2.dropDebugMap = Sourced($0, from: $1)
    },
    flag("clamp-mtime", "Whether fix --in-place sets files later than SOURCE_DATE_EPOCH to that time.") {
      $2.clampTimes = Sourced($0, from: $1)
    },
    choice("output-format", "How check and fix print results.") { $2.outputFormat = Sourced($0, from: $1) },
    choice("color", "Whether to colour the output.") { $2.color = Sourced($0, from: $1) },
    flag("statistics", "Whether to print how often each rule objects, instead of each finding.") {
      $2.statistics = Sourced($0, from: $1)
    },
    flag("exit-zero", "Whether findings are no reason for an exit code.") {
      $2.exitZero = Sourced($0, from: $1)
    },
    flag("exit-non-zero-on-fix", "Whether fix exits with 1 if it changed anything.") {
      $2.exitNonZeroOnFix = Sourced($0, from: $1)
    },
    flag("fail-on-empty", "Whether to exit with 2 if there was nothing to look at.") {
      $2.failOnEmpty = Sourced($0, from: $1)
    },
    flag(
      "installed",
      "Whether check takes files for built by others: only run paths are errors, the rest are notes."
    ) {
      $2.installed = Sourced($0, from: $1)
    },
    ConfigurationKey(
      name: "baseline", kind: .string,
      summary: "A file of check --add-baseline, relative to the working directory: its findings do not count."
    ) { if case .text(let text) = $0 { $2.baseline = Sourced(text, from: $1) } },
    ConfigurationKey(name: "jobs", kind: .count, summary: "How many files to work on side by side.") {
      if case .number(let number) = $0 { $2.jobs = Sourced(number, from: $1) }
    },
    ConfigurationKey(
      name: "memory-limit", kind: .size, summary: "How much memory files may need, such as 2G."
    ) {
      guard case .text(let text) = $0, let size = ByteCount(argument: text) else { return }
      $2.memoryLimit = Sourced(size, from: $1)
    },
  ]

  private static func flag(
    _ name: String, _ summary: String, _ apply: @escaping @Sendable (Bool, String, inout Settings) -> Void
  ) -> ConfigurationKey {
    ConfigurationKey(name: name, kind: .flag, summary: summary) {
      if case .flag(let flag) = $0 { apply(flag, $1, &$2) }
    }
  }

  private static func choice<Choice: RawRepresentable<String> & CaseIterable & SendableMetatype>(
    _ name: String, _ summary: String, _ apply: @escaping @Sendable (Choice, String, inout Settings) -> Void
  ) -> ConfigurationKey {
    ConfigurationKey(name: name, kind: .choice(Choice.allCases.map(\.rawValue)), summary: summary) {
      if case .text(let text) = $0, let choice = Choice(rawValue: text) { apply(choice, $1, &$2) }
    }
  }

  /// The TOML value as one of this kind; nil where it is of another.
  /// - Parameter source: of a row of a table.
  func value(of node: any TOMLValueConvertible, source: (_ row: String) -> String) -> Value? {
    switch kind {
    case .string: return node.string.map { .text($0) }
    case .choice(let words): return node.string.flatMap { words.contains($0) ? .text($0) : nil }
    case .flag: return node.bool.map { .flag($0) }
    case .count: return node.int.flatMap { $0 > 0 ? .number($0) : nil }
    case .size: return node.string.flatMap { ByteCount(argument: $0) == nil ? nil : .text($0) }
    case .strings: return Self.strings(node).map { .list($0) }
    case .table(let ofLists):
      guard let table = node.table else { return nil }
      var rows: [(name: String, values: [String], source: String)] = []
      for name in table.keys.sorted() {
        guard let entry = table[name],
          let values = ofLists ? Self.strings(entry) : entry.string.map({ [$0] })
        else { return nil }
        rows.append((name, values, source(name)))
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
