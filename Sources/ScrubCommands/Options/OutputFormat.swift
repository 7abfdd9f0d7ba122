import ArgumentParser

/// `--output-format`.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
  case full, concise, json
  case jsonLines = "json-lines"
  case github, gitlab, junit, sarif, html

  /// The table of reporters.
  var reporter: Reporter {
    switch self {
    case .full: .full
    case .concise: .concise
    case .json: .json
    case .jsonLines: .jsonLines
    case .github: .github
    case .gitlab: .gitlab
    case .junit: .junit
    case .sarif: .sarif
    case .html: .html
    }
  }

  /// Whether it has a place for what `fix` changes.
  var showsChanges: Bool { [.full, .concise, .json, .jsonLines].contains(self) }

  /// Whether it has a place for numbers instead of findings; the document of `json` always holds them.
  var showsStatistics: Bool { [.full, .concise, .json].contains(self) }
}

/// `--output-format` of the commands whose reports are not about findings.
enum PlainFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
  case full, concise, json
}
