public import BuildRoots
public import Formats

/// What is not looked at, and which rules do not count where: globs over paths, and over members' names.
public struct PathRules: Sendable {
  /// Files below a directory, and members, that are not looked at. A file that the user names is.
  public var excluded: [Glob] = []
  /// Selectors of rules that do not count in what the glob names.
  public var ignores: [(glob: Glob, selectors: [String])] = []

  public init() {}

  public func excludes(_ place: Place) -> Bool {
    !excluded.isEmpty && Self.names(of: place).contains { name in excluded.contains { $0.matches(name) } }
  }

  /// The selection without the rules that are ignored at this place; nil where none is.
  func narrowed(_ selection: RuleSelection, at place: Place) -> RuleSelection? {
    if ignores.isEmpty { return nil }
    let names = Self.names(of: place)
    let selectors = ignores.filter { row in names.contains { row.glob.matches($0) } }.flatMap(\.selectors)
    // They were understood when the options were made.
    return selectors.isEmpty ? nil : try? selection.subtracting(selectors)
  }

  /// The path, and the member below its containers.
  private static func names(of place: Place) -> [String] {
    guard let member = place.member else { return [place.path] }
    return [place.path, member.split(separator: "!").joined(separator: "/")]
  }
}
