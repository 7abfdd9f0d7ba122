import Testing

@testable import Formats
@testable import ScrubKit

/// dSYM bundles: their DWARF goes the way of ELF's, and their UUID stays that of the image.
@Suite struct BundleTests {
  private func build(_ flags: [String], long: Bool = false) throws -> AppleCompiler.Output {
    var settings = AppleCompiler.Settings(compilerFlags: flags, dSYM: true)
    if long { settings.temporary = AppleCompiler.Settings.long }
    return try AppleCompiler.build(settings)
  }

  private func together(_ files: [[UInt8]]) throws -> [ImageScrub.Outcome] {
    try UniversalScrub(options: Options()).run(
      files.map { Part(bytes: Bytes($0), options: Options(), companions: LinkedFiles(hasImage: true)) },
      fix: true)
  }

  private func uuid(_ file: [UInt8]) throws -> String {
    let text = try AppleCompiler.ask("llvm-dwarfdump", ["--uuid"], about: file)
    return String(text.split(separator: " ")[1])
  }

  @Test(arguments: ["-gdwarf-2", "-gdwarf-4", "-gdwarf-5"])
  func oneBundleFromThreeDirectories(_ version: String) throws {
    var outputs: Set<[UInt8]> = []
    for long in [false, false, true] {
      let input = try build([version], long: long)
      let outcomes = try together([input.dSYM, input.image])
      #expect(outcomes.flatMap(\.notes).isEmpty)
      #expect(outcomes[0].findings.contains { $0.context?.contains("DW_AT_comp_dir") ?? false })
      let (dSYM, image) = (
        try #require(outcomes[0].output).array(), try #require(outcomes[1].output).array()
      )
      #expect(try uuid(dSYM) == uuid(image))
      #expect(try uuid(dSYM) != uuid(input.dSYM))
      let verified = try AppleCompiler.ask("llvm-dwarfdump", ["--verify"], about: dSYM)
      #expect(verified.contains("No errors."))
      // A name is found through the accelerator tables, which hold string offsets, too.
      let found = try AppleCompiler.ask("llvm-dwarfdump", ["--find=part"], about: dSYM)
      #expect(found.contains("DW_AT_name\t(\"part\")"))
      outputs.insert(dSYM)
    }
    #expect(outputs.count == 1)
  }

  @Test func anUnchangedSideGetsTheNewIdentifierToo() throws {
    let input = try build([])
    // A bundle without a leak: of an image that was fixed and whose bundle was made again.
    let clean = try #require(try ImageScrub(options: Options()).run(Bytes(input.dSYM), fix: true).output)
    let outcomes = try together([input.image, clean.array()])
    #expect(outcomes[1].findings.isEmpty)
    let dSYM = try #require(outcomes[1].output).array()
    #expect(try uuid(dSYM) == uuid(try #require(outcomes[0].output).array()))
  }

  @Test func aloneItKeepsItsIdentifierAndSaysSo() throws {
    let input = try build([])
    let outcome = try ImageScrub(options: Options()).run(Bytes(input.dSYM), fix: true)
    #expect(try uuid(try #require(outcome.output).array()) == uuid(input.dSYM))
    #expect(outcome.notes.contains { $0.message.contains("give both to the same fix") })
  }

  @Test func relationsFindTheBundleByItsIdentifier() throws {
    let (one, other) = (try build([]), try build([]))
    let files = [one.image, other.dSYM, one.dSYM, other.image, one.image].map { LinkFacts(Bytes($0)) }
    let relations = Relations(files.enumerated().map { ("\($0)", $1) }) { _ in nil }
    #expect(relations.clusters == [[0, 2, 4], [1, 3]])
  }

  @Test(arguments: ["-gdwarf-4", "-gdwarf-5"]) func objectsAndArchives(_ version: String) throws {
    func fixed(_ bytes: [UInt8]) throws -> ImageScrub.Outcome {
      try LooseScrub(options: Options()).run(Bytes(bytes), FileKind.of(Bytes(bytes)), fix: true)
    }
    let inputs = try (0..<2).map { _ in try build([version]) }
    for files in [inputs.map(\.object), inputs.map(\.archive)] {
      let outcomes = try files.map(fixed)
      #expect(outcomes.allSatisfy { $0.notes.allSatisfy(\.isDetail) && !$0.findings.isEmpty })
      let outputs = try outcomes.map { try #require($0.output).array() }
      #expect(outputs[0] == outputs[1])
      #expect(try AppleCompiler.ask("llvm-dwarfdump", ["--verify"], about: outputs[0]).contains("No errors."))
      let paths = try AppleCompiler.ask("llvm-dwarfdump", ["--debug-info"], about: outputs[0])
      #expect(paths.contains("(\"/build/demo/"))
    }
  }

  @Test func relocationMapsNameTheImageAnew() throws {
    let text = """
      ---
      triple:          'arm64-apple-darwin'
      binary-path:     '/private/tmp/pip-install-0hd9c5me/cbor_0123456789abcdef0123456789abcdef/_cbor.so'
      relocations:     []
      ...

      """
    let bytes = Bytes(Array(text.utf8))
    #expect(FileKind.of(bytes) == .relocationMap)
    let outcome = try LooseScrub(options: Options()).run(bytes, FileKind.of(bytes), fix: true)
    let output = String(decoding: try #require(outcome.output).array(), as: UTF8.self)
    #expect(output.contains("binary-path:     '/build/cbor/_cbor.so'\n"))
    #expect(output.hasSuffix("...\n"))
  }
}
