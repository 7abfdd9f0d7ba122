import BuildRoots
import Formats
import ScrubKit

/// The settings of the configuration and the command line, unconverted; nil if neither has a value.
struct Settings {
  /// The file that was read, if one was.
  var configuration: String?
  var select: Sourced<[String]>?
  var extendSelect: [Sourced<[String]>] = []
  var ignore: Sourced<[String]>?
  /// A glob, and selectors.
  var perFileIgnores: [Sourced<(glob: String, selectors: [String])>] = []
  var exclude: Sourced<[String]>?
  var allowPaths: Sourced<[String]>?
  /// `NAME=REGEX`.
  var patterns: [Sourced<String>] = []
  /// `OLD=NEW`.
  var maps: [Sourced<String>] = []
  var prefix: Sourced<String>?
  var layout: Sourced<Options.Layout>?
  var buildID: Sourced<Options.BuildID>?
  var verification: Sourced<Options.Verification>?
  var fixRunPath: Sourced<Bool>?
  var isCanonical: Sourced<Bool>?
  var bytecodePrefix: Sourced<String>?
  var bytecodeHeader: Sourced<BytecodeOptions.Header>?
  var isBytecodeCanonical: Sourced<Bool>?
  var resign: Sourced<Options.Resign>?
  var dropDebugMap: Sourced<Bool>?
  var clampTimes: Sourced<Bool>?
  var outputFormat: Sourced<OutputFormat>?
  var color: Sourced<ColorChoice>?
  var statistics: Sourced<Bool>?
  var exitZero: Sourced<Bool>?
  var exitNonZeroOnFix: Sourced<Bool>?
  var failOnEmpty: Sourced<Bool>?
  var installed: Sourced<Bool>?
  var baseline: Sourced<String>?
  var jobs: Sourced<Int>?
  var memoryLimit: Sourced<ByteCount>?

  /// These settings, with values from `base` where these have none. Patterns, maps and extensions add up.
  func over(_ base: Settings) -> Settings {
    var result = self
    result.configuration = configuration ?? base.configuration
    result.select = select ?? base.select
    result.extendSelect = base.extendSelect + extendSelect
    result.ignore = ignore ?? base.ignore
    result.perFileIgnores = perFileIgnores.isEmpty ? base.perFileIgnores : perFileIgnores
    result.exclude = exclude ?? base.exclude
    result.allowPaths = allowPaths ?? base.allowPaths
    result.patterns = base.patterns + patterns
    result.maps = base.maps + maps
    result.prefix = prefix ?? base.prefix
    result.layout = layout ?? base.layout
    result.buildID = buildID ?? base.buildID
    result.verification = verification ?? base.verification
    result.fixRunPath = fixRunPath ?? base.fixRunPath
    result.isCanonical = isCanonical ?? base.isCanonical
    result.bytecodePrefix = bytecodePrefix ?? base.bytecodePrefix
    result.bytecodeHeader = bytecodeHeader ?? base.bytecodeHeader
    result.isBytecodeCanonical = isBytecodeCanonical ?? base.isBytecodeCanonical
    result.resign = resign ?? base.resign
    result.dropDebugMap = dropDebugMap ?? base.dropDebugMap
    result.clampTimes = clampTimes ?? base.clampTimes
    result.outputFormat = outputFormat ?? base.outputFormat
    result.color = color ?? base.color
    result.statistics = statistics ?? base.statistics
    result.exitZero = exitZero ?? base.exitZero
    result.exitNonZeroOnFix = exitNonZeroOnFix ?? base.exitNonZeroOnFix
    result.failOnEmpty = failOnEmpty ?? base.failOnEmpty
    result.installed = installed ?? base.installed
    result.baseline = baseline ?? base.baseline
    result.jobs = jobs ?? base.jobs
    result.memoryLimit = memoryLimit ?? base.memoryLimit
    return result
  }

