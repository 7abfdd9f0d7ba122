import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Flips, cuts and splices of Mach-O files, through the whole way from file to file: an error or a result, never a
/// trap or a hang; and on an error nothing is written.
@Suite struct MachMutationTests {
  /// Bundles, signed and with chained fixups, both in one, and what dsymutil makes.
  static let fixtures = ["arm64.so", "x86_64.so", "fat.so", "dwarf-4", "dwarf-5"]

  @Test(arguments: fixtures) func mutations(fixture: String) throws {
    let scratch = Scratch()
    let input = try MachSamples.bytes(fixture)
    let seed = UInt64(Self.fixtures.firstIndex(of: fixture)!) + 31
    let output = scratch.path + "/out/mutant"
    try FileManager.default.createDirectory(atPath: scratch.path + "/out", withIntermediateDirectories: true)
    // Headers and load commands of each slice, and the end with symbols, strings and signature: what can lie.
    let starts = fixture == "fat.so" ? [0, 1 << 14] : [0]
    let focus = starts.map { $0..<$0 + 1600 } + [input.count * 3 / 4..<input.count]
    var (errors, results) = (0, 0)
    Mutation.each(of: input, times: 4000, seed: seed, focus: focus) { mutant, name in
      let file = InputFile(
        path: scratch.file("mutant", mutant), relativePath: "mutant", isExplicit: true)
      let report = Scrub(Options()).fix(file, to: .file(output))
      let isWritten = FileManager.default.fileExists(atPath: output)
      #expect(isWritten == report.errors.isEmpty, name)
      if report.errors.isEmpty { results += 1 } else { errors += 1 }
      guard isWritten else { return }
      defer { try? FileManager.default.removeItem(atPath: output) }
      // What was written must be clean, but for what was left with a reason. To look at some is enough. Which names
      // chance has chosen is known only while a path holds them: what is left of those that were fixed counts once.
      guard results.isMultiple(of: 4) || !Mutation.triesAll else { return }
      let result = InputFile(path: output, relativePath: "mutant", isExplicit: true)
      let again = Scrub(Options()).check(result)
      let left = report.unfixable.count { $0.rule != .residue }
      #expect(again.errors.isEmpty && again.findings.count { $0.rule != .residue } == left, name)
    }
    #expect(errors > 0 && results > 0 || !Mutation.triesAll)
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/out").isEmpty)
  }
}

/// Small files for macOS with roots in __cstring and stabs, and their dSYMs.
private enum MachSamples {
  static func bytes(_ name: String) throws -> [UInt8] {
    let dwarf = ["-gdwarf-\(name == "dwarf-5" ? 5 : 4)"]
    func build(_ architecture: String, _ linkerFlags: [String]) throws -> AppleCompiler.Output {
      try AppleCompiler.build(
        AppleCompiler.Settings(
          architecture: architecture, compilerFlags: dwarf, linkerFlags: linkerFlags, isLoaded: true,
          dSYM: name.hasPrefix("dwarf")))
    }
    let sealed = try build("arm64", ["-adhoc_codesign"])
    if name.hasPrefix("dwarf") { return sealed.dSYM }
    if name == "arm64.so" { return sealed.image }
    let chained = try build("x86_64", ["-fixup_chains"]).image
    return name == "x86_64.so" ? chained : try AppleCompiler.universal([sealed.image, chained])
  }
}
