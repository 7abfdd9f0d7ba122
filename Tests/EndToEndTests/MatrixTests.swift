import Foundation
import Testing

/// Every compiler, flag and linker at hand, in directories of two lengths. What does not become one file stands in
/// `MatrixException.all` with its reason, and docs/matrix.md shows that table.
@Suite(.timeLimit(.minutes(60)))
struct MatrixTests {
  static let root = "/build/pip-req-build"

  @Test(arguments: MatrixCell.native + MatrixCell.cross)
  func `builds in three directories become one`(_ cell: MatrixCell) async throws {
    let images = try await MatrixBuilder.shared.images(of: cell)
    for combination in cell.combinations {
      guard try isBuilt(combination, images) else { continue }
      let outcome = try await convergence(of: combination, images)
      let exceptions = MatrixException.covering(combination).map(\.kind)
      switch (outcome, exceptions.contains(.differsByChance)) {
      case (nil, _): #expect(exceptions.allSatisfy { $0 == .differsByChance }, "\(combination) became one")
      case (.some, true): break
      case (let kind?, _): #expect(exceptions.contains(kind), "\(combination) \(kind.rawValue)")
      }
    }
  }

  /// The table holds nothing that is not so, even where chance has a part in it.
  @Test(arguments: MatrixException.all.filter { $0.kind == .differsByChance })
  func `what differs by chance does differ`(_ exception: MatrixException) async throws {
    var differing = 0
    for cell in MatrixCell.native + MatrixCell.cross {
      let images = try await MatrixBuilder.shared.images(of: cell)
      for combination in cell.combinations where exception.matches(combination) {
        guard images.refusals[combination] == nil else { continue }
        if try await convergence(of: combination, images) == .differs { differing += 1 }
      }
    }
    #expect(differing > 0, "\(exception)")
  }

  @Test(arguments: MatrixCell.native + MatrixCell.cross)
  func `readelf and llvm-dwarfdump read the same and find no new fault`(_ cell: MatrixCell) async throws {
    let images = try await MatrixBuilder.shared.images(of: cell)
    // C: its names lose most.
    let built = cell.combinations.filter { images.refusals[$0] == nil }
    let originals = built.compactMap { images.originals[$0]?.last }
    let fixed = built.compactMap { images.fixed[$0]?.last }
    try #require(originals.count == fixed.count)
    guard !originals.isEmpty else { return }
    try await Judges.llvm(originals, fixed)
    // readelf (2.40) counts gcc's string indexes in version 5 .dwo and .dwp from the wrong base: it reads
    // `Number` where llvm-dwarfdump reads the directory, in originals too.
    let readable = built.filter {
      cell.version == 4 || !["town.dwo", "census.dwo", "llvm-dwp"].contains($0.product)
    }
    try await Judges.readelf(
      readable.compactMap { images.originals[$0]?.last }, readable.compactMap { images.fixed[$0]?.last },
      root: Self.root)
  }

  @Test(arguments: [
    (MatrixCell(compiler: "gcc", version: 5, feature: "O0"), "bfd"),
    (MatrixCell(compiler: "gcc", version: 4, feature: "O0"), "gold"),
    (MatrixCell(compiler: "clang", version: 5, feature: "zlib"), "lld"),
  ])
  func `gdb stops on a line of the source`(_ cell: MatrixCell, _ linker: String) async throws {
    let images = try await MatrixBuilder.shared.images(of: cell)
    let combination = MatrixCombination(cell: cell, product: linker, isLoaded: false)
    let image = try #require(images.fixed[combination]?.first)
    let source = Workspace.repository + "/fixtures/matrix"
    let lines = try String(contentsOfFile: source + "/town.c", encoding: .utf8).split(
      separator: "\n", omittingEmptySubsequences: false)
    let number = try #require(lines.firstIndex { $0.contains("people += people_in") }) + 1
    let outcome = try await Tools.run(
      "gdb",
      [
        "-nx", "-batch", "-ex", "set breakpoint pending on", "-ex",
        "set substitute-path \(Self.root)/town \(source)", "-ex", "break town.c:\(number)", "-ex", "run",
        "-ex", "bt 2", "--args", Tools.python, "-c",
        "import ctypes; ctypes.CDLL('\(image)').town_census(3)",
      ])
    #expect(outcome.output.contains("\(Self.root)/town/town.c:\(number)\n"), "\(outcome.transcript)")
    #expect(outcome.output.contains("people += people_in(&town->streets[street]);"), "\(outcome.transcript)")
    #expect(outcome.output.contains("\(Self.root)/town/census.cc:"), "\(outcome.transcript)")
  }

  @Test
  func `the cross compilers are there`() {
    #if arch(x86_64)
      let missing = MatrixCell.crossCompilers.filter { Tools.firstInstalled([$0]) == nil }
      #expect(missing.isEmpty, "run scripts/setup")
    #endif
  }

  @Test
  func `docs/matrix.md is the table`() throws {
    let file = Workspace.repository + "/docs/matrix.md"
    if ProcessInfo.processInfo.environment["WHEELSCRUB_UPDATE_DOCS"] != nil {
      try Data(MatrixDocument.text.utf8).write(to: URL(fileURLWithPath: file))
    }
    #expect(
      try String(contentsOfFile: file, encoding: .utf8) == MatrixDocument.text,
      "WHEELSCRUB_UPDATE_DOCS=1 swift test --filter MatrixTests writes it")
  }

  /// Says so where the tools of this machine cannot make it.
  private func isBuilt(_ combination: MatrixCombination, _ images: MatrixImages) throws -> Bool {
    guard let refusal = images.refusals[combination] else {
      return try #require(images.originals[combination]).count == 3
    }
    let linker = ["gold": "ld.gold", "lld": "ld.lld", "mold": "ld.mold"][combination.product]
    let isMissing = linker.map { Tools.firstInstalled([$0]) == nil } ?? false
    let why = MatrixException.unbuildable.first { $0.matches(combination) }?.reason
    print("not built: \(combination): \(why ?? refusal.lines.first ?? "no reason given")")
    #expect(why != nil || isMissing, "\(combination): \(refusal)")
    return false
  }

  /// Nil where all three are what they should be: one, or with a loaded path, A and B one.
  private func convergence(
    of combination: MatrixCombination, _ images: MatrixImages
  ) async throws -> MatrixException.Kind? {
    let originals = try await sha256(try #require(images.originals[combination]))
    let hashes = try await sha256(try #require(images.fixed[combination]))
    #expect(originals[0] != hashes[0] && originals[2] != hashes[2], "\(combination) was not changed")
    if hashes[0] != hashes[1] { return .differs }
    return combination.isLoaded || hashes[1] == hashes[2] ? nil : .longer
  }
}
