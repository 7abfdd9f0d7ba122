import Testing

@testable import Formats
@testable import ScrubKit

/// `.gdb_index` refers to nothing that moves: tables are rebuilt beside it, and builds of all directories agree.
@Suite struct GdbIndexTests {
  struct Build: Sendable, CustomTestStringConvertible {
    var compiler: String
    var flags: [String]
    /// Whether gdb-add-index makes the index behind the linker.
    var isAdded = false
    var testDescription: String {
      ([compiler] + flags + (isAdded ? ["gdb-add-index"] : [])).joined(separator: " ")
    }
  }

  static let builds = ["-gdwarf-4", "-gdwarf-5"].flatMap { version in
    [
      Build(compiler: "gcc", flags: [version, "-ggnu-pubnames", "-fuse-ld=gold", "-Wl,--gdb-index"]),
      Build(compiler: "gcc", flags: [version, "-ggnu-pubnames", "-fuse-ld=lld", "-Wl,--gdb-index"]),
      Build(compiler: "clang", flags: [version, "-ggnu-pubnames", "-fuse-ld=lld", "-Wl,--gdb-index"]),
      Build(compiler: "gcc", flags: [version], isAdded: true),
      Build(compiler: "gcc", flags: [version, "-fdebug-types-section"], isAdded: true),
    ]
  }

  private func library(_ build: Build, longer: Int) throws -> [UInt8] {
    let library = try Compiler.sharedLibrary(
      build.compiler, build.flags, sources: Sources.quiet, longer: longer)
    guard build.isAdded else { return library }
    let scratch = Scratch()
    _ = scratch.file("x.so", library)
    try scratch.run("gdb-add-index", "x.so")
    return scratch.read("x.so")
  }

  @Test(arguments: builds) func needsNothing(_ build: Build) throws {
    var results: Set<[UInt8]> = []
    for longer in [0, 0, 0, 29] {
      let input = Bytes(try library(build, longer: longer))
      var options = Options()
      options.verification = .full
      let outcome = try ImageScrub(options: options).run(input, fix: true)
      #expect(outcome.findings.contains { $0.fate == .rebuilt } && outcome.notes.isEmpty, "\(outcome.notes)")
      let output = try #require(outcome.output)
      let (before, after) = (try ElfImage(input), try ElfImage(output))
      let index = try #require(before.section(named: ".gdb_index"))
      let newIndex = try #require(after.section(named: ".gdb_index"))
      #expect(try before.content(of: index) == after.content(of: newIndex))
      results.insert(output.array())
    }
    #expect(results.count == 1)
  }

  /// gdb reads the fixed file's index, complains about nothing, and finds a type and a function through it.
  @Test(arguments: builds) func gdbReadsTheIndex(_ build: Build) throws {
    let input = Bytes(try library(build, longer: 0))
    let output = try #require(try ImageScrub(options: Options()).run(input, fix: true).output)
    let scratch = Scratch()
    _ = scratch.file("x.so", output.array())
    let answer = try scratch.run(
      "gdb", "-nx", "-batch", "-ex", "maint info sections", "-ex", "ptype struct point", "-ex",
      "info line whole",
      "x.so")
    #expect(answer.contains("int y;"), "\(answer)")
    #expect(answer.contains("\"/build/demo/whole.c\""), "\(answer)")
    #expect(!answer.contains("warning"), "\(answer)")
  }

  @Test func anUnknownVersionKeepsTablesInPlace() throws {
    var library = try library(Self.builds[0], longer: 0)
    let image = try ElfImage(Bytes(library))
    let index = try #require(image.section(named: ".gdb_index")?.fileRange)
    library[index.lowerBound] = 10
    let outcome = try ImageScrub(options: Options()).run(Bytes(library), fix: true)
    #expect(outcome.notes.contains { "\($0)".contains("version 10 is not known") }, "\(outcome.notes)")
    #expect(outcome.findings.allSatisfy { $0.fate == .inPlace })
  }
}
