import Testing

@testable import Formats
@testable import ScrubKit

/// Builds of one source in different directories become one file.
@Suite struct MachOScrubTests {
  /// Architecture, linker flags.
  static let variants: [(String, [String])] = ["arm64", "x86_64"].flatMap { architecture in
    [[], ["-fixup_chains"], ["-adhoc_codesign"], ["-no_adhoc_codesign"]].map { (architecture, $0) }
  }

  private func fixed(_ bytes: [UInt8], _ options: Options = Options()) throws -> ImageScrub.Outcome {
    try LooseScrub(options: options).run(Bytes(bytes), FileKind.of(Bytes(bytes)), fix: true)
  }

  private func image(
    _ architecture: String, _ flags: [String] = [], long: Bool = false, loaded: Bool = false
  ) throws -> [UInt8] {
    var settings = AppleCompiler.Settings(architecture: architecture, linkerFlags: flags, isLoaded: loaded)
    if long { settings.temporary = AppleCompiler.Settings.long }
    return try AppleCompiler.build(settings).image
  }

  @Test(arguments: variants) func oneFileFromThreeDirectories(
    _ architecture: String, _ flags: [String]
  ) throws {
    var outputs: Set<[UInt8]> = []
    for long in [false, false, true] {
      let outcome = try fixed(try image(architecture, flags, long: long))
      let output = try #require(outcome.output)
      outputs.insert(output.array())
      #expect(outcome.notes.isEmpty)
      #expect(outcome.findings.allSatisfy { $0.fate == .rebuilt })
      // A second time there is nothing to do.
      #expect(try fixed(output.array()).output == nil)
    }
    #expect(outputs.count == 1)
    let names = try AppleCompiler.ask("llvm-nm", ["-a"], about: outputs.first!)
    #expect(names.contains("/build/demo/part.c"))
    #expect(names.contains("/build/demo/libpart.a(part.o)"))
    // The times of object files are gone.
    let times = names.split(separator: "\n").filter { $0.contains(" OSO ") || $0.contains(".o") }
    #expect(times.count == 2 && times.allSatisfy { $0.hasPrefix("0000000000000000") })
  }

  @Test func loadedPathsKeepTheirLength() throws {
    let outputs = try [false, false, true].map { long in
      try #require(try fixed(try image("arm64", long: long, loaded: true)).output).array()
    }
    #expect(outputs[0] == outputs[1])
    #expect(outputs[0] != outputs[2])
    let strings = try AppleCompiler.ask("llvm-strings", ["-a"], about: outputs[0])
    #expect(strings.contains("/build/demo//////"))
  }

  @Test func slicesOfAUniversalBinary() throws {
    for flags in [[], ["-fat64"]] {
      let outputs = try [false, false, true].map { long in
        let slices = try ["arm64", "x86_64"].map { try image($0, ["-adhoc_codesign"], long: long) }
        let outcome = try fixed(try AppleCompiler.universal(slices, flags))
        #expect(Set(outcome.findings.compactMap(\.place.member)) == ["arm64", "x86_64"])
        return try #require(outcome.output).array()
      }
      #expect(Set(outputs).count == 1)
      let binary = try UniversalBinary(Bytes(outputs[0]))
      #expect(binary.is64 == !flags.isEmpty)
      for slice in binary.slices {
        try SignatureVerifier.verify(try MachOImage(Bytes(outputs[0])[slice.range]))
      }
      #expect(try AppleCompiler.ask("llvm-lipo", ["-archs"], about: outputs[0]).contains("arm64"))
    }
  }

  @Test func withoutBuildRootsNothingChanges() throws {
    // Without its debug map: but LC_UUID still differs, and stays.
    let image = try image("arm64", ["-S"])
    #expect(try fixed(image).output == nil)
  }

  @Test func layoutSlotKeepsThePlaceOfEverything() throws {
    var options = Options()
    options.layout = .slot
    let inputs = try (0..<2).map { _ in try image("arm64") }
    let outputs = try inputs.map { try #require(try fixed($0, options).output).array() }
    #expect(outputs[0] == outputs[1])
    #expect(outputs[0].count == inputs[0].count)
    #expect(
      try MachOImage(Bytes(outputs[0])).symbolTable?.strings
        == MachOImage(Bytes(inputs[0])).symbolTable?.strings)
  }

  @Test func theDebugMapCanGo() throws {
    var options = Options()
    options.dropDebugMap = true
    // Calls of a function that somebody else defines go through a stub, which counts symbols.
    for (architecture, flags) in Self.variants {
      let outputs = try [false, true].map { long in
        try #require(try fixed(try image(architecture, flags, long: long), options).output).array()
      }
      #expect(outputs[0] == outputs[1])
      let names = try AppleCompiler.ask("llvm-nm", ["-a"], about: outputs[0])
      #expect(!names.contains("/build") && names.contains("_part") && names.contains("_counter"))
      let before = try MachOImage(Bytes(try image(architecture, flags)))
      let after = try MachOImage(Bytes(outputs[0]))
      func stubs(_ image: MachOImage) throws -> [String] {
        let symbols = try image.symbols()
        return image.indirectSymbols.map { index in
          String(decoding: image.name(of: symbols[index])?.array() ?? [], as: UTF8.self)
        }
      }
      #expect(try stubs(before) == stubs(after))
      #expect(try after.symbols().count == before.symbols().filter { !$0.isStab }.count)
    }
  }
}
