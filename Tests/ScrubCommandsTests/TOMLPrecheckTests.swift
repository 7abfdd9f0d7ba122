import Testing

@testable import ScrubCommands

/// Depth is counted where the parser would recurse, and nowhere else.
@Suite struct TOMLPrecheckTests {
  @Test(
    arguments: [
      ("a = 1.5\nb = [1, [2, [3]]]\n", nil), ("", nil), ("a.b.c = 1", nil),
      (String(repeating: "x.1 = 1.5, ", count: 100), nil),
      ("a = '" + String(repeating: "[.", count: 100) + "'", nil),
      ("a = \"\\\"" + String(repeating: "{.", count: 100) + "\"", nil),
      ("a = \"\"\"\n" + String(repeating: "[\n\"", count: 100) + "\"\"\"", nil),
      ("# " + String(repeating: "[.", count: 100), nil),
      ("a = \"\"\nb = 1", nil),
      (String(repeating: "a = [1]\n", count: 1000), nil),
      (String(repeating: "a.", count: 64) + "b = 1", nil),
      (String(repeating: "a.", count: 65) + "b = 1", 1),
      ("x = 1\n[" + String(repeating: "a . ", count: 65) + "b]", 2),
      ("\n\nx = " + String(repeating: "[", count: 65), 3),
      ("x = " + String(repeating: "{ a = ", count: 65), 1),
      ("x = \"unfinished\ny = " + String(repeating: "[", count: 200000), 2),
    ] as [(String, Int?)])
  func depth(_ row: (text: String, line: Int?)) {
    let objection = TOMLPrecheck.objection(to: row.text)
    #expect(objection?.line == row.line)
    #expect(objection.map { $0.reason == "is nested more than 64 levels deep" } ?? true)
  }

  /// toml++ aborts the program at these.
  @Test(arguments: [
    "[,]", "[[,]]", "x = 1\n[\n]", "[ \t!]", "[[[a]]]", "\u{feff}[.a]", "[\u{e9}]", "x = [1,\n2]\n[=",
    "  [#]", "[ [ a ] ]",
  ])
  func headerWithoutKey(_ text: String) {
    #expect(TOMLPrecheck.objection(to: text)?.reason == "needs a key behind [")
  }

  @Test(arguments: [
    "[a]", "[ a ]\n", "[[ \"x\" ]]", "['']", "[]", "[[]]", "[", "[[", "x = [,]", "x = [\n[,],\n[!]]\n[a]",
    "x = { y = [,] }",
    "# [,]", "x = \"\"\"\n[,]\n\"\"\"", "[-1]", "[a]\nx = [ [1], [2] ]",
  ])
  func headerWithKey(_ text: String) { #expect(TOMLPrecheck.objection(to: text) == nil) }
}
