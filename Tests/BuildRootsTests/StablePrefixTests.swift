import BuildRoots
import Testing

@Suite struct StablePrefixTests {
  private func message(_ text: String) -> String? {
    do throws(PrefixError) {
      _ = try RootMap(prefix: StablePrefix(text))
      return nil
    } catch { return error.description }
  }

  @Test(arguments: ["/build", "/b", "/usr/src", "/a.b_c+d", "/x-y@z"])
  func fits(_ text: String) throws {
    #expect(try RootMap(prefix: StablePrefix(text)).prefix.text == text)
  }

  @Test func trailingSlashesAreDropped() throws {
    #expect(try StablePrefix("/build//") == .default)
  }

  @Test func tooLongNamesTheLimit() {
    #expect(
      message("/usr/src/debug")
        == "prefix \"/usr/src/debug\" (14 bytes) does not fit: the shortest root, /tmpXXXXXXXX, leaves room for 8"
    )
    #expect(message("/usr/srcs")?.contains("(9 bytes) does not fit") == true)
  }

  @Test(arguments: [
    ("", "not absolute"), ("build", "not absolute"), ("/", "root directory"), ("///", "root directory"),
    ("/a b", "byte 0x20"), ("/\u{e9}", "byte 0xc3"), ("/a\0", "byte 0x0"), ("/a//b", "empty, . or .."),
    ("/./a", "empty, . or .."), ("/a/..", "empty, . or .."), ("/tmpab12cd34", "BP110"),
    ("/tmp/pip-req-build-ab12cd34/x", "BP103"), ("/tmp", "could become"), ("/var", "could become"),
    ("/sandbox", "could become"),
  ])
  func refused(_ row: (text: String, reason: String)) {
    #expect(message(row.text)?.contains(row.reason) == true, "\(message(row.text) ?? "accepted")")
  }

  @Test(arguments: [
    ("-I/tmp/pip-build-env-ab12cd34/x -g", "-I/build/pip-build-env/x -g"),
    ("/tmp/pip-install-ab12cd34/cbor_\(hash)/cbor/x.c", "/build/cbor/cbor/x.c"),
    ("../../tmp/pip-build-env-ab12cd34/x.h", "/build/pip-build-env/x.h"),
    ("tmp/pip-install-ab12cd34/x", "build/pip-install/x"),
    (".mesonpy-ab12cd34/x", "build/mesonpy/x"),
    ("/tmp/tmpab12cd34", "/build/tmp"),
    ("/tmpab12cd34:/tmpab12cd35/x", "/build/tmp:/build/tmp/x"),
    ("/tmp/pip-install-ab12cd34/cbor_\(hash)src/lib.rs", "/build/cbor/src/lib.rs"),
  ])
  func cleans(_ row: (text: String, clean: String)) {
    let bytes = Array(row.text.utf8)
    let clean = RootMap.default.clean(bytes.span).map { String(decoding: $0, as: UTF8.self) }
    #expect(clean == row.clean)
    let padded = RootMap.default.padded(bytes.span)
    #expect(padded?.count == bytes.count)
  }

  @Test func paddingStandsBeforeWhatFollows() {
    let bytes = Array("/tmp/tmpab12cd34/x.c\0/tmp/tmpab12cd34\0".utf8)
    let padded = RootMap.default.padded(bytes.span).map { String(decoding: $0, as: UTF8.self) }
    #expect(padded == "/build/tmp///////x.c\0/build/tmp//////\0")
  }

  @Test func nothingToDoIsNil() {
    let bytes = Array("/usr/lib/x.c".utf8)
    #expect(RootMap.default.clean(bytes.span) == nil)
    #expect(RootMap.default.padded(bytes.span) == nil)
  }
}
