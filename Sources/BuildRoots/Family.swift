/// Rules of one kind: what is selected together.
public struct Family: Hashable, Sendable {
  /// What the codes of its rules begin with.
  public var code: String
  public var title: String
  /// Whether its rules are selected unless the user says otherwise.
  public var isDefault: Bool

  /// Sorted as the rules are.
  public static let all = [
    Family(code: "BP1", title: "Build directories with random names", isDefault: true),
    Family(code: "BP2", title: "Paths of the machine that built", isDefault: false),
    Family(code: "BP3", title: "Paths of the toolchain", isDefault: false),
    Family(code: "BP4", title: "Directories that the dynamic linker searches", isDefault: true),
    Family(code: "BP5", title: "Generated text that carries build paths", isDefault: true),
    own,
    Family(code: "PY1", title: "Compiled Python that does not fit its source", isDefault: true),
    Family(code: "PY2", title: "Other files that say where a tree is", isDefault: true),
    Family(code: "RC1", title: "RECORD", isDefault: true),
    Family(code: "ZP1", title: "Zip", isDefault: true),
  ]

  /// What the user adds on the command line or in the configuration.
  static let own = Family(code: "BP9", title: "Patterns and maps of your own", isDefault: true)
}

extension Rule {
  /// Whether the rule is selected unless the user says otherwise. A run path into a home directory is no more
  /// random than the home directory; code without its source may be meant so, and is harmless in `__pycache__`.
  public var isDefault: Bool {
    family.isDefault && ![.hostRunPath, .sourcelessBytecode, .orphanBytecode].contains(self)
  }
}