  /// - Throws: the first invalid value, with its source.
  func options() throws(SettingError) -> Options {
    var options = Options()
    let selection = try selection()
    options.configuration = configuration
    options.paths = try pathRules()
    options.policy = try policy(selection)
    options.fixRecord = selection.names(Family.record)
    options.layout = layout?.value ?? options.layout
    options.buildID = buildID?.value ?? options.buildID
    options.verification = verification?.value ?? options.verification
    options.fixRunPath = fixRunPath?.value ?? options.fixRunPath
    options.isCanonical = isCanonical?.value ?? options.isCanonical
    options.resign = resign?.value ?? options.resign
    options.dropDebugMap = dropDebugMap?.value ?? options.dropDebugMap
    options.bytecode = try bytecode()
    return options
  }

  private func bytecode() throws(SettingError) -> BytecodeOptions {
    var options = BytecodeOptions()
    options.header = bytecodeHeader?.value ?? options.header
    options.isCanonical = isBytecodeCanonical?.value ?? options.isCanonical
    guard let bytecodePrefix else { return options }
    return try bytecodePrefix.map { [options] (text) throws(PyCPrefixError) in
      var options = options
      try options.setPrefix(text)
      return options
    }
  }

  private func selection() throws(SettingError) -> RuleSelection {
    // One by one, so that the error names the source of the invalid one.
    for source in [select, ignore].compactMap({ $0 }) + extendSelect {
      _ = try source.map { (selectors) throws(PatternError) in try RuleSelection(select: selectors) }
    }
    let whole = Sourced((), from: "select")
    return try whole.map { (_) throws(PatternError) in
      try RuleSelection(
        select: select?.value, extend: extendSelect.flatMap(\.value), ignore: ignore?.value ?? [])
    }
  }

  private func pathRules() throws(SettingError) -> PathRules {
    var rules = PathRules()
    try Self.bound(exclude?.value ?? [], from: exclude?.source)
    try Self.bound(perFileIgnores.map(\.value.glob), from: perFileIgnores.first?.source)
    for text in exclude?.value ?? [] {
      rules.excluded.append(try Sourced(text, from: exclude?.source ?? "").map(Glob.init))
    }
    for row in perFileIgnores {
      _ = try row.map { (row) throws(PatternError) in try RuleSelection(select: row.selectors) }
      rules.ignores.append(
        (try row.map { (row) throws(PatternError) in try Glob(row.glob) }, row.value.selectors))
    }
    return rules
  }

  // Every place that looks like a root is compared with each of these, and every name with each glob.
  private static let mostPatterns = 1000
  private static let mostGlobBytes = 16 << 10

  private static func bound(_ globs: [String], from source: String?) throws(SettingError) {
    let bytes = globs.reduce(0) { $0 + $1.utf8.count }
    guard bytes <= mostGlobBytes else {
      throw Sourced(bytes, from: source ?? "").refuse(
        "globs of \(bytes) bytes together, the limit is \(mostGlobBytes)")
    }
  }

  private func policy(_ selection: RuleSelection) throws(SettingError) -> Policy {
    let count = maps.count + patterns.count + (allowPaths?.value.count ?? 0)
    guard count <= Self.mostPatterns else {
      throw Sourced(count, from: patterns.last?.source ?? maps.last?.source ?? allowPaths?.source ?? "")
        .refuse(
          "\(count) patterns, maps and allowed paths, the limit is \(Self.mostPatterns)")
    }
    var own: [Rule] = []
    // Maps are exact, patterns only approximate.
    for map in maps { own.append(try map.map(Rule.map)) }
    for pattern in patterns { own.append(try pattern.map(Rule.pattern)) }
    var allowed: [AllowedPath] = []
    for text in allowPaths?.value ?? [] {
      allowed.append(try Sourced(text, from: allowPaths?.source ?? "").map(AllowedPath.init))
    }
    let chosen = prefix ?? Sourced(StablePrefix.default.text, from: "rules")
    for map in maps {
      let old = map.value.prefix { $0 != "=" }
      if chosen.value == old || chosen.value.hasPrefix("\(old)/") {
        throw map.refuse(
          "map \"\(map.value)\" maps the stable prefix \(chosen.value) itself; choose another one with --prefix"
        )
      }
    }
    return try chosen.map { (text) throws(PrefixError) in
      try Policy(selection, prefix: StablePrefix(text), own: own, allowed: allowed)
    }
  }
}
