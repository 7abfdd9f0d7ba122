import ArgumentParser
import BuildRoots
import Formats
import ScrubKit

/// What counts and what does not: the same for every subcommand that looks for roots.
struct RuleOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Rules that count, instead of the defaults: codes, beginnings of codes, names or ALL.",
      valueName: "rules"))
  var select: [String] = []

  @Option(help: ArgumentHelp("Rules that count as well.", valueName: "rules"))
  var extendSelect: [String] = []

  @Option(help: ArgumentHelp("Rules that do not count.", valueName: "rules"))
  var ignore: [String] = []

  @Option(
    help: ArgumentHelp(
      "Rules that do not count in files or members that the glob names.", valueName: "glob:rules"))
  var perFileIgnores: [String] = []

  @Option(help: ArgumentHelp("Files and members that are not looked at.", valueName: "glob"))
  var exclude: [String] = []

  @Option(help: ArgumentHelp("Paths that are no finding and stay as they are.", valueName: "regex"))
  var allowPath: [String] = []

  @Option(
    help: ArgumentHelp(
      "A root of your own: the part of a path that is one. It becomes <prefix>/<name>.",
      valueName: "name=regex"))
  var pattern: [String] = []

  @Option(help: ArgumentHelp("A path, and what it becomes; never longer.", valueName: "old=new"))
  var map: [String] = []

  @Option(
    help: ArgumentHelp(
      "The directory that build directories are mapped to. (default: \(StablePrefix.default.text))",
      valueName: "dir"))
  var prefix: String?

  @Option(
    help: ArgumentHelp(
      "The configuration, instead of the nearest wheelscrub.toml or pyproject.toml above the first path or the working directory.",
      valueName: "file"))
  var config: String?

  @Flag(help: "Read no configuration.")
  var isolated = false

  func validate() throws {
    if isolated, config != nil { throw ValidationError("--config and --isolated exclude each other") }
    if let prefix {
      do { _ = try StablePrefix(prefix) } catch { throw ValidationError("--prefix: \(error.description)") }
    }
  }

  /// The configuration for these paths with the command line over it.
  /// - Throws: what is wrong in either, before anything is read.
  func settings(for paths: [String]) throws(SettingError) -> Settings {
    let settings = try commandLine()
    if isolated { return settings }
    let file: ConfigurationFile?
    if let config {
      file = try ConfigurationFile(config, isExplicit: true)
    } else {
      file = try paths.first.flatMap { (path) throws(SettingError) in try ConfigurationFile.found(for: path)
      }
    }
    return try file.map { (file) throws(SettingError) in settings.over(try file.settings()) } ?? settings
  }

  private func commandLine() throws(SettingError) -> Settings {
    var settings = Settings()
    settings.select = list(select, "--select")
    settings.extendSelect = list(extendSelect, "--extend-select").map { [$0] } ?? []
    settings.ignore = list(ignore, "--ignore")
    for text in perFileIgnores {
      let source = Sourced(text, from: "--per-file-ignores")
      guard let colon = text.lastIndex(of: ":"), colon != text.startIndex else {
        throw source.refuse("\"\(text)\" needs the form GLOB:RULES")
      }
      let selectors = Self.split(String(text[text.index(after: colon)...]))
      settings.perFileIgnores.append(Sourced((String(text[..<colon]), selectors), from: source.source))
    }
    settings.exclude = exclude.isEmpty ? nil : Sourced(exclude, from: "--exclude")
    settings.allowPaths = allowPath.isEmpty ? nil : Sourced(allowPath, from: "--allow-path")
    settings.patterns = pattern.map { Sourced($0, from: "--pattern") }
    settings.maps = map.map { Sourced($0, from: "--map") }
    settings.prefix = prefix.map { Sourced($0, from: "--prefix") }
    return settings
  }

  /// Nil where the option was not given.
  private func list(_ texts: [String], _ option: String) -> Sourced<[String]>? {
    texts.isEmpty ? nil : Sourced(texts.flatMap(Self.split), from: option)
  }

  private static func split(_ text: String) -> [String] {
    text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }
}
