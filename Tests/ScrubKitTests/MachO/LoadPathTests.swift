import BuildRoots
import Testing

@testable import Formats
@testable import ScrubKit

/// Rule BP401 for Mach-O: what dyld follows.
@Suite struct LoadPathTests {
  private func scrub(_ bytes: [UInt8], remove: Bool) throws -> ImageScrub.Outcome {
    var options = Options()
    options.fixRunPath = remove
    return try ImageScrub(options: options).run(Bytes(bytes), fix: true)
  }

  private func library() throws -> AppleCompiler.Output {
    try AppleCompiler.build(
      .init(
        linkerFlags: [
          "-install_name", "$ROOT/libdemo.dylib", "-rpath", "@loader_path", "-rpath", "$ROOT/lib",
          "-rpath", "/opt/lib", "-headerpad", "400",
        ], kind: "-dylib"))
  }

  private func commands(_ bytes: [UInt8]) throws -> String {
    try AppleCompiler.ask("llvm-objdump", ["--macho", "--private-headers"], about: bytes)
  }

  @Test func runPathsStayAndNamesBecomeStable() throws {
    let library = try library()
    let outcome = try scrub(library.image, remove: false)
    let paths = outcome.findings.filter { $0.rule == .runPath }
    #expect(paths.map(\.context) == ["LC_RPATH", "LC_ID_DYLIB"])
    #expect(paths.map(\.isFixable) == [false, true])
    #expect(paths.allSatisfy { $0.rule.severity == .error })
    let output = try #require(outcome.output).array()
    let text = try commands(output)
    #expect(text.contains("path \(library.root)/lib"))
    #expect(!text.contains("name \(library.root)"))
    #expect(text.contains("/libdemo.dylib (offset"))
    try SignatureVerifier.verify(try MachOImage(Bytes(output)))
  }

  @Test func runPathsCanGo() throws {
    let library = try library()
    let outcome = try scrub(library.image, remove: true)
    #expect(outcome.findings.filter { $0.fate == .removed }.map(\.context) == ["LC_RPATH"])
    let output = try #require(outcome.output).array()
    let text = try commands(output)
    #expect(!text.contains("\(library.root)/lib ("))
    #expect(text.contains("path @loader_path") && text.contains("path /opt/lib"))
    let (before, after) = (try MachOImage(Bytes(library.image)), try MachOImage(Bytes(output)))
    #expect(after.commands.count == before.commands.count - 1)
    #expect(
      outcome.changes.contains { $0.kind == .runPath(before: "\(library.root)/lib", after: nil) })
    #expect(outcome.findings.allSatisfy { $0.isFixable })
    try SignatureVerifier.verify(after)
  }
}
