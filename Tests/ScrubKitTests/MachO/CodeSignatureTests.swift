import Testing

@testable import Formats
@testable import ScrubKit

/// Signatures of every kind that published wheels have.
@Suite struct CodeSignatureTests {
  private func image(long: Bool = false) throws -> [UInt8] {
    var settings = AppleCompiler.Settings(linkerFlags: ["-adhoc_codesign"])
    if long { settings.temporary = AppleCompiler.Settings.long }
    return try AppleCompiler.build(settings).image
  }

  private func fixed(_ bytes: [UInt8], resign: Options.Resign = .never) throws -> ImageScrub.Outcome {
    var options = Options()
    options.resign = resign
    return try LooseScrub(options: options).run(Bytes(bytes), FileKind.of(Bytes(bytes)), fix: true)
  }

  private func signature(_ bytes: [UInt8]) throws -> CodeSignature {
    let image = try MachOImage(Bytes(bytes))
    try SignatureVerifier.verify(image)
    return try #require(try image.readSignature())
  }

  static let kinds: [AppleSigner] = [
    AppleSigner(),
    AppleSigner(directories: [.init(hash: AppleSigner.sha1), .init()], slack: 18_000),
    AppleSigner(directories: [.init(pageShift: 14)], slack: 5),
    AppleSigner(
      directories: [.init(hash: AppleSigner.sha1), .init(), .init(hash: AppleSigner.sha384, pageShift: 0)],
      entitlements: Array("<plist/>".utf8)),
    AppleSigner(directories: [.init(hash: (3, 20, .sha256))], cms: nil),
  ]

  @Test(arguments: kinds.indices) func everyDirectoryIsTrueAgain(_ kind: Int) throws {
    let signer = Self.kinds[kind]
    var outputs: Set<[UInt8]> = []
    for long in [false, false, true] {
      let input = try signer.sign(try image(long: long))
      let outcome = try fixed(input)
      #expect(outcome.notes.isEmpty)
      let output = try #require(outcome.output).array()
      let (before, after) = (try CodeSignature(signatureBytes(input)), try signature(output))
      #expect(after.directories.map(\.flags) == before.directories.map(\.flags))
      #expect(after.directories.map(\.hashType) == before.directories.map(\.hashType))
      #expect(after.directories.map(\.pageSize) == before.directories.map(\.pageSize))
      #expect(after.blobs.map(\.slot) == before.blobs.map(\.slot))
      #expect(
        after.directories.allSatisfy {
          $0.codeLimit == UInt64(try! MachOImage(Bytes(output)).signature!.range.lowerBound)
        }
      )
      outputs.insert(output)
    }
    #expect(outputs.count == 1)
  }

  private func signatureBytes(_ bytes: [UInt8]) throws -> Bytes {
    let range = try #require(try MachOImage(Bytes(bytes)).signature).range
    return Bytes(Array(bytes[range]))
  }

  @Test func inPlaceNothingMovesAndTheSlackIsCleared() throws {
    let signer = AppleSigner(directories: [.init(hash: AppleSigner.sha1), .init()], slack: 1000)
    let input = try signer.sign(try image())
    var options = Options()
    options.layout = .slot
    let output = try #require(try ImageScrub(options: options).run(Bytes(input), fix: true).output).array()
    #expect(output.count == input.count)
    let after = try signature(output)
    #expect(after.bytes.count - after.length >= 1000)
  }

  /// codesign(1) makes the UUID a part of the name, in a universal binary that of one slice in all names.
  @Test func namesThatHoldTheIdentifierFollowIt() throws {
    func build(long: Bool) throws -> [UInt8] {
      let slices = try ["arm64", "x86_64"].map { architecture in
        var settings = AppleCompiler.Settings(architecture: architecture, linkerFlags: ["-adhoc_codesign"])
        if long { settings.temporary = AppleCompiler.Settings.long }
        return try AppleCompiler.build(settings).image
      }
      let uuid = Bytes(try #require(try MachOImage(Bytes(slices[1])).uuid)).hex
      let signer = AppleSigner(identifier: "_demo-55554944\(uuid)")
      return try AppleCompiler.universal(try slices.map(signer.sign))
    }
    let outputs = try [false, false, true].map { try #require(try fixed(try build(long: $0)).output).array() }
    #expect(Set(outputs).count == 1)
    let binary = try UniversalBinary(Bytes(outputs[0]))
    let uuids = try binary.slices.map { try MachOImage(Bytes(outputs[0])[$0.range]).uuid }
    let names = try binary.slices.map { slice in
      let signature = try signature(Bytes(outputs[0])[slice.range].array())
      return String(decoding: signature.bytes[signature.directories[0].identifier].array(), as: UTF8.self)
    }
    let x86 = try #require(binary.slices.firstIndex { $0.name == "x86_64" })
    #expect(names == [String](repeating: "_demo-55554944\(Bytes(try #require(uuids[x86])).hex)", count: 2))
  }

  @Test func aKeysSignatureStaysUnlessAskedFor() throws {
    let signer = AppleSigner(
      directories: [
        .init(hash: AppleSigner.sha1, flags: 0x10000, team: "ABCDE12345"),
        .init(flags: 0x10000, team: "ABCDE12345"),
      ],
      entitlements: Array("<plist/>".utf8), cms: [UInt8](repeating: 0x30, count: 3000))
    let refused = try fixed(try signer.sign(try image()))
    #expect(refused.output == nil)
    #expect(!refused.findings.isEmpty)
    #expect(
      refused.findings.allSatisfy {
        if case .left(let reason) = $0.fate { reason.contains("--resign adhoc") } else { false }
      })

    let outputs = try [false, false, true].map { long in
      try #require(try fixed(try signer.sign(try image(long: long)), resign: .adHoc).output).array()
    }
    #expect(Set(outputs).count == 1)
    let after = try signature(outputs[0])
    #expect(!after.hasIdentity)
    #expect(after.directories.map(\.flags) == [0x2])
    #expect(after.blobs.map(\.slot) == [0, 2, 5, 0x10000])
    #expect(
      after.bytes.string(at: UInt64(after.directories[0].identifier.lowerBound)) == Bytes(Array("_demo".utf8))
    )
  }

  @Test func aFlippedByteIsFound() throws {
    let output = try #require(try fixed(try image()).output).array()
    let limit = try #require(try MachOImage(Bytes(output)).signature).range.lowerBound
    // Load commands say where the signature is; bytes behind them are only hashed.
    for position in stride(from: 4096, to: limit, by: 997) {
      var broken = output
      broken[position] ^= 1
      #expect(throws: ScrubError.self) { try SignatureVerifier.verify(try MachOImage(Bytes(broken))) }
    }
  }
}
