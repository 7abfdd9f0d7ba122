import Foundation
import Testing

/// Signatures as codesign(1) makes them, put on bundles that lld linked.
@Suite(.timeLimit(.minutes(60)))
struct SignatureFormTests {
  /// The arm64 bundle of each directory of one length, with a signature of this form.
  private func signed(_ form: CodeSigner, _ source: MachSource) async throws -> [String] {
    var results = [String]()
    for build in try await MachBuilder.shared.builds(source).prefix(MachBuilder.sameLength) {
      let path = try Workspace.shared.scratch("signed") + "/town.so"
      try form.sign(MachBytes(path: build + "/arm64-signed/town.so")).write(to: path)
      results.append(path)
    }
    return results
  }

  @Test(arguments: CodeSigner.forms, [MachSource(), MachSource(isLoaded: true)])
  func `every form is sealed again in its own way`(_ form: CodeSigner, _ source: MachSource) async throws {
    let originals = try await signed(form, source)
    let fixed = try await originals.fixed()
    let hashes = try await sha256(fixed.map(\.fixed))
    #expect(Set(hashes).count == 1, "\(hashes)")

    try MachJudges.signatures(fixed[0].fixed, isSigned: true)
    let before = try #require(try MachSlice.all(in: fixed[0].original).first)
    let after = try #require(try MachSlice.all(in: fixed[0].fixed).first)
    let (old, new) = (try #require(try CodeSignature(before)), try #require(try CodeSignature(after)))
    #expect(new.blobs.map(\.slot) == old.blobs.map(\.slot))
    #expect(new.directories.map(\.hash) == old.directories.map(\.hash))
    #expect(new.directories.map(\.pageSize) == old.directories.map(\.pageSize))
    #expect(new.directories.map(\.flags) == old.directories.map(\.flags))
    let name = try form.identifier(of: after)
    #expect(new.directories.allSatisfy { $0.identifier.lowercased() == name.lowercased() })
    // Requirements and entitlements are what they were.
    for (a, b) in zip(old.blobs, new.blobs) where a.magic != 0xfade_0c02 {
      #expect(try before.data[a.range] == after.data[b.range])
    }
  }

  @Test
  func `a certificate's signature is refused, and no byte changes`() async throws {
    let original = try await signed(.certified, MachSource())[0]
    let hash = try await sha256(original)
    let output = try Workspace.shared.scratch("refused")
    for arguments in [["-w", output], ["--in-place"]] {
      let outcome = try await wheelscrub(["fix"] + arguments + [original])
      #expect(outcome.status == 1, "\(outcome.transcript)")
      #expect(outcome.output.contains("--resign adhoc"), "\(outcome.transcript)")
    }
    #expect(try await sha256([original, output + "/town.so"]) == [hash, hash])
    let check = try await wheelscrub(["check", original])
    #expect(check.status == 1, "\(check.transcript)")
  }

  @Test
  func `a certificate's signature becomes an ad hoc one where asked for`() async throws {
    let originals = try await signed(.certified, MachSource())
    let fixed = try await originals.fixed(["--resign", "adhoc"])
    #expect(Set(try await sha256(fixed.map(\.fixed))).count == 1)
    try MachJudges.signatures(fixed[0].fixed, isSigned: true, identifier: "town.so")
    let slice = try #require(try MachSlice.all(in: fixed[0].fixed).first)
    let signature = try #require(try CodeSignature(slice))
    #expect(!signature.isByCertificate)
    for directory in signature.directories {
      #expect(directory.flags == CodeDirectory.adHoc && directory.team == nil)
    }
    let entitlements = try #require(signature.blob(5))
    #expect(try Array(slice.data[entitlements.range].dropFirst(8)) == CodeSigner.certified.entitlements)
  }
}
