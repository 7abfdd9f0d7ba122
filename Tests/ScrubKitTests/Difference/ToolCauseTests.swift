import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// What tools make of the path, the time or chance, and in which no search finds a path.
@Suite struct ToolCauseTests {
  private func notes(_ library: [UInt8]) throws -> [Note] {
    try ImageScrub(options: Options()).run(Bytes(library), fix: false).notes.filter { $0.divergence != nil }
  }

  @Test func stampsOfGcov() throws {
    let build = { try Compiler.sharedLibrary("gcc", ["-g0", "--coverage"]) }
    let pair = Pair(try build(), try build())
    #expect(pair.report.remaining.map(\.cause) == [.coverageStamp], "\(pair.causes)")
    #expect(try pair.first(.coverageStamp).cause.prevention.contains("-frandom-seed"))
    #expect(try notes(build()).map(\.divergence) == [.anywhere])
  }

  @Test func orderOfAddressSanitizer() throws {
    let strings = (0..<30).map { "const char *f\($0)(void) { return __FILE__ \": text \($0)\"; }" }
    let build = {
      try Compiler.sharedLibrary(
        "gcc", ["-g0", "-fsanitize=address"], sources: ["x.c": strings.joined(separator: "\n")])
    }
    #expect(try notes(build()).map(\.divergence) == [.anywhere])
    let first = try build()
    for _ in 0..<20 {
      let pair = Pair(first, try build())
      #expect(!pair.report.differences.contains { $0.cause == .unknown }, "\(pair.causes)")
      if pair.report.remaining.contains(where: { $0.cause == .sanitizerOrder }) { return }
    }
    Issue.record("no two builds had another order")
  }

  private static func note(_ section: String, _ flags: String, _ bytes: String) -> [String: String] {
    [
      "x.c": "const char *where(void) { return __FILE__; }",
      "y.c": "__asm__(\".section \(section),\(flags); .string \\\"\(bytes)\\\"; .previous\");",
    ]
  }

  @Test(arguments: [
    (".note.go.buildid", "\\\"a\\\",@note", Cause.goBuildID, "go build -trimpath"),
    (".swift_modhash", "\\\"a\\\",@progbits", .swiftModuleHash, "-file-prefix-map"),
  ])
  func idsOfOtherTools(_ row: (section: String, flags: String, cause: Cause, cure: String)) throws {
    let libraries = try ["action-one", "action-two"].map {
      try Compiler.sharedLibrary("gcc", ["-g0"], sources: Self.note(row.section, row.flags, $0))
    }
    let pair = Pair(libraries[0], libraries[1])
    #expect(pair.report.remaining.map(\.cause) == [row.cause], "\(pair.causes)")
    #expect(try pair.first(row.cause).cause.prevention.contains(row.cure))
    let notes = try notes(libraries[0])
    #expect(notes.map(\.divergence) == [.anywhere] && notes.allSatisfy { $0.message.contains(row.cure) })
    // Without a path there is nothing that it would have hashed.
    let quiet = try Compiler.sharedLibrary(
      "gcc", ["-g0"],
      sources: ["y.c": Self.note(row.section, row.flags, "x")["y.c"]!])
    #expect(try self.notes(quiet).isEmpty)
  }

  @Test func flagsFitTheLanguage() throws {
    func library(_ mark: String, _ text: String) throws -> [UInt8] {
      try Compiler.sharedLibrary(
        "gcc", ["-g0"],
        sources: [
          "x.c": """
          const char *where(void) { return __FILE__; }
          const char *a(void) { return "\(mark)"; } const char *b(void) { return "/lib/\(text)/b.cpp"; }
          """
        ])
    }
    for (mark, isRust) in [
      ("/rustc/90c541806f23a127002de5b4038be731ba1458ca/library/core/src/x.rs", true), ("C", false),
    ] {
      let pair = Pair(
        try library(mark, "x19d911017c592"), try library(mark, "x9b0e4c7c6a180"))
      let pieces = try pair.first(.namePieces)
      #expect(
        !pieces.isFixed && !pair.report.differences.contains { $0.cause == .symbolHash }, "\(pair.causes)")
      for difference in pair.report.differences where difference.cause != .loadedOrder {
        let cure = difference.cause.prevention
        #expect(cure.contains("RUST") == isRust, "\(cure)")
        if isRust, difference.cause == .buildRoot || difference.cause == .namePieces {
          #expect(cure == "RUSTC_WRAPPER=wheelscrub-rustc")
        }
        if isRust { #expect(!cure.contains("-ffile-prefix-map") && !cure.contains("-frandom-seed")) }
        if !isRust { #expect(!cure.lowercased().contains("rust")) }
      }
    }
  }

  @Test func whatNobodyKnowsIsShort() throws {
    func library(_ text: String) throws -> [UInt8] {
      try Compiler.sharedLibrary(
        "gcc", ["-g0"], sources: ["x.c": "const char *a(void) { return \"\(text)\"; }"])
    }
    let pair = Pair(
      try library(String(repeating: "one ", count: 80)), try library(String(repeating: "two ", count: 90)))
    let unknown = try pair.first(.unknown)
    #expect(unknown.first?.count == 80 && unknown.second?.count == 80, "\(pair.causes)")
  }
}
