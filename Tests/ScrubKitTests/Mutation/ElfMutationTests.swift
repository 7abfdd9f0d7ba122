import BuildRoots
import Testing

@testable import ScrubKit

/// Flips, cuts and splices of real images: an error or a result, never a trap, a hang or a wrong result.
@Suite struct ElfMutationTests {
  static let fixtures: [(name: String, compiler: String, flags: [String])] = [
    ("gcc, DWARF 5", "gcc", []),
    ("gcc, DWARF 4 with macros", "gcc", ["-gdwarf-4", "-g3"]),
    ("clang, DWARF 5", "clang", ["-gdwarf-5"]),
    ("gcc, compressed", "gcc", ["-gz=zlib"]),
    ("gcc, relocatable, DWARF 4", "gcc", ["-r", "-gdwarf-4", "-Wl,--build-id=none"]),
    ("clang, relocatable", "clang", ["-r", "-Wl,--build-id=none"]),
  ]

  @Test(arguments: fixtures.indices) func mutations(fixture: Int) throws {
    let (_, compiler, flags) = Self.fixtures[fixture]
    let input = try Compiler.sharedLibrary(compiler, flags + ["-nostdlib"], sources: Sources.quiet)
    let debug = try ElfImage(Bytes(input)).sections.compactMap { $0.debugName == nil ? nil : $0.fileRange }
    var generator = Generator(seed: UInt64(fixture) + 1)
    var (errors, results) = (0, 0)
    for _ in 0..<3400 {
      let mutant = Mutation.random(of: input, focus: debug, using: &generator)
      let clock = ContinuousClock()
      let time = clock.measure {
        do throws(ScrubError) {
          let outcome = try ImageScrub(options: Options()).run(Bytes(mutant), fix: true)
          if let output = outcome.output {
            // What was written must be clean, but for what was left with a reason.
            let left = outcome.findings.count { !$0.isFixable }
            let again = (try? Hits.all(in: ElfImage(output).regions(), .default).count) ?? -1
            if again != left { Issue.record("\(again) roots left, \(left) expected") }
          }
          results += 1
        } catch {
          errors += 1
        }
      }
      #expect(time < .seconds(5))
    }
    #expect(errors > 0 && results > 0)
  }
}
