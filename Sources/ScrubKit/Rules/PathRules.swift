public import BuildRoots
public import Formats

/// Which paths to skip, and which rules to ignore where: globs over paths and over member names.
public struct PathRules: Sendable {
  /// Files below a directory, and members, that are skipped. A file that the user names is not.
  public var excluded: [Glob] = []
  /// Selectors of rules that are ignored in what the glob matches.
  public var ignores: [(glob: Glob, selectors: [String])] = []

  public init() {}

  public func excludes(_ place: Place) -> Bool {
    !excluded.isEmpty
      && Self.names(of: place).contains { name in excluded.contains { $0.matches(name, Effort.grants) } }
  }

  /// The selection without the rules that are ignored at this place; nil if none are.
  func narrowed(_ selection: RuleSelection, at place: Place) -> RuleSelection? {
    if ignores.isEmpty { return nil }
    let names = Self.names(of: place)
    let selectors = ignores.filter { row in names.contains { row.glob.matches($0, Effort.grants) } }.flatMap(
      \.selectors)
    // The selectors were validated when the options were made.
    return selectors.isEmpty ? nil : try? selection.subtracting(selectors)
  }

  /// The path, and the member's path inside its containers.
  private static func names(of place: Place) -> [String] {
    guard let member = place.member else { return [place.path] }
    return [place.path, member.split(separator: "!").joined(separator: "/")]
  }
}
