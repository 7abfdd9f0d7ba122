import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// What `fix --report` says is found again in the bytes.
@Suite struct ChangedRangesTests {
  private func outcome(_ bytes: [UInt8], _ options: Options = Options()) throws -> ImageScrub.Outcome {
    var options = options
    options.describesRanges = true
    return try LooseScrub(options: options).run(Bytes(bytes), FileKind.of(Bytes(bytes)), fix: true)
  }

  /// No byte differs outside of the ranges; of those that kept their place, each holds one that does.
  private func expectCovered(_ original: [UInt8], _ outcome: ImageScrub.Outcome) throws {
    let output = try #require(outcome.output).array()
    var isNamed = [Bool](repeating: false, count: output.count)
    // Of members the places are in them.
    let places =
      outcome.changes.filter { $0.place.member == nil }.map { ($0.old, $0.new) }
      + outcome.ranges.filter { $0.place.member == nil }.map { ($0.old, $0.new) }
    for (_, new) in places { for index in new ?? 0..<0 { isNamed[index] = true } }
    let stray = output.indices.first {
      !isNamed[$0] && (($0 < original.count ? original[$0] : 0) != output[$0])
    }
    #expect(stray == nil, "0x\(String(stray ?? 0, radix: 16))")
    for (old, new) in places where old == new {
      guard let new else { continue }
      #expect(new.contains { original[$0] != output[$0] }, "\(new)")
    }
    // What nobody moved is told to the byte.
    for range in outcome.ranges where range.reason == .moved {
      let (old, new) = (try #require(range.old), try #require(range.new))
      #expect(old.count == new.count && old != new)
    }
    for change in outcome.changes where change.place.member == nil {
      guard case .string(let before, let after) = change.kind, change.isInPlace, let old = change.old,
        let new = change.new
      else { continue }
      #expect(change.rule != nil && old.count == new.count)
      #expect(before.contains(String(decoding: original[old], as: UTF8.self)))
      #expect(after.contains(String(decoding: output[new], as: UTF8.self)))
    }
  }

  @Test func editsInPlaceAreToldToTheByte() throws {
    let original = try Compiler.sharedLibrary("gcc", ["-g0", "-s"])
    let outcome = try outcome(original)
    try expectCovered(original, outcome)
    let output = try #require(outcome.output).array()
    // The build-id and the roots, and nothing else.
    #expect(outcome.ranges.allSatisfy { $0.reason == .seal })
    let differing = Set(original.indices.filter { original[$0] != output[$0] })
    let named = Set(
      (outcome.changes.compactMap(\.new) + outcome.ranges.compactMap(\.new)).flatMap { Array($0) })
    #expect(differing.isSubset(of: named))
    let id = try ElfImage(Bytes(output)).buildIDs[0]
    #expect(
      named.subtracting(id).allSatisfy { place in
        outcome.changes.contains { $0.new?.contains(place) ?? false }
      })
  }

  @Test(
    arguments: ["gcc", "clang"],
    [[], ["-gdwarf-4"], ["-gz"], ["-c"], ["-Wl,-rpath,/tmp/pip-install-ab12cd34/x"]])
  func debugInfo(_ compiler: String, _ flags: [String]) throws {
    let sources =
      flags.contains("-c") ? ["part.h": Sources.header, "part.c": Sources.plain["part.c"]!] : Sources.plain
    let original = try Compiler.sharedLibrary(compiler, flags, sources: sources)
    for layout in Options.Layout.allCases {
      var options = Options()
      options.layout = layout
      options.fixRunPath = true
      try expectCovered(original, try outcome(original, options))
    }
  }

  @Test func machO() throws {
    let build = try AppleCompiler.build(.init(linkerFlags: ["-adhoc_codesign"], isLoaded: true))
    try expectCovered(build.image, try outcome(build.image))
    try expectCovered(build.archive, try outcome(build.archive))
    let universal = try AppleCompiler.universal([
      build.image, try AppleCompiler.build(.init(architecture: "x86_64")).image,
    ])
    let outcome = try outcome(universal)
    #expect(outcome.ranges.contains { $0.place.member == "arm64" && $0.reason == .seal })
    #expect(outcome.ranges.contains { $0.place.section == "slice x86_64" })
  }

  /// Nothing is described that nobody asked for.
  @Test func onlyOnDemand() throws {
    let original = try Compiler.sharedLibrary()
    let outcome = try ImageScrub(options: Options()).run(Bytes(original), fix: true)
    #expect(outcome.output != nil && outcome.ranges.isEmpty)
  }
}
