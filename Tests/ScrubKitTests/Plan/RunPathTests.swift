import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Build roots that the dynamic linker follows: BP401.
@Suite struct RunPathTests {
  static let root = "/tmp/pip-install-ab12cd34/x_0123456789abcdef0123456789abcdef"
  static let other = "/var/tmp/tmpab12cd34"

  struct Case: Sendable, CustomTestStringConvertible {
    var list: String
    /// Entries of the list with a root, counted from 1.
    var leaking: [Int]
    var kept: String
    var testDescription: String { list }
  }

  static let cases = [
    Case(list: "\(root)/lib", leaking: [1], kept: ""),
    Case(list: "\(root)", leaking: [1], kept: ""),
    Case(list: "\(root)/lib:/opt/lib", leaking: [1], kept: "/opt/lib"),
    Case(list: "/opt/lib:\(root)/lib", leaking: [2], kept: "/opt/lib"),
    Case(
      list: "$ORIGIN/../x.libs:\(root)/a/b:/opt/lib:\(other)/q:/usr/lib/z", leaking: [2, 4],
      kept: "$ORIGIN/../x.libs:/opt/lib:/usr/lib/z"),
    Case(list: "\(root)/a:\(root)/b:\(other)/c", leaking: [1, 2, 3], kept: ""),
  ]

  static let dtags = ["--enable-new-dtags", "--disable-new-dtags"]

  /// Without debug info nothing else leaks.
  private static func library(
    _ flags: [String], compiler: String = "gcc", sources: [String: String] = Sources.quiet
  ) throws -> [UInt8] {
    try Compiler.sharedLibrary(compiler, ["-g0"] + flags, sources: sources)
  }

  private func scrub(_ bytes: [UInt8], remove: Bool) throws -> ImageScrub.Outcome {
    var options = Options()
    options.fixRunPath = remove
    return try ImageScrub(options: options).run(Bytes(bytes), fix: true)
  }

  private func dynamic(_ bytes: [UInt8]) throws -> [String] {
    let scratch = Scratch()
    let file = scratch.file("x.so", bytes)
    let output = try Compiler.run("readelf", ["-W", "-d", file], in: URL(filePath: scratch.path))
    #expect(!output.contains("Warning") && !output.contains("Error"), "\(output)")
    return output.split(separator: "\n").map { String($0.drop { $0 != "(" }) }
  }

  @Test(arguments: dtags, cases) func entriesAreNamedAndStay(dtags: String, test: Case) throws {
    let input = try Self.library(["-Wl,\(dtags)", "-Wl,-rpath,\(test.list)"])
    let tag = dtags == "--enable-new-dtags" ? "DT_RUNPATH" : "DT_RPATH"
    let count = test.list.split(separator: ":").count
    let outcome = try scrub(input, remove: false)
    #expect(outcome.findings.map(\.context) == test.leaking.map { "\(tag) entry \($0) of \(count)" })
    #expect(outcome.findings.allSatisfy { $0.rule.code == "BP401" && $0.rule.severity == .error })
    #expect(outcome.findings.allSatisfy { !$0.isFixable && $0.place.section == ".dynstr" })
    #expect(outcome.output == nil)
  }

  @Test(arguments: dtags, cases) func entriesAreRemoved(dtags: String, test: Case) throws {
    let input = try Self.library(["-Wl,\(dtags)", "-Wl,-rpath,\(test.list)"])
    let outcome = try scrub(input, remove: true)
    #expect(outcome.findings.count == test.leaking.count)
    #expect(outcome.findings.allSatisfy { $0.fate == .removed })
    let output = try #require(outcome.output).array()
    #expect(output.count == input.count)
    #expect(
      outcome.changes.first?.kind == .runPath(before: test.list, after: test.kept.isEmpty ? nil : test.kept))

    // readelf: the other entries as before, in the same order.
    let before = try dynamic(input)
    let after = try dynamic(output)
    let isRunPath: (String) -> Bool = { $0.contains("PATH)") }
    #expect(after.filter { !isRunPath($0) && !$0.isEmpty } == before.filter { !isRunPath($0) && !$0.isEmpty })
    let list = after.filter(isRunPath)
    #expect(list.count == (test.kept.isEmpty ? 0 : 1))
    #expect(test.kept.isEmpty || list[0].hasSuffix("[\(test.kept)]"), "\(list)")

