public import BuildRoots
import Formats

/// What is looked for, where, and what becomes of it: the selected rules, compiled.
public struct Policy: Sendable {
  public let selection: RuleSelection
  /// Searched for in every byte, and rewritten there.
  public let roots: RootMap
  /// What counts in a name that the dynamic linker follows.
  let links: RootMap
  /// What counts in generated text, where paths may change their length.
  let texts: RootMap
  /// What counts in all other files, which are searched and never rewritten.
  let others: RootMap
  /// What counts in scripts and configuration files of an installed tree beside its own place.
  let treeFiles: RootMap
  /// The same where a file says what it was installed from.
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
  ///   - own: patterns and maps of the user.
  ///   - allowed: paths that are left and not reported.
  /// - Throws: where the prefix does not suit the selected rules.
  public init(
    _ selection: RuleSelection, prefix: StablePrefix = .default, own: [Rule] = [], allowed: [AllowedPath] = []
  ) throws(PrefixError) {
    // What the user's expressions cost is charged to the file that they are matched with.
    let own = own.filter(selection.contains).map { $0.metered(by: Effort.grants) }
    let allowed = allowed.map { $0.metered(by: Effort.grants) }
    // The user's own first: they are meant for just these paths.
    roots = try RootMap(
      rules: own + (Rule.random + Rule.hosts + Rule.toolchains).filter(selection.contains), prefix: prefix,
      allowed: allowed)
    var linked: [Rule] = []
    if selection.contains(.runPath) { linked += own + Rule.random }
    if selection.contains(.hostRunPath) { linked += Rule.hosts + Rule.toolchains }
    // No root is ever written there.
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
  /// Whether any rule counts that is about the bytes of images.
  var isAboutImages: Bool {
    [.randomDirectories, .hostPaths, .toolchainPaths, .runPaths, .own].contains { (family: Family) in
      contains(family)
    }
  }
}
