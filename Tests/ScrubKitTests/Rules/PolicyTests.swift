import BuildRoots
import Testing

@testable import Formats
@testable import ScrubKit

/// What is selected is found and fixed, in images that a compiler wrote; what is not stays.
@Suite struct PolicyTests {
  private static let sources = [
    "a.c": """
    const char *home(void) { return "/home/alice/data/x.txt"; }
    const char *mount(void) { return "/io/src/x.c"; }
    const char *vendor(void) { return "/opt/vendor/sdk/lib"; }
    const char *file(void) { return __FILE__; }
    """
  ]
  private static let image = try! Compiler.sharedLibrary(
    "gcc", ["-Wl,-rpath,/tmp/pip-install-ab12cd34/x/lib:/home/bob/lib"], sources: sources)

  private func outcome(
    _ select: [String]?, own: [Rule] = [], allowed: [AllowedPath] = [], fix: Bool = true
  ) throws -> ImageScrub.Outcome {
    var options = Options()
    options.policy = try Policy(RuleSelection(select: select), own: own, allowed: allowed)
    options.fixRunPath = fix
    let outcome = try ImageScrub(options: options).run(Bytes(Self.image), fix: fix)
    if let output = outcome.output {
      // Fixing twice is fixing once.
      let again = try ImageScrub(options: options).run(output, fix: true)
      #expect(again.output == nil && !again.findings.contains(where: \.isFixable), "\(again.findings)")
      #expect(again.findings.count == outcome.findings.count { !$0.isFixable })
    }
    return outcome
  }

  private func families(_ outcome: ImageScrub.Outcome) -> Set<String> {
    Set(outcome.findings.map(\.rule.code).map { $0.hasPrefix("BP4") ? $0 : String($0.prefix(3)) })
  }

  @Test(
    arguments: [
      (nil, ["BP1", "BP401"]), (["BP1"], ["BP1"]), (["BP2"], ["BP2"]), (["BP1", "BP2"], ["BP1", "BP2"]),
      (["BP4"], ["BP401", "BP402"]), (["BP402"], ["BP402"]), (["BP"], ["BP1", "BP2", "BP401", "BP402"]),
      (["RC", "ZP"], []), ([], []),
    ] as [([String]?, [String])])
  func selections(_ row: (select: [String]?, families: [String])) throws {
    let outcome = try outcome(row.select)
    #expect(families(outcome) == Set(row.families))
    #expect((outcome.output == nil) == row.families.isEmpty)
    #expect(families(try self.outcome(row.select, fix: false)) == Set(row.families))
    guard let output = outcome.output else { return }
    let text = String(decoding: output.array(), as: UTF8.self)
    #expect(text.contains("/home/alice") != row.families.contains("BP2"))
    #expect(text.contains("/home/bob") != row.families.contains("BP402"))
    #expect(text.contains("/tmp/pip-install-ab12cd34/x/lib") != row.families.contains("BP401"))
    if row.families.contains("BP2") {
      // For /io no absolute path is short enough.
      #expect(text.contains("/build//////data/x.txt") && text.contains("/io/src/x.c"))
      #expect(outcome.findings.filter { !$0.isFixable }.map(\.root) == ["/io"])
    }
  }

  /// Roots that no absolute path fits for: they stay where a program could open them, and become `.` elsewhere.
  @Test(arguments: ["gcc", "clang"], [[], ["-c"]])
  func absolutePathsStayAbsoluteWhereTheyAreRead(_ compiler: String, _ flags: [String]) throws {
    let image = try Compiler.sharedLibrary(
      compiler, flags,
      sources: [
        "a.c": """
        # 1 "/root/src/a.c"
        const char *plugins(void) { return "/root/.config/app/plugins"; }
        const char *sdk = "/opt/vendor/sdk/ssl";
        const char *option(void) { return "-I/io/include -L../root/lib"; }
        """
      ])
    var options = Options()
    options.policy = try Policy(
      RuleSelection(select: ["BP2", "BP9"]), own: [try Rule.map("/opt/vendor/sdk=.")])
    for fix in [false, true] {
      let outcome = try ImageScrub(options: options).run(Bytes(image), fix: fix)
      let left = outcome.findings.filter { !$0.isFixable }
      #expect(Set(left.map(\.root)) == ["/root", "/opt/vendor/sdk", "/io"])
      #expect(left.allSatisfy { $0.fate == .left(reason: AbsolutePaths.reason) })
      #expect(left.allSatisfy { !($0.place.section ?? "").hasPrefix(".debug") })
      #expect(outcome.findings.contains { $0.isFixable && $0.replacement == "." })
      guard fix else { continue }
      let text = String(decoding: try #require(outcome.output).array(), as: UTF8.self)
      for path in ["/root/.config/app/plugins", "/opt/vendor/sdk/ssl", "-I/io/include -L../root/lib"] {
        #expect(text.contains(path))
      }
      #expect(!text.contains("/root/src") && text.contains("./src"))
    }

    // Another absolute form is one that the user chooses.
    options.policy = try Policy(
      RuleSelection(select: ["BP2", "BP9"]),
      own: try ["/root=/r", "/io=/x", "/opt/vendor/sdk=/sdk"].map { try Rule.map($0) })
    let outcome = try ImageScrub(options: options).run(Bytes(image), fix: true)
    #expect(outcome.findings.allSatisfy { $0.isFixable })
    let text = String(decoding: try #require(outcome.output).array(), as: UTF8.self)
    #expect(text.contains("/r////.config/app/plugins") && text.contains("/sdk////////////ssl"))
    #expect(text.contains("-I/x//include"))
  }

  @Test func mapsPatternsAndAllowedPaths() throws {
    let own = [try Rule.map("/opt/vendor/sdk=/sdk"), try Rule.pattern("data=/home/alice/da[a-z]+")]
    let outcome = try outcome(["BP1"], own: own)
    let text = String(decoding: try #require(outcome.output).array(), as: UTF8.self)
    #expect(text.contains("/sdk////////////lib"))
    #expect(text.contains("/build/data//////x.txt"))
    #expect(text.contains("/home/bob/lib"))
    #expect(families(outcome) == ["BP1", "BP9"])

    let allowed = try self.outcome(
      ["BP2"], allowed: [try AllowedPath("/home/alice"), try AllowedPath("/io")])
    #expect(families(allowed) == [])
  }

  @Test func ignoredPerFile() throws {
    var options = Options()
    options.paths.ignores = [(try Glob("tests/*.so"), ["BP1"]), (try Glob("*.a"), ["BP"])]
    let narrowed = try #require(options.narrowed(to: Place(path: "x.whl", member: "tests/a.so")))
    #expect(!narrowed.policy.selection.contains(Rule.named("BP101")!))
    #expect(narrowed.policy.selection.contains(.runPath))
    #expect(narrowed.roots.rules.isEmpty)
    let other = try #require(options.narrowed(to: Place(path: "x.whl", member: "pkg/a.so")))
    #expect(other.policy.selection == .default)
  }
}
