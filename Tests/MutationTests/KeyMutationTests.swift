import Testing

@testable import Formats
@testable import ScrubKit

/// Keys of damaged files: a key or an error, at both levels, never a trap or a hang.
@Suite struct KeyMutationTests {
  private let scratch = Scratch()

  private func damage(_ input: [UInt8], times: Int, seed: UInt64, focus: [Range<Int>] = []) {
    var (keys, errors) = (0, 0)
    Mutation.each(of: input, times: times, seed: seed, focus: focus) { mutant, name in
      _ = scratch.file("mutant", mutant)
      for level in KeyLevel.allCases {
        let report = scratch.keys(["mutant"], level)[0]
        #expect((report.key == nil) != report.errors.isEmpty, name)
        if report.key == nil { errors += 1 } else { keys += 1 }
        // What is not taken apart by fix has a key all the same.
        _ = ContentKeys(level: level).key(of: Bytes(mutant))
      }
    }
    #expect(keys > 0 && errors > 0 || !Mutation.triesAll)
  }

  @Test(arguments: [["-c"], ["-shared"], ["-r"]]) func elf(_ flags: [String]) throws {
    let input = try Compiler.sharedLibrary(
      "gcc", flags + ["-nostdlib"], sources: flags == ["-c"] ? Sources.single : Sources.quiet)
    let image = try ElfImage(Bytes(input))
    let tables = image.sections.filter { [2, 3, 4, 17].contains($0.type) }.compactMap(\.fileRange)
    damage(input, times: 500, seed: UInt64(flags[0].count) + 5, focus: tables)
  }

  @Test func machO() throws {
    let output = try AppleCompiler.build(AppleCompiler.Settings(linkerFlags: ["-adhoc_codesign"]))
    let end = output.image.count * 3 / 4..<output.image.count
    damage(output.image, times: 500, seed: 3, focus: [0..<1600, end])
    damage(output.archive, times: 300, seed: 4, focus: [0..<200])
    let fat = try AppleCompiler.universal([output.image])
    damage(fat, times: 200, seed: 5, focus: [0..<64])
  }

  @Test func wheels() {
    let zip = TestZip([
      TestZip.Entry("pkg/__init__.py", "x = 1\n"),
      TestZip.Entry("pkg-1.0.dist-info/RECORD", "pkg/__init__.py,,\n"),
    ])
    damage(zip.bytes(), times: 500, seed: 6)
  }

  @Test func bytecode() throws {
    let version = try #require(BytecodeVersion.of(magic: 3495))
    damage(TestBytecode.module(version, filename: "/tmp/pip-target-ab12cd_4/m.py"), times: 500, seed: 7)
  }
}
