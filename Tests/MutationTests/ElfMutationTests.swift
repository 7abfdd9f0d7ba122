import BuildRoots
import Testing

@testable import Formats
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
    try damage(input, times: 3400, seed: UInt64(fixture) + 1) { $0.debugName != nil }
  }

  @Test func mutationsOfMiniDebugInfo() throws {
    try damage(try MiniDebugInfo.library(), times: 1500, seed: 11) { $0.isMiniDebugInfo }
  }

  @Test func mutationsOfAnIndex() throws {
    let flags = ["-nostdlib", "-ggnu-pubnames", "-fuse-ld=gold", "-Wl,--gdb-index"]
    let input = try Compiler.sharedLibrary("gcc", flags, sources: Sources.quiet)
    try damage(input, times: 1500, seed: 12) { $0.name == ".gdb_index" }
  }

  /// - Parameter focus: the sections that most of the damage is for.
  private func damage(
    _ input: [UInt8], times: Int, seed: UInt64, focus: (ElfImage.Section) -> Bool
  ) throws {
    let debug = try ElfImage(Bytes(input)).sections.filter(focus).compactMap(\.fileRange)
    try survive(input, times: times, seed: seed, focus: debug) { mutant throws(ScrubError) in
      try ImageScrub(options: Options()).run(mutant, fix: true)
    }
  }
}

/// Mutations of split units and packages of them, with ids that have to change, and for files that are sealed
/// together.
@Suite struct CompanionMutationTests {
  @Test(arguments: ["part.dwo", "x.so.dwp", "x.so"], ["-gdwarf-4", "-gdwarf-5 -fdebug-types-section"])
  func splitUnits(name: String, flags: String) throws {
    let scratch = Scratch()
    try Builds.run(Builds.split("gcc", flags), in: scratch, to: "in")
    let input = scratch.read("in/" + name)
    let image = try ElfImage(Bytes(input))
    let units = try SplitUnits(image.debugGroups(), roots: .default)
    let ids = (units.skeletons + units.split.compactMap(\.unit)).map(\.id)
    let companions = LinkedFiles(splitIDs: Dictionary(uniqueKeysWithValues: ids.map { ($0, $0 &* 3 &+ 1) }))
    let debug = image.sections.compactMap { $0.debugName == nil ? nil : $0.fileRange }
    let seed = UInt64(name.count + flags.count)
    try survive(input, times: 2000, seed: seed, focus: debug) { mutant throws(ScrubError) in
      // As a set of files is looked at, which never throws.
      _ = SplitIdentities([(0, SplitUnits.all(in: mutant, roots: .default))])
      return try ImageScrub(options: Options(), companions: companions).run(mutant, fix: true)
    }
  }

  @Test(arguments: [0, 1]) func pairs(damaged: Int) throws {
    let scratch = Scratch()
    try Builds.run(Builds.pair, in: scratch, to: "in")
    let inputs = ["in/x.so", "in/.debug/x.so.debug"].map { scratch.read($0) }
    var results = 0
    let image = try ElfImage(Bytes(inputs[damaged]))
    let focus =
      image.buildIDs + image.sections.filter { $0.name.hasPrefix(".gnu_debuglink") }.compactMap(\.fileRange)
    let seed = UInt64(damaged) + 77
    Mutation.each(of: inputs[damaged], times: 2000, seed: seed, focus: focus) { mutant, name in
      var files = inputs
      files[damaged] = mutant
      let facts = files.map { LinkFacts(Bytes($0)) }
      let relations = Relations(zip(["x.so", "x.so.debug"], facts).map { ($0, $1) }) {
        Inflate.crc32(Bytes(files[$0]))
      }
      guard relations.clusters == [[0, 1]] else { return }
      let members = files.indices.map {
        Part(name: "\($0)", bytes: Bytes(files[$0]), options: Options())
      }
      do throws(PartFailure) {
        let outcomes = try ClusterScrub(options: Options(), targets: relations.targets).run(members)
        results += 1
        let outputs = zip(outcomes, members).map { $0.output ?? $1.bytes }
        if relations.targets[0] == [1], let link = try? DebugLink(ElfImage(outputs[0])) {
          #expect(link.checksum == Inflate.crc32(outputs[1]), name)
        }
      } catch {
        // Refused, and nothing written.
        #expect(members.indices.contains(error.part), name)
      }
    }
    #expect(results > 0 || !Mutation.triesAll)
  }
}
