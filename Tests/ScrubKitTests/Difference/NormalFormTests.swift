import BuildRoots
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct NormalFormTests {
  private func path(_ text: String) -> String {
    String(decoding: NormalForm.ofPath(Array(text.utf8), .default), as: UTF8.self)
  }

  @Test func pathsOfAnyLengthAreOne() {
    let plain = path("/tmp/pip-req-build-ab12cd34/src/x.c")
    #expect(plain == path("/var/long/name/pip-req-build-zz99yy88/src/x.c"))
    // What fix leaves where nothing may move.
    #expect(plain == path("/build/pip-req-build//////////src/x.c"))
    #expect(plain != path("/tmp/pip-req-build-ab12cd34/src/y.c"))
    #expect(path("no path") == "no path")
  }

  @Test(arguments: [
    ("a17h0123456789abcdefE", "a17hfedcba9876543210E", true), ("Cs1a_4demo", "CsZ9y8_4demo", true),
    ("x_0BADF00D_0x12345678", "x_CAFEBABE_0x87654321", true), ("part.c.d93ae81f", "part.c.65009cec", true),
    ("run_1234", "run_4321", false), ("Cs_", "Csx", false), ("abc", "abd", false),
  ])
  func symbols(_ one: String, _ other: String, _ isSame: Bool) {
    #expect((NormalForm.ofSymbol(Array(one.utf8)) == NormalForm.ofSymbol(Array(other.utf8))) == isSame)
  }

  @Test(arguments: [
    ("Jan  1 2024", "Dec 31 2026", true), ("at 00:00:01.", "at 23:59:59.", true),
    ("2024-01-01", "2026-11-21", true),
    ("1:2:3", "3:2:1", false), ("Jan 1", "Dec 1", false),
  ])
  func times(_ one: String, _ other: String, _ isSame: Bool) {
    #expect((NormalForm.ofTime(Array(one.utf8)) == NormalForm.ofTime(Array(other.utf8))) == isSame)
  }
}
