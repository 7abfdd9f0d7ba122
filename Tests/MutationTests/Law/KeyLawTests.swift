import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// The law of keys, over seeded changes of eight kinds to all kinds of files.
///
/// Level `full`: two keys that are not raw are equal if and only if `fix` writes equal bytes. Level `runtime`: what a
/// loader or the program can see of what `fix` writes is the same where the keys are.
@Suite struct KeyLawTests {
  /// Changes of each kind; 18 files, 8 kinds: 2,160 in all.
  private static let times = 15

  private struct Outcome {
    var output: [UInt8]
    var full: String
    /// Nil where it is raw, or of level `full`.
    var runtime: String?
  }

  /// What `fix` writes, and the keys; nil where `fix` refuses the file, or its key is raw.
  private func outcome(of bytes: [UInt8], _ scratch: Scratch, _ comment: String) -> Outcome? {
    _ = scratch.file("changed", bytes)
    let report = Scrub(Options()).fix(scratch.input("changed"), to: .file(scratch.path + "/fixed"))
    let full = scratch.keys(["changed"])[0]
    let runtime = scratch.keys(["changed"], .runtime)[0]
    // Whoever cannot fix a file has no key of it either.
    #expect(
      report.errors.isEmpty == full.errors.isEmpty && full.errors.isEmpty == runtime.errors.isEmpty,
      "\(comment)")
    guard report.errors.isEmpty else { return nil }
    defer { try? FileManager.default.removeItem(atPath: scratch.path + "/fixed") }
    guard let key = full.key, !full.isRaw else { return nil }
    return Outcome(
      output: scratch.read("fixed"), full: key.description,
      runtime: runtime.isRaw || runtime.level == .full ? nil : runtime.key?.description)
  }

  @Test(arguments: LawFixture.names.indices) func law(_ index: Int) throws {
    let name = LawFixture.names[index]
    let input = try LawFixture.bytes(name)
    let scratch = Scratch()
    var generator = Generator(seed: UInt64(index) + 4711)
    var outputs: [String: [UInt8]] = [:]
    var keys: [[UInt8]: String] = [:]
    var views: [String: VisibilityJudge] = [:]
    var (same, different, refused) = (0, 0, 0)

    func judge(_ bytes: [UInt8], _ comment: String) {
      guard let outcome = outcome(of: bytes, scratch, comment) else {
        refused += 1
        return
      }
      // One key, one output.
      let digest = Digest.of(Bytes(outcome.output), .sha256)
      if let known = outputs[outcome.full] {
        same += 1
        #expect(known == digest, "one key, two outputs: \(comment)")
      } else {
        different += 1
      }
      outputs[outcome.full] = digest
      #expect(keys[digest] == nil || keys[digest] == outcome.full, "one output, two keys: \(comment)")
      keys[digest] = outcome.full
      // One key, one sight.
      guard let key = outcome.runtime, let view = VisibilityJudge(outcome.output) else { return }
      if let known = views[key] {
        #expect(known == view, "\(comment): one key, but \(known.difference(from: view)) differ")
      }
      views[key] = view
    }

    judge(input, "\(name), unchanged")
    for kind in LawChange.allCases {
      for number in 0..<Self.times {
        judge(kind.applied(to: input, using: &generator), "\(name), \(kind) \(number)")
      }
    }
    #expect(
      different > 1 || LawFixture.raw.contains(name), "\(different) different, \(refused) refused")
    #expect(same + different + refused == 1 + 8 * Self.times)
  }

  /// The judge itself sees what it has to: a test that cannot fail shows nothing.
  @Test func theJudgeSees() throws {
    let input = try LawFixture.bytes("gcc")
    let image = try ElfImage(Bytes(input))
    let view = try #require(VisibilityJudge(input))
    func changed(_ place: Int?) throws -> VisibilityJudge? {
      var bytes = input
      bytes[try #require(place)] ^= 1
      return VisibilityJudge(bytes)
    }
    func start(_ name: String) -> Int? { image.section(named: name)?.fileRange?.lowerBound }
    for name in [".text", ".dynamic", ".comment", ".eh_frame"] {
      #expect(try changed(start(name)) != view, "\(name)")
    }
    for name in [".debug_info", ".debug_str", ".symtab", ".strtab"] {
      #expect(try changed(start(name)) == view, "\(name)")
    }
    #expect(try changed(image.buildIDs.first?.lowerBound) == view)
    #expect(VisibilityJudge(input + [0]) != view)
  }
}
