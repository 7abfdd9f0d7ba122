import BuildRoots
import Testing

/// Selectors as ruff has them.
@Suite struct RuleSelectionTests {
  struct Row: Sendable {
    var select: [String]?
    var extend: [String] = []
    var ignore: [String] = []
    var isIn: [String] = []
    var isOut: [String] = []
  }

  @Test(arguments: [
    Row(isIn: ["BP101", "BP401", "BP501", "RC104", "ZP101"], isOut: ["BP201", "BP301", "BP402"]),
    Row(select: ["BP1"], isIn: ["BP101", "BP114"], isOut: ["BP201", "BP401", "RC101", "ZP101"]),
    Row(select: ["BP"], isIn: ["BP101", "BP204", "BP402"], isOut: ["RC101"]),
    Row(select: ["ALL"], isIn: ["BP101", "BP402", "RC101", "ZP112"]),
    Row(select: [], isOut: ["BP101", "RC101"]),
    Row(extend: ["BP2"], isIn: ["BP101", "BP204", "RC101"], isOut: ["BP301"]),
    Row(ignore: ["RC"], isIn: ["BP101"], isOut: ["RC101"]),
    Row(select: ["BP1"], ignore: ["BP101"], isIn: ["BP102"], isOut: ["BP101"]),
    Row(select: ["BP101"], ignore: ["BP1"], isIn: ["BP101"], isOut: ["BP102"]),
    Row(select: ["BP1"], ignore: ["BP1"], isOut: ["BP101"]),
    Row(select: ["sbom", "pip-wheel"], isIn: ["BP501", "BP101"], isOut: ["BP502"]),
    Row(ignore: ["symbolic-link"], isIn: ["ZP108"], isOut: ["ZP109"]),
  ])
  func table(_ row: Row) throws {
    let selection = try RuleSelection(select: row.select, extend: row.extend, ignore: row.ignore)
    for code in row.isIn { #expect(selection.contains(Rule.named(code)!), "\(code)") }
    for code in row.isOut { #expect(!selection.contains(Rule.named(code)!), "\(code)") }
  }

  @Test(
    arguments: [
      ("BP11x", "BP110"), ("pip-whel", "pip-wheel"), ("QQ", nil), ("", nil), ("bp1", "BP1"), ("RC999", nil),
    ] as [(String, String?)])
  func unknown(_ row: (text: String, nearest: String?)) {
    do throws(PatternError) {
      _ = try RuleSelection(select: [row.text])
      Issue.record("accepted \(row.text)")
    } catch {
      #expect(error.description.hasPrefix("unknown rule \"\(row.text)\""))
      if let nearest = row.nearest { #expect(error.description.contains("did you mean \"\(nearest)\"")) }
    }
  }

  @Test func whatIsNamedIsMeant() throws {
    #expect(try RuleSelection(select: ["BP", "RC"]).names(Family.record))
    #expect(try RuleSelection(extend: ["RC104"]).names(Family.record))
    #expect(try RuleSelection(extend: ["wrong-hash"]).names(Family.record))
    #expect(try !RuleSelection(select: ["ALL"]).names(Family.record))
    #expect(!RuleSelection.default.names(Family.record))
  }

  @Test func defaultIsWhatNothingGives() throws { #expect(try RuleSelection() == .default) }

  @Test(arguments: [
    ("tests", "a/tests/x.so", true), ("tests", "a/tests", true), ("tests", "a/mytests/x.so", false),
    ("*.so", "a/b.so", true), ("*.so", "b.so.1", false), ("a/*.so", "a/b.so", true),
    ("a/*.so", "a/b/c.so", false),
    ("a/**/c.so", "a/b/d/c.so", true), ("a/**/c.so", "a/c.so", true), ("/a/*.so", "x/a/b.so", false),
    ("/a/*.so", "/a/b.so", true), ("b[0-9].so", "b7.so", true), ("b[!0-9].so", "b7.so", false),
    ("?.so", "ab.so", false), ("?.so", "b.so", true), ("**", "x", true), ("dist/", "dist/x.whl", true),
  ])
  func globs(_ row: (glob: String, path: String, matches: Bool)) throws {
    #expect(try Glob(row.glob).matches(row.path) == row.matches)
  }
}
