import Foundation
import Testing

/// The checker that judges signatures: it accepts what linkers sealed and finds every flipped byte.
@Suite(.timeLimit(.minutes(60)))
struct CodeSignatureTests {
  private func builds() async throws -> [String] { try await MachBuilder.shared.builds(MachSource()) }

  @Test(arguments: MachProduct.all)
  func `what the linker sealed is valid`(_ product: MachProduct) async throws {
    let file = try await MachBytes(path: builds()[0] + "/" + product.path)
    let slices = try MachSlice.all(in: file)
    #expect(slices.count == (product.architecture == .fat ? 2 : 1))
    let faults = try CodeSignatureChecker(identifier: "town.so", isSigned: product.seal != .unsigned).faults(
      inFile: file)
    #expect(faults.isEmpty, "\(faults)")
  }

  /// Each byte of a small image, one after the other, in a way that keeps text text, and in one that does not.
  @Test(arguments: [UInt8(0x01), 0x80])
  func `each flipped byte is found`(_ flip: UInt8) async throws {
    let file = try await MachBytes(path: builds()[0] + "/x86_64-signed/town.so")
    let checker = CodeSignatureChecker(identifier: "town.so", isSigned: true)
    var accepted = [Int]()
    for offset in 0..<file.count {
      var damaged = file
      try damaged.replace(at: offset, with: [file.bytes[offset] ^ flip])
      if isAccepted(damaged, by: checker) { accepted.append(offset) }
    }
    #expect(accepted.isEmpty, "\(accepted.count) of \(file.count), such as at \(accepted.prefix(8))")
  }

  /// Every form that codesign(1) gives a signature, each page once, and each byte of the signature.
  @Test(arguments: CodeSigner.forms)
  func `each page, slot and field of every form is looked at`(_ form: CodeSigner) async throws {
    let linked = try await MachBytes(path: builds()[0] + "/arm64-signed/town.so")
    let slice = try #require(try MachSlice.all(in: form.sign(linked)).first)
    let checker = CodeSignatureChecker(identifier: try form.identifier(of: slice))
    let genuine = try checker.faults(inFile: slice.data)
    #expect(genuine.isEmpty, "\(genuine)")

    let signature = try #require(try CodeSignature(slice))
    #expect(signature.directories.map(\.pageSize) == form.directories.map(\.pageSize))
    let page = signature.directories[0].pageSize
    let pages = stride(from: page / 2, to: signature.range.lowerBound, by: page)
    // A certificate's own content is not looked into; slack is no part of the signature.
    let content = signature.blob(CodeSignature.cmsSlot)?.range.dropFirst(8) ?? 0..<0
    let sealed = (signature.range.lowerBound..<signature.slack.lowerBound).filter { !content.contains($0) }
    var accepted = [Int]()
    for offset in Array(pages) + sealed {
      var damaged = slice.data
      try damaged.replace(at: offset, with: [slice.data.bytes[offset] ^ 0x01])
      if isAccepted(damaged, by: checker) { accepted.append(offset) }
    }
    #expect(accepted.isEmpty, "\(accepted) of \(signature.range)")
  }

  @Test
  func `a signature of other bytes is not valid`() async throws {
    let outputs = try await builds()
    var file = try MachBytes(path: outputs[0] + "/arm64-signed/town.so")
    let other = try MachBytes(path: outputs[1] + "/arm64-signed/town.so")
    let slices = (try MachSlice.all(in: file)[0], try MachSlice.all(in: other)[0])
    let (own, foreign) = (
      try #require(try slices.0.signatureRange()), try #require(try slices.1.signatureRange())
    )
    #expect(own == foreign)
    try file.replace(at: own.lowerBound, with: Array(other[foreign]))
    let faults = try CodeSignatureChecker().faults(inFile: file)
    #expect(faults.contains { $0.contains("page ") }, "\(faults)")
  }

  private func isAccepted(_ file: MachBytes, by checker: CodeSignatureChecker) -> Bool {
    do { return try checker.faults(inFile: file).isEmpty } catch { return false }
  }
}
