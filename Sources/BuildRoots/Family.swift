/// Rules of one kind, which are selected together.
public struct Family: Hashable, Sendable {
  /// The prefix of its rules' codes.
  public var code: String
  public var title: String
  /// Whether its rules are selected unless the user says otherwise.
  public var isDefault: Bool

  public static let randomDirectories = Family(
    code: "BP1", title: "Build directories with random names", isDefault: true)
  public static let hostPaths = Family(
    code: "BP2", title: "Paths of the machine that built", isDefault: false)
  public static let toolchainPaths = Family(code: "BP3", title: "Paths of the toolchain", isDefault: false)
  public static let runPaths = Family(
    code: "BP4", title: "Directories that the dynamic linker searches", isDefault: true)
  public static let generatedText = Family(
    code: "BP5", title: "Generated text that carries build paths", isDefault: true)
  public static let staleSeals = Family(
    code: "BP6", title: "Ids that outlive what they were made of", isDefault: false)
  /// Rules that the user adds on the command line or in the configuration.
  public static let own = Family(code: "BP9", title: "Patterns and maps of your own", isDefault: true)
  public static let bytecode = Family(
    code: "PY1", title: "Compiled Python that does not fit its source", isDefault: true)
  public static let treeFiles = Family(
    code: "PY2", title: "Other files that say where a tree is", isDefault: true)
  public static let record = Family(code: "RC1", title: "RECORD", isDefault: true)
  public static let zip = Family(code: "ZP1", title: "Zip", isDefault: true)

  /// In the same order as the rules.
  public static let all = [
    randomDirectories, hostPaths, toolchainPaths, runPaths, generatedText, staleSeals, own, bytecode,
    treeFiles, record,
    zip,
  ]
}

extension Family {
  public static func == (one: Family, other: Family) -> Bool { one.code == other.code }
  public func hash(into hasher: inout Hasher) { hasher.combine(code) }
}

extension Rule {
  /// Whether the rule is selected unless the user says otherwise. A run path into a home directory is no more random
  /// than the home directory; code without its source may be intentional, and is harmless in `__pycache__`.
  public var isDefault: Bool {
    family.isDefault && ![.hostRunPath, .sourcelessBytecode, .orphanBytecode].contains(self)
  }
}
