import BuildRoots
import Testing

@testable import ScrubCommands

/// What `wheelscrub rules CODE` tells.
@Suite struct RuleStoryTests {
  @Test func `a rule tells what happened, an example and what to write where`() {
    let run = Run(["rules", "BP101"])
    #expect(run.code == 0)
    for words in [
      "BP101 pip-wheel (warning, selected by default)", "What happened: pip unpacks",
      "/tmp/pip-wheel-ab12cd34/demo_0123456789abcdef0123456789abcdef/src/a.c", "becomes /build/demo/src/a.c",
      "setuptools", "CMake", "meson", "cargo", "--ignore BP101",
    ] {
      #expect(run.output.contains(words), "\(words)")
    }
    #expect(Run(["rules", "run-path"]).output.contains("set(CMAKE_INSTALL_RPATH"))
  }

  @Test func `every rule has a story that ends where it is documented`() {
    for rule in Rule.all {
      let lines = RuleStory.lines(rule)
      #expect(lines.last == rule.documentation && !RuleStory(rule).consequence.isEmpty, "\(rule.code)")
    }
  }

  /// Examples are what the search finds, so most rules about paths have one.
  @Test func `examples are found by the rule`() {
    let about = Rule.all.filter { !$0.shapes.isEmpty }
    let told = about.filter { !RuleStory($0).example.isEmpty }
    #expect(told.count * 4 >= about.count * 3, "\(about.filter { !told.contains($0) }.map(\.code))")
  }
}
