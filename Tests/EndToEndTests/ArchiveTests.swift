import Foundation
import Testing

/// Static archives of object files that were compiled in different random directories.
@Suite(.timeLimit(.minutes(60)))
struct ArchiveTests {
  struct Maker: Sendable, CustomTestStringConvertible {
    var compiler = "gcc"
    var flags = ["-g"]
    var archiver = "ar"
    var mode = "rcsD"
    var testDescription: String { ([compiler] + flags + [archiver, mode]).joined(separator: " ") }

    static let all = [
      Maker(), Maker(flags: ["-gdwarf-4"]), Maker(flags: ["-g3"]), Maker(compiler: "clang"),
      // Dates that differ, and whole paths as names.
      Maker(mode: "rcsU"), Maker(mode: "rcsPD"), Maker(archiver: "llvm-ar-16"),
    ].filter { Tools.firstInstalled([$0.archiver]) != nil }
  }

  @Test(arguments: Maker.all)
  func `archives from random directories become one, and link`(_ maker: Maker) async throws {
    var archives = [String]()
    for index in 0..<4 { archives.append(try await make(maker, index)) }
    let fixed = try await archives.fixed()
    for pair in fixed {
      let check = try await wheelscrub(["check", pair.fixed])
      #expect(check.succeeded, "\(check.transcript)")
      let again = try await [pair.fixed].fixed()[0].fixed
      #expect(try await sha256(again) == sha256(pair.fixed))

      // Owner and mode stay; the date is bounded by SOURCE_DATE_EPOCH.
      let listing = try await Tools.output(of: "ar", ["tvO", pair.fixed])
      #expect(!listing.contains("/t0/") && !listing.contains("/t1/"), "\(listing)")
      #expect(listing.lines.count == 2)
      #expect(!listing.contains(" 202") || listing.contains("Nov 14 22:13 2023"), "\(listing)")
      #expect(try await symbols(pair.fixed) == symbols(pair.original))

      let directory = try Workspace.shared.scratch("link")
      try Data("int stairs_count(void); int (*use)(void) = stairs_count; int main(void) { return 0; }".utf8)
        .write(to: URL(fileURLWithPath: directory + "/main.c"))
      try await Tools.output(of: "gcc", ["main.c", pair.fixed, "-lm", "-o", "main"], in: directory)
      try await Tools.output(of: directory + "/main", [])
    }
    #expect(Set(try await sha256(archives)).count > 1)
    let hashes = try await sha256(fixed.map(\.fixed))
    #expect(Set(hashes).count == 1, "\(hashes)")
  }

  @Test
  func `thin archives are refused with a reason`() async throws {
    let archive = try await make(Maker(mode: "rcsTD"), 0)
    let outcome = try await wheelscrub(["check", archive])
    #expect(outcome.status == 2)
    #expect(outcome.errorLines.count == 1 && outcome.errors.contains("thin archive"), "\(outcome.transcript)")
  }

  /// The symbol table, without what names the archive.
  private func symbols(_ archive: String) async throws -> [String] {
    try await Tools.output(of: "nm", ["--print-armap", archive]).lines.prefix { !$0.hasSuffix(".o:") }
      .filter { $0.contains(" in ") }.map { String($0.prefix { $0 != " " }) }
  }

  private func make(_ maker: Maker, _ index: Int) async throws -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789_")
    let random = String((0..<8).map { _ in letters.randomElement()! })
    let root = "\(Workspace.shared.path)/t\(index % 2)/pip-req-build-\(random)"
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: Workspace.repository + "/fixtures/loose", toPath: root + "/loose")
    let objects = ["tower.o", "stairs.o"].map { root + "/" + $0 }
    for object in objects {
      let source = "\(root)/loose/\((object as NSString).lastPathComponent.dropLast())c"
      try await Tools.output(
        of: maker.compiler, maker.flags + ["-fPIC", "-I", root + "/loose", "-c", source, "-o", object],
        in: root)
    }
    let archive = try Workspace.shared.scratch("archive") + "/libtower.a"
    try await Tools.output(of: maker.archiver, [maker.mode, archive] + objects, in: root)
    return archive
  }
}
