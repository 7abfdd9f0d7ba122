import ArgumentParser
import BuildRoots

/// `wheelscrub rules [CODE]`: what is looked for, and what to do about it.
struct RulesCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules",
    abstract: "List the rules, or explain some of them.",
    usage: "wheelscrub rules [<rules> ...] [--output-format <output-format>]",
    discussion:
      "For example, wheelscrub rules BP101 explains a rule: what leaves such paths behind, and how to prevent it."
  )

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text, json, markdown
  }

  @Argument(help: ArgumentHelp("Codes, beginnings of codes, or names.", valueName: "rules"))
  var codes: [String] = []

  @Option(help: "How rules are printed.")
  var outputFormat = Format.text

  func run(in session: Session) throws(SettingError) -> ExitStatus {
    var chosen = Rule.all
    if !codes.isEmpty {
      let selection = try Sourced(codes, from: "rules").map { (codes) throws(PatternError) in
        try RuleSelection(select: codes)
      }
      chosen = Rule.all.filter(selection.contains)
      if chosen.isEmpty {
        throw SettingError(
          message: Escape.terminalSafe(
            "rules: no rule is called \(codes.joined(separator: ", ")); see wheelscrub rules"))
      }
    }
    let text =
      switch outputFormat {
      case .json: RulesDocument.json(chosen).text
      case .markdown: RulesDocument.markdown(chosen)
      case .text where codes.isEmpty: RulesDocument.list(chosen)
      case .text: chosen.map(RulesDocument.explain).joined(separator: "\n\n")
      }
    session.console.write(text + "\n", to: .output)
    return .clean
  }
}
