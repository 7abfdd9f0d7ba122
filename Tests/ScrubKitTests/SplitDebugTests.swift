import Foundation
import Testing

@testable import ScrubKit

/// Split DWARF and separate debug files: images whose debug info is not all in one place.
@Suite struct SplitDebugTests {
  /// Compiles one unit with `-gsplit-dwarf` in a random directory and returns its `.dwo`.
  private func splitUnit(_ compiler: String, _ flags: [String]) throws -> [UInt8] {
    let base = FileManager.default.temporaryDirectory.appending(path: "wheelscrub-split-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: base) }
    let root = try Compiler.randomRoot(under: base)
    for (file, text) in Sources.quiet { try Data(text.utf8).write(to: root.appending(path: file)) }
    let source = root.appending(path: "part.c").path
    try Compiler.run(
      compiler, ["-g", "-O1", "-gsplit-dwarf"] + flags + ["-c", source, "-o", "part.o"], in: root)
    return Array(try Data(contentsOf: root.appending(path: "part.dwo")))
  }

  @Test(arguments: ["gcc", "clang"], ["-gdwarf-4", "-gdwarf-5"])
  func stringTablesOfSplitUnitsAreRebuilt(_ compiler: String, _ version: String) throws {
    var tables: Set<[UInt8]> = []
    for _ in 0..<4 {
      let input = try splitUnit(compiler, [version])
      let outcome = try ImageScrub(options: Options()).run(Bytes(input), fix: true)
      #expect(!outcome.findings.isEmpty)
      #expect(outcome.findings.allSatisfy { $0.isFixable })
      #expect(outcome.notes.filter { !$0.isDetail }.isEmpty, "\(outcome.notes)")
      let output = try ElfImage(try #require(outcome.output))
      let table = try #require(output.section(named: ".debug_str.dwo"))
      tables.insert(try output.content(of: table).array())
    }
    #expect(tables.count == 1)
  }

  @Test func aSeparateDebugFileIsNamed() throws {
    let base = FileManager.default.temporaryDirectory.appending(path: "wheelscrub-split-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: base, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: base) }
    try Data(try Compiler.sharedLibrary()).write(to: base.appending(path: "x.so"))
    try Compiler.run("objcopy", ["--only-keep-debug", "x.so", "x.so.debug"], in: base)
    try Compiler.run("objcopy", ["--strip-debug", "--add-gnu-debuglink=x.so.debug", "x.so"], in: base)
    let image = Bytes(Array(try Data(contentsOf: base.appending(path: "x.so"))))
    let outcome = try ImageScrub(options: Options()).run(image, fix: true)
    let note = try #require(outcome.notes.first { $0.place.section == ".gnu_debuglink" })
    #expect(note.message.contains("x.so.debug"))

    // The debug file alone: no segment has bytes in it, and its tables are rebuilt all the same.
    let debug = Bytes(Array(try Data(contentsOf: base.appending(path: "x.so.debug"))))
    let fixed = try ImageScrub(options: Options()).run(debug, fix: true)
    #expect(fixed.findings.contains { $0.fate == .rebuilt })
    #expect(fixed.output != nil)
  }
}
