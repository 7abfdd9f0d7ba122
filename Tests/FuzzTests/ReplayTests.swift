import Foundation
import Testing

/// Inputs that once broke a promise, trapped, or took too long, and must not again: `Fuzz/inputs`. The fuzzer's own laws
/// judge them.
@Suite struct ReplayTests {
  private static let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(
    path: "../../Fuzz/inputs")

  private static let inputs: [(target: Target, name: String)] = Target.allCases.flatMap { target in
    let names = try? FileManager.default.contentsOfDirectory(
      atPath: directory.appending(path: target.rawValue).path)
    return (names ?? []).sorted().map { (target, $0) }
  }

  @Test(arguments: inputs) func replay(_ input: (target: Target, name: String)) throws {
    let file = Self.directory.appending(path: "\(input.target.rawValue)/\(input.name)")
    try input.target.hold(for: Array(try Data(contentsOf: file)))
  }

  /// A directory without a target would be replayed by nobody.
  @Test func everyInputHasATarget() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.directory.path)
    #expect(!names.isEmpty && names.allSatisfy { Target(rawValue: $0) != nil })
  }
}
