import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// What `diff` says of Mach-O files.
@Suite struct MachOCauseTests {
  private func compare(_ one: [UInt8], _ other: [UInt8]) throws -> [Difference] {
    let scratch = Scratch()
    return Comparison(Options()).run(scratch.file("one", one), scratch.file("other", other)).differences
  }

  private func image(long: Bool = false, loaded: Bool = false) throws -> [UInt8] {
    var settings = AppleCompiler.Settings(isLoaded: loaded)
    if long { settings.temporary = AppleCompiler.Settings.long }
    return try AppleCompiler.build(settings).image
  }

  @Test func everythingThatADirectoryLeavesHasAName() throws {
    let differences = try compare(try image(), try image())
    #expect(Set(differences.map(\.cause)) == [.uuid, .codeSignature, .buildRoot, .objectTime])
    #expect(differences.allSatisfy { $0.isFixed })
  }

  @Test func longerNamesMoveTheEnd() throws {
    let differences = try compare(try image(), try image(long: true))
    #expect(!differences.map(\.cause).contains(.unknown))
    #expect(differences.map(\.cause).contains(.stringOffsets))
    #expect(differences.allSatisfy { $0.isFixed })
    let root = try #require(differences.first { $0.cause == .buildRoot })
    #expect(root.consequences.flatMap(\.places).contains("LC_SYMTAB"))
  }

  @Test func longerLoadedNamesRemain() throws {
    let differences = try compare(try image(loaded: true), try image(long: true, loaded: true))
    #expect(!differences.map(\.cause).contains(.unknown))
    #expect(differences.filter { !$0.isFixed }.map(\.cause) == [.pathLength])
  }

  @Test func slicesAreNamed() throws {
    func universal() throws -> [UInt8] {
      try AppleCompiler.universal([
        try image(), try AppleCompiler.build(.init(architecture: "x86_64")).image,
      ])
    }
    let differences = try compare(try universal(), try universal())
    #expect(Set(differences.compactMap(\.place.member)) == ["arm64", "x86_64"])
    #expect(differences.allSatisfy { $0.isFixed })
  }
}
