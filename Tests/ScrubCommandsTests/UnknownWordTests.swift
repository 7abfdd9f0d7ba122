import Testing

@testable import ScrubCommands
@testable import ScrubKit

/// What is said about a word that no command understands.
@Suite struct UnknownWordTests {
  @Test(arguments: [
    (["chek", "dist"], "unknown command \"chek\"; did you mean \"check\"?"),
    (["repair", "dist"], "unknown command \"repair\"; did you mean \"fix\"?"),
    (["polish", "dist"], "unknown command \"polish\""),
    (["record", "verfy", "x"], "unknown command \"verfy\"; did you mean \"verify\"?"),
    (["fix", "x", "--inplace"], "unknown option \"--inplace\" for fix; did you mean \"--in-place\"?"),
    (["fix", "x", "-i"], "unknown option \"-i\" for fix; did you mean \"--in-place\"?"),
    (["fix", "--dry-run", "x"], "unknown option \"--dry-run\" for fix; did you mean \"--check\"?"),
    (["check", "--fix", "x"], "check writes nothing; use wheelscrub fix"),
    (["check", "-w", "out", "x"], "check writes nothing; use wheelscrub fix"),
    (["check", "--output-fromat=json", "x"], "did you mean \"--output-format\"?"),
    (["check", "--only-paths", "a", "b"], "unknown option \"--only-paths\" for check; it is one of diff"),
    (["check", "x", "--frobnicate"], "unknown option \"--frobnicate\" for check"),
    (["check", "x", "-qx"], "Error"),
  ])
  func `is named first, with what was meant`(_ row: (arguments: [String], message: String)) {
    let run = Run(row.arguments)
    #expect(run.code == 2 && run.output.isEmpty)
    #expect(run.error.split(separator: "\n")[0].contains(row.message), "\(run.error)")
    #expect(run.error.lowercased().contains("usage: wheelscrub"))
  }

  /// Values are not words, whatever they look like.
  @Test(arguments: [
    ["check", "-j", "x"], ["check", "--prefix", "chek"], ["fix", "x"],
    ["check", "--select"], ["check", "x", "-q", "-v"],
  ])
  func `other mistakes keep their own message`(_ arguments: [String]) {
    #expect(!Run(arguments).error.contains("unknown"))
  }

  @Test func `the program alone says what to do first`() {
    let run = Run([])
    #expect(run.code == 2 && run.output.isEmpty)
    #expect(run.error.split(separator: "\n", omittingEmptySubsequences: false).count <= 11)
    for words in ["wheelscrub check dist/", "wheelscrub fix dist/*.whl -w fixed", "--help"] {
      #expect(run.error.contains(words))
    }
  }

  @Test func `fix without a destination says the two common calls`() {
    let error = Run(["fix", "x.whl"]).error
    for call in ["wheelscrub fix x.whl -w fixed", "wheelscrub fix x.whl --in-place"] {
      #expect(error.contains(call))
    }
  }

  @Test func `help gives an example and lists values once`() {
    for command in ["check", "fix", "diff", "key", "verify", "rules"] {
      let help = Run(["help", command]).output.replacing("\n", with: " ")
      #expect(help.contains("or example"), "\(command)")
      let words = help.split(separator: " ").joined(separator: " ")
      #expect(words.ranges(of: "values: compact, slot").count <= 1, "\(command)")
    }
    let help = Run(["help", "fix"]).output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(help.contains("values: compact, slot"))
    let diff = Run(["help", "diff"]).output
    #expect(!diff.contains("sarif") && !diff.contains("junit"))
  }

  @Test func `a prefix of codes without a rule is an error`() {
    let run = Run(["rules", "BP9"])
    #expect(run.code == 2 && run.error == "error: rules: no rule is called BP9; see wheelscrub rules\n")
  }
}
