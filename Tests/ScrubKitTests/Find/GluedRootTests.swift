import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Strings without a NUL between them, as Rust, Swift and Go have: what refers to them says where one begins.
@Suite struct GluedRootTests {
  private static let text = "Write value/home/alice/src/lib.rs"

  /// - Parameter table: what refers to the text `t`.
  private static func outcome(
    _ table: String, compiler: String = "gcc", text: String = text
  ) throws -> (before: [UInt8], outcome: ImageScrub.Outcome) {
    let scratch = Scratch()
    let source = """
      #define N (sizeof(t) - 1)
      struct slice { const char *start; unsigned long count; };
      const char t[] = "\(text)";
      \(table)
      """
    _ = scratch.file("t.c", Array(source.utf8))
    try Compiler.run(
      compiler, ["-O1", "-fPIC", "-shared", "-nostdlib", "-fvisibility=hidden", "t.c", "-o", "t.so"],
      in: scratch.url)
    let before = scratch.read("t.so")
    var options = Options()
    options.policy = try Policy(RuleSelection(extend: ["BP2"]))
    return (before, try ImageScrub(options: options).run(Bytes(before), fix: true))
  }

  @Test(arguments: ["gcc", "clang", "aarch64-linux-gnu-gcc"])
  func slicesAreRewritten(_ compiler: String) throws {
    let (before, outcome) = try Self.outcome(
      "__attribute__((visibility(\"default\"))) struct slice s[] = {{t, 11}, {t + 11, N - 11}};",
      compiler: compiler)
    #expect(outcome.findings.map(\.rule.code) == ["BP201"])
    #expect(outcome.findings.map(\.isFixable) == [true])
    let after = try #require(outcome.output).array()
    #expect(after.count == before.count)
    let expected = Array("Write value/build//////src/lib.rs".utf8)
    #expect(Data(after).range(of: Data(expected)) != nil)
  }

  @Test func withoutALengthItStays() throws {
    let (_, outcome) = try Self.outcome(
      "__attribute__((visibility(\"default\"))) const char *s[] = {t, t + 11};")
    #expect(outcome.findings.map(\.rule.code) == ["BP201"])
    #expect(outcome.findings.map(\.fate) == [.left(reason: GluedRoots.reason)])
    #expect(outcome.output == nil)
  }

  /// Nobody refers to the path: prose, or a longer path.
  @Test(arguments: [
    text, "see your/home/alice/src for more", "data/home/alice/index.html", "https://x.org/home/alice/x",
  ])
  func proseIsNoFinding(_ text: String) throws {
    let (_, outcome) = try Self.outcome(
      "__attribute__((visibility(\"default\"))) const char *s[] = {t};", text: text)
    #expect(outcome.findings.isEmpty)
  }
}
