import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// `clang x.c -o x.dylib`, which compiles and links in one step: the debug map names the object between the two, a file
/// with a random name in the directory for temporary files itself.
@Suite struct OneStepLinkTests {
  private let scratch = Scratch()

  /// Below the scratch directory, which all builds of a test share.
  private static let short = "private/var/folders/7h/p30z_ty15012pf_3dyxbs9340000gn/T"
  private static let others = [short, "private/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T", "tmp"]

  /// The image, and the file in the dSYM bundle that clang has dsymutil make of it.
  private func build(_ temporary: String, _ architecture: String) throws -> (image: [UInt8], dSYM: [UInt8]) {
    _ = scratch.file("work/x.c", Array("int f(int x) { return x + 1; }\n".utf8))
    _ = scratch.file("\(temporary)/.keep")
    _ = scratch.file("bin/.keep")
    let dsymutil = "\(scratch.path)/bin/dsymutil"
    if !FileManager.default.fileExists(atPath: dsymutil) {
      try FileManager.default.createSymbolicLink(
        atPath: dsymutil, withDestinationPath: "/usr/bin/" + AppleCompiler.tool("dsymutil"))
    }
    try Compiler.run(
      "env",
      [
        "TMPDIR=\(scratch.path)/\(temporary)", "ZERO_AR_DATE=0", "clang", "-target",
        "\(architecture)-apple-macos11", "-mlinker-version=907", "-g", "-nostdlib", "-dynamiclib",
        "-B\(scratch.path)/bin", "--ld-path=/usr/bin/" + AppleCompiler.tool("ld64.lld"),
        "-Wl,-install_name,@rpath/x.dylib", "x.c", "-o", "x.dylib",
      ], in: scratch.url.appending(path: "work"))
    return (
      scratch.read("work/x.dylib"), scratch.read("work/x.dylib.dSYM/Contents/Resources/DWARF/x.dylib")
    )
  }

  private func objects(_ image: [UInt8]) throws -> [Substring] {
    try AppleCompiler.ask("llvm-nm", ["-ap"], about: image).split(separator: "\n")
      .filter { $0.contains(" OSO ") }.compactMap { $0.split(separator: " ").last }
  }

  @Test(arguments: ["arm64", "x86_64"]) func oneFileFromThreeDirectories(_ architecture: String) throws {
    var results: Set<[[UInt8]]> = []
    for temporary in Self.others {
      let input = try build(temporary, architecture)
      #expect(try objects(input.image)[0].hasPrefix("\(scratch.path)/\(temporary)/x-"))
      let outcomes = try UniversalScrub(options: Options()).run(
        [input.image, input.dSYM].map {
          Part(bytes: Bytes($0), options: Options(), companions: LinkedFiles(hasImage: true))
        }, fix: true)
      #expect(outcomes.flatMap(\.notes).isEmpty, "\(outcomes.flatMap(\.notes))")
      #expect(!outcomes[0].findings.isEmpty && outcomes[0].findings.allSatisfy { $0.rule.code == "BP117" })
      // Whoever wants no name at all of an object that is gone.
      #expect(outcomes[0].findings.allSatisfy { $0.cure.contains("--drop-debug-map") })
      let image = try #require(outcomes[0].output).array()
      // The bundle names no object, but it has the image's UUID.
      let dSYM = outcomes[1].output?.array() ?? input.dSYM
      #expect(try objects(image) == ["/build/x"])
      results.insert([image, dSYM])
    }
    #expect(results.count == 1)
    let uuids = try results.first.map {
      try $0.map { try AppleCompiler.ask("llvm-dwarfdump", ["--uuid"], about: $0) }
    }
    #expect(Set(uuids ?? []).count == 1)
  }
}
