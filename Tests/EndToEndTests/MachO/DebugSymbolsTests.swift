import Foundation
import Testing

/// dSYM bundles, which dsymutil made from the objects: their DWARF, and that they are found by UUID.
@Suite(.timeLimit(.minutes(60)))
struct DebugSymbolsTests {
  @Test(arguments: MachSource.all)
  func `dSYMs of random directories become one`(_ source: MachSource) async throws {
    for product in MachProduct.all {
      let originals = try await MachBuilder.shared.builds(source).map { "\($0)/\(product.debugPath)" }
      let before = try await sha256(originals)
      #expect(Set(before).count == before.count, "\(product)")
      let fixed = try await MachBuilder.shared.fixed(source).map { "\($0)/\(product.debugPath)" }
      let hashes = try await sha256(fixed)
      #expect(Set(hashes.prefix(MachBuilder.sameLength)).count == 1, "\(product): \(hashes)")
      if !source.isLoaded { #expect(Set(hashes).count == 1, "\(product): \(hashes)") }
    }
  }

  @Test(arguments: MachSource.all)
  func `bundle and dSYM keep one UUID`(_ source: MachSource) async throws {
    let originals = try await MachBuilder.shared.builds(source)
    let fixed = try await MachBuilder.shared.fixed(source)
    for product in MachProduct.all {
      for (original, result) in zip(originals, fixed) {
        let before = try await MachJudges.uuids("\(original)/\(product.path)")
        let after = try await MachJudges.uuids("\(result)/\(product.path)")
        #expect(before.keys == after.keys && !after.isEmpty)
        for (architecture, uuid) in after { #expect(before[architecture] != uuid) }
        #expect(try await MachJudges.uuids("\(result)/\(product.debugPath)") == after, "\(product)")
      }
    }
  }

  @Test(arguments: MachSource.all)
  func `llvm-dwarfdump reads the same but for the paths`(_ source: MachSource) async throws {
    // The one whose names lose most, too.
    for index in [0, MachBuilder.sameLength] {
      let original = try await MachBuilder.shared.builds(source)[index]
      let fixed = try await MachBuilder.shared.fixed(source)[index]
      for product in MachProduct.all where product.seal == .signed {
        let pair = ("\(original)/\(product.debugPath)", "\(fixed)/\(product.debugPath)")
        try await MachJudges.verify(pair.0, pair.1)
        try await MachJudges.dwarf(pair.0, pair.1, root: "/build/cbor")
        try await MachJudges.headers([pair.1])
      }
    }
  }

  /// dsymutil's file of relocations names the bundle by its whole path.
  @Test
  func `no file of a dSYM names the directory`() async throws {
    let original = try await MachBuilder.shared.builds(MachSource())[0]
    let fixed = try await MachBuilder.shared.fixed(MachSource())[0]
    let path = "arm64-signed/town.so.dSYM/Contents/Resources/Relocations/aarch64/town.so.yml"
    #expect(try String(contentsOfFile: "\(original)/\(path)", encoding: .utf8).contains("/pip-install-"))
    #expect(try !String(contentsOfFile: "\(fixed)/\(path)", encoding: .utf8).contains("/pip-install-"))
  }

  /// A bundle whose dSYM is elsewhere still gets its new UUID, and fix says what no longer fits.
  @Test
  func `a dSYM that is fixed alone is reported`() async throws {
    let build = try await MachBuilder.shared.builds(MachSource())[0]
    let product = MachProduct.all[0]
    let alone = try Workspace.shared.scratch("alone")
    try await Tools.output(of: "cp", ["-a", "\(build)/\(product.path).dSYM", alone])
    let outcome = try await wheelscrub(["fix", "--in-place", alone])
    #expect(outcome.status != 2, "\(outcome.transcript)")
    #expect((outcome.output + outcome.errors).contains("UUID"), "\(outcome.transcript)")
  }
}
