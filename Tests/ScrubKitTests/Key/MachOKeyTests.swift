import BuildRoots
import Testing

@testable import Formats
@testable import ScrubKit

/// Keys of files for macOS.
@Suite struct MachOKeyTests {
  private let scratch = Scratch()

  private func build(_ name: String, _ settings: AppleCompiler.Settings) throws {
    var settings = settings
    settings.dSYM = true
    let output = try AppleCompiler.build(settings)
    _ = scratch.file("\(name)/x.so", output.image)
    _ = scratch.file("\(name)/x.so.dSYM/Contents/Resources/DWARF/x.so", output.dSYM)
    _ = scratch.file("\(name)/x.o", output.object)
    _ = scratch.file("\(name)/libx.a", output.archive)
    _ = scratch.file("\(name)/fat.so", try AppleCompiler.universal([output.image]))
  }

  @Test(arguments: [
    ("arm64", ["-adhoc_codesign"]), ("x86_64", ["-fixup_chains"]), ("x86_64", []),
    ("arm64", ["-no_adhoc_codesign"]),
  ])
  func buildsOfTwoDirectoriesHaveOneKey(_ architecture: String, _ flags: [String]) throws {
    let settings = AppleCompiler.Settings(architecture: architecture, linkerFlags: flags)
    for name in ["a", "b"] { try build(name, settings) }
    for level in KeyLevel.allCases {
      for file in ["x.so", "fat.so", "x.o", "libx.a"] {
        #expect(try scratch.key("a/" + file, level) == scratch.key("b/" + file, level), "\(file)")
      }
      #expect(try scratch.key("a", level) == scratch.key("b", level))
    }
    #expect(scratch.keys(["a/x.so", "a/fat.so"], .runtime).allSatisfy { $0.level == .runtime })
    // Without the image the bundle keeps a UUID that follows from the directory.
    #expect(scratch.keys(["a/x.so.dSYM"])[0].isRaw)
    try scratch.expectKeysSurviveFix("a")
  }

  /// Stabs, and what was made of all bytes: UUID and signature.
  @Test(arguments: [("arm64", ["-adhoc_codesign"]), ("x86_64", ["-fixup_chains"]), ("x86_64", [])])
  func debugInfoCountsOnlyInFull(_ architecture: String, _ flags: [String]) throws {
    try build("a", AppleCompiler.Settings(architecture: architecture, linkerFlags: flags))
    try build("b", AppleCompiler.Settings(architecture: architecture, linkerFlags: flags + ["-S"]))
    #expect(try scratch.key("a/x.so", .runtime) == scratch.key("b/x.so", .runtime))
    #expect(try scratch.key("a/x.so") != scratch.key("b/x.so"))
    try build(
      "c",
      AppleCompiler.Settings(
        architecture: architecture, compilerFlags: ["-Darea=region"], linkerFlags: flags, isLoaded: true))
    for level in KeyLevel.allCases {
      #expect(try scratch.key("a/x.so", level) != scratch.key("c/x.so", level))
    }
  }

  /// Of a file that `fix` leaves as it is every byte counts: whoever builds it anew gets other times.
  @Test func timesOfObjectFilesCountWhereFixLeavesThem() throws {
    let output = try AppleCompiler.build(AppleCompiler.Settings(linkerFlags: ["-adhoc_codesign"]))
    var options = Options()
    // No root is one, so nothing changes.
    options.policy = try Policy(RuleSelection(select: ["RC"]))
    let image = try MachOImage(Bytes(output.image))
    let table = try #require(image.symbolTable)
    let symbols = try image.symbols()
    var bytes = output.image
    for (index, symbol) in symbols.enumerated() where symbol.hasTime && symbol.value != 0 {
      bytes[table.symbols.lowerBound + index * image.symbolSize + 8] ^= 0x55
    }
    #expect(bytes != output.image)
    _ = scratch.file("a.so", output.image)
    _ = scratch.file("b.so", bytes)
    #expect(
      scratch.keys(["a.so"], options: options)[0].key != scratch.keys(["b.so"], options: options)[0].key)
    // With a root in it the times go, and the seals are made anew.
    #expect(try scratch.key("a.so") == scratch.key("b.so"))
  }
}
