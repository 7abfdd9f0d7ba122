import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Ids in images whose debug info is gone.
@Suite struct StaleSealTests {
  private static let canonical: Options = {
    var options = Options()
    options.isCanonical = true
    return options
  }()

  private static let source = [
    "x.c": "int answer(void) { return 42; }\nconst char *text(void) { return \"x\"; }\n"
  ]

  private static func library(_ flags: [String] = []) throws -> [UInt8] {
    try Compiler.sharedLibrary("gcc", ["-nostdlib"] + flags, sources: source)
  }

  private static func edited(_ bytes: [UInt8], _ command: String) throws -> [UInt8] {
    let scratch = Scratch()
    _ = scratch.file("x.so", bytes)
    try Compiler.run("sh", ["-c", command], in: URL(filePath: scratch.path))
    return scratch.read("x.so")
  }

  private static func fix(_ bytes: [UInt8], _ options: Options = canonical) throws -> ImageScrub.Outcome {
    try ImageScrub(options: options).run(Bytes(bytes), fix: true)
  }

  @Test(arguments: ["bfd", "gold", "lld", "mold"])
  func `an id that a linker has just made stays`(_ linker: String) throws {
    for size in [1, 5 << 20] {
      var source = Self.source
      source["x.c"]? += "const char table[\(size)] = {1};\n"
      let library = try Compiler.sharedLibrary(
        "gcc", ["-nostdlib", "-g0", "-fuse-ld=\(linker)"], sources: source)
      let image = try ElfImage(Bytes(library))
      #expect(!image.sections.contains { $0.debugName != nil })
      #expect(image.buildIDs.first?.count == 20 && BuildIDRecipe.verifies(image))
      #expect(try Self.fix(library).output == nil)
    }
  }

  @Test func `builds that were stripped become one`() throws {
    let builds = try (0..<2).map { _ in try Self.edited(Self.library(), "strip x.so") }
    #expect(builds[0] != builds[1])
    let fixed = try builds.map { try #require(Self.fix($0).output).array() }
    #expect(fixed[0] == fixed[1])
    // Only the id is another one, and a second time there is nothing to do.
    #expect(zip(builds[0], fixed[0]).count { $0 != $1 } <= 20)
    #expect(try Self.fix(fixed[0]).output == nil)
    #expect(try ElfImage(Bytes(fixed[0])).buildIDContents != ElfImage(Bytes(builds[0])).buildIDContents)
  }

  @Test func `nothing happens without being asked for`() throws {
    let stripped = try Self.edited(Self.library(), "strip x.so")
    var options = Options()
    #expect(try Self.fix(stripped, options).output == nil)
    options.sourceDateEpoch = 1
    #expect(try Self.fix(stripped, options).output == nil)
    options = Self.canonical
    options.buildID = .keep
    #expect(try Self.fix(stripped, options).output == nil)
  }

  @Test func `an id that others look up stays`() throws {
    let library = try Self.edited(
      Self.library(),
      "objcopy --only-keep-debug x.so x.debug && strip x.so && objcopy --add-gnu-debuglink=x.debug x.so")
    let outcome = try Self.fix(library)
    #expect(
      outcome.output == nil && outcome.notes.contains { $0.message.contains("stays") }
    )
    let stripped = try Self.edited(Self.library(), "strip x.so")
    for path in ["x.libs/libx.so", "a/b/.dylibs/libx.dylib"] {
      let scrub = LooseScrub(options: Self.canonical, path: path)
      #expect(try scrub.run(Bytes(stripped), .elf, fix: true).output == nil)
    }
  }

  @Test func `a rule of its own tells it`() throws {
    let stripped = try Self.edited(Self.library(), "strip x.so")
    var options = Options()
    #expect(try ImageScrub(options: options).run(Bytes(stripped), fix: false).findings.isEmpty)
    options.policy = try Policy(RuleSelection(select: ["BP6"]))
    let findings = try ImageScrub(options: options).run(Bytes(stripped), fix: false).findings
    #expect(findings.map(\.rule.code) == ["BP601"] && findings.allSatisfy { !$0.isFixable })
    let whole = try Self.library(["-g0"])
    #expect(try ImageScrub(options: options).run(Bytes(whole), fix: false).findings.isEmpty)
  }

  @Test func `UUIDs of stripped Mach-O images become one`() throws {
    let builds = try (0..<2).map { _ in try AppleCompiler.build(AppleCompiler.Settings()).image }
    let stripped = try builds.map { image -> [UInt8] in
      let scratch = Scratch()
      _ = scratch.file("x", image)
      try Compiler.run(
        "sh", ["-c", "\(AppleCompiler.tool("llvm-strip")) -S x"], in: URL(filePath: scratch.path))
      return scratch.read("x")
    }
    let fixed = try stripped.map { try Self.fix($0).output?.array() ?? $0 }
    #expect(fixed[0] == fixed[1])
    #expect(try Self.fix(fixed[0]).output == nil)
  }

  /// A key counts such an id only where it would stay.
  @Test func `keys of stripped builds`() throws {
    let scratch = Scratch()
    for name in ["a.so", "b.so"] { _ = scratch.file(name, try Self.edited(Self.library(), "strip x.so")) }
    #expect(try scratch.key("a.so") == scratch.key("b.so"))
    var options = Options()
    options.buildID = .keep
    #expect(try scratch.key("a.so", options: options) != scratch.key("b.so", options: options))
    // What fix --canonical makes has the key that the original had.
    let key = try scratch.key("a.so")
    let report = Scrub(Self.canonical).fix(InputFile(explicit: scratch.path + "/a.so"), to: .inPlace)
    #expect(report.errors.isEmpty && report.writtenTo != nil)
    #expect(try scratch.key("a.so") == key)
  }
}
