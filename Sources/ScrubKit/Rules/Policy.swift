public import BuildRoots
import Formats

/// What to look for, where, and what it becomes: the selected rules, compiled.
public struct Policy: Sendable {
  public let selection: RuleSelection
  /// Searched for in every byte, and rewritten there.
  public let roots: RootMap
  /// The roots that count in a name that the dynamic linker follows.
  let links: RootMap
  /// The roots that count in generated text, where paths may change their length.
  let texts: RootMap
  /// The roots that count in all other files, which are searched but never rewritten.
  let others: RootMap
  /// The roots that count in scripts and configuration files of an installed tree, apart from its own location.
  let treeFiles: RootMap
  /// The same for files that state what they were installed from.
  let origins: RootMap

  public static let `default` = Policy(
    .default, roots: .default, links: .default,
    texts: .default.unbounded(Rule.random + Rule.hosts, mayGrow: true),
    others: .default.unbounded(Rule.unmistakable), treeFiles: .default,
    origins: .default.unbounded(Rule.random + Rule.hosts))

  private init(
    _ selection: RuleSelection, roots: RootMap, links: RootMap, texts: RootMap, others: RootMap,
    treeFiles: RootMap, origins: RootMap
  ) {
    self.selection = selection
    self.roots = roots
    self.links = links
    self.texts = texts
    self.others = others
    self.treeFiles = treeFiles
    self.origins = origins
  }

  /// - Parameters:
  ///   - own: the user's patterns and maps.
  ///   - allowed: paths that are left and not reported.
  /// - Throws: if the prefix does not suit the selected rules.
  public init(
    _ selection: RuleSelection, prefix: StablePrefix = .default, own: [Rule] = [], allowed: [AllowedPath] = []
  ) throws(PrefixError) {
    // The cost of the user's expressions is charged to the file that they are matched against.
    let own = own.filter(selection.contains).map { $0.metered(by: Effort.grants) }
    let allowed = allowed.map { $0.metered(by: Effort.grants) }
    // The user's own rules first: they were written for precisely these paths.
    roots = try RootMap(
      rules: own + (Rule.random + Rule.hosts + Rule.toolchains).filter(selection.contains), prefix: prefix,
      allowed: allowed)
    var linked: [Rule] = []
    if selection.contains(.runPath) { linked += own + Rule.random }
    if selection.contains(.hostRunPath) { linked += Rule.hosts + Rule.toolchains }
    // Roots are never overwritten there.
    links = roots.unbounded(linked)
    let isText = selection.contains(Family.generatedText)
    texts = try RootMap(
      rules: isText ? own + Rule.random + Rule.hosts : [], prefix: prefix, allowed: allowed, mayGrow: true)
    others = roots.unbounded(own + Rule.unmistakable.filter(selection.contains))
    treeFiles = roots.unbounded(own + Rule.random)
    origins = roots.unbounded(own + Rule.random + Rule.hosts)
    self.selection = selection
  }

  /// The same for fewer rules.
  func narrowed(to selection: RuleSelection) -> Policy {
    var linked = links.rules
    if !selection.contains(.runPath) { linked.removeAll { [.randomDirectories, .own].contains($0.family) } }
    if !selection.contains(.hostRunPath) {
      linked.removeAll { [.hostPaths, .toolchainPaths].contains($0.family) }
    }
    return Policy(
      selection, roots: roots.unbounded(roots.rules.filter(selection.contains)),
      links: links.unbounded(linked),
      texts: selection.contains(Family.generatedText) ? texts : texts.unbounded([]),
      others: others.unbounded(others.rules.filter(selection.contains)), treeFiles: treeFiles,
      origins: origins)
  }
}

extension RuleSelection {
  /// Whether any selected rule applies to the bytes of images.
  var isAboutImages: Bool {
    [.randomDirectories, .hostPaths, .toolchainPaths, .runPaths, .own].contains { (family: Family) in
      contains(family)
    }
  }
}