    // The library still loads and runs.
    let scratch = Scratch()
    let file = scratch.file("x.so", output)
    #expect(try scratch.python("import ctypes, sys; print(ctypes.CDLL(sys.argv[1]).part(5))", file) == "15\n")
    #expect(try scrub(output, remove: true).output == nil)
    #expect(try scrub(output, remove: false).findings.isEmpty)
  }

  /// Linkers let a name that ends another one share its bytes: `lib` ends `…/lib`.
  @Test func sharedBytesStay() throws {
    var sources = Sources.quiet
    sources["shared.c"] = "int lib = 3;"
    let input = try Self.library(["-Wl,-rpath,\(Self.root)/lib"], sources: sources)
    let outcome = try scrub(input, remove: true)
    #expect(outcome.output == nil)
    #expect(outcome.findings.map(\.rule.code) == ["BP401"])
    guard case .left(let reason) = outcome.findings.first?.fate else {
      Issue.record("the shared string was changed")
      return
    }
    #expect(reason.contains("shares its bytes"))

    // A needed library's name that ends with the run path.
    let needed = try Self.library(["-Wl,-rpath,\(Self.other)", "-Wl,-soname,/opt\(Self.other)"])
    #expect(try scrub(needed, remove: true).output == nil)
  }

  @Test func namesOfLibrariesStay() throws {
    let scratch = Scratch()
    let soname = "\(Self.root)/liby.so"
    let input = try Self.library(["-Wl,-soname,\(soname)"])
    let library = scratch.file("liby.so", input)
    let user = try Self.library(["-Wl,--no-as-needed", library])
    for (bytes, tag) in [(input, "DT_SONAME"), (user, "DT_NEEDED")] {
      let outcome = try scrub(bytes, remove: true)
      #expect(outcome.findings.map(\.context) == [tag])
      #expect(outcome.findings.allSatisfy { $0.rule == .runPath && !$0.isFixable })
      #expect(outcome.output == nil)
    }
  }

  /// Both kinds of number and both byte orders, without a C library of that kind.
  @Test(arguments: ["i386-linux-gnu", "aarch64-linux-gnu", "aarch64_be-linux-gnu", "armv7-linux-gnueabihf"])
  func otherMachines(target: String) throws {
    let flags = ["--target=\(target)", "-nostdlib", "-fuse-ld=lld", "-Wl,-rpath,/opt/lib:\(Self.root)/lib"]
    let input = try Self.library(flags, compiler: "clang")
    let outcome = try scrub(input, remove: true)
    #expect(outcome.findings.map(\.fate) == [.removed])
    let after = try dynamic(try #require(outcome.output).array())
    #expect(after.contains { $0.hasSuffix("[/opt/lib]") }, "\(after)")
    let alone = try Self.library(flags.dropLast() + ["-Wl,-rpath,\(Self.root)/lib"], compiler: "clang")
    let gone = try dynamic(try #require(try scrub(alone, remove: true).output).array())
    #expect(!gone.contains { $0.contains("PATH)") }, "\(gone)")
    #expect(
      gone.contains {
        $0.contains("(STRTAB)") && $0 == (try? dynamic(alone))?.first { $0.contains("(STRTAB)") }
      })
  }

  /// Without section headers the loader's own view still names the entry; who shares it is not known.
  @Test func withoutSectionHeaders() throws {
    var input = try Self.library(["-Wl,-rpath,\(Self.root)/lib"])
    input.replaceSubrange(0x28..<0x30, with: [UInt8](repeating: 0, count: 8))
    input.replaceSubrange(0x3a..<0x40, with: [0, 0, 0, 0, 0, 0])
    let outcome = try scrub(input, remove: true)
    #expect(outcome.findings.map(\.context) == ["DT_RUNPATH entry 1 of 1"])
    #expect(outcome.findings.allSatisfy { !$0.isFixable })
  }

  /// A file with debug info, too: other roots go as always, the run path stays or goes.
  @Test func besidesOtherRoots() throws {
    let flags = ["-Wl,-rpath,\(Self.root)/lib:/opt/lib"]
    let input = try Compiler.sharedLibrary("gcc", flags)
    let kept = try scrub(input, remove: false)
    #expect(kept.findings.filter { !$0.isFixable }.map(\.rule) == [.runPath])
    let output = try #require(kept.output).array()
    let again = try scrub(output, remove: false)
    #expect(again.findings.map(\.rule) == [.runPath])
    #expect(again.output.map { $0.array() == output } ?? true)
    let removed = try scrub(input, remove: true)
    #expect(removed.findings.allSatisfy { $0.isFixable })
    #expect(try scrub(try #require(removed.output).array(), remove: true).findings.isEmpty)
  }

  @Test func mutations() throws {
    let input = try Self.library(["-nostdlib", "-Wl,-rpath,/opt/lib:\(Self.root)/lib:\(Self.other)/x"])
    let image = try ElfImage(Bytes(input))
    let names = [".dynamic", ".dynstr", ".dynsym", ".gnu.version_r"]
    let focus = image.sections.filter { names.contains($0.name) }.compactMap(\.fileRange)
    try survive(input, times: 2000, seed: 401, focus: focus) { mutant throws(ScrubError) in
      var options = Options()
      options.fixRunPath = true
      return try ImageScrub(options: options).run(mutant, fix: true)
    }
  }
}
