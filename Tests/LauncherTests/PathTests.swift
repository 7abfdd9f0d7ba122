import Testing

@testable import Launcher

@Suite struct PathTests {
  @Test(arguments: [
    ("/r", "/r", "", "."), ("/r", "/r", "/", "./"), ("/r", "/r", "/x.c", "x.c"),
    ("/r", "/r", "//x//y", "x//y"),
    ("/r/a/b", "/r", "", "../.."), ("/r/a/b", "/r", "/", "../../"), ("/r/a/b", "/r", "/a/b/x", "x"),
    ("/r/a/b", "/r", "/a/c/x", "../c/x"), ("/r/a/b", "/r", "/a", ".."),
    ("/r/a/b", "/r", "/ab/x", "../../ab/x"),
    ("/r/a", "/r", "/a/../x", "../x"), ("/r/a", "/r", "/../a/x", "../../a/x"),
    ("/r/a", "/r", "/./a/x", ".././a/x"),
    ("/r", "/r", "/-x.c", "./-x.c"), ("/r", "/r", "/@x", "./@x"), ("/r/a", "/r", "/-x", "../-x"),
  ])
  func relative(_ directory: String, _ root: String, _ rest: String, _ expected: String) {
    let path = relativePath(from: bytes(directory), root: bytes(root), rest: bytes(rest))
    #expect(text(path) == expected)
  }

  @Test(arguments: [
    ("/tmp/pip-wheel-ab12cd34/x_0123456789abcdef0123456789abcdef/a.c", "/a.c", "x"),
    ("/tmp/pip-build-env-ab12cd34/overlay/numpy", "/overlay/numpy", "pip-build-env"),
    ("../../tmp/pip-build-env-ab12cd34", "", "pip-build-env"), ("./.mesonpy-ab12cd34/x.c", "/x.c", "mesonpy"),
    ("/s/a b/pip-req-build-ab12cd34/c d/x.c", "/c d/x.c", "pip-req-build"),
  ])
  func rooted(_ path: String, _ rest: String, _ name: String) throws {
    let rooted = try #require(RootedPath(bytes(path)))
    #expect(text(rooted.root) + rest == path)
    #expect((text(rooted.rest), text(rooted.name)) == (rest, name))
  }

  @Test(arguments: [
    "", "x.c", "/usr/include", "=/tmp/pip-wheel-ab12cd34", "$SYSROOT/tmp/pip-wheel-ab12cd34", "/tmp",
  ])
  func notRooted(_ path: String) { #expect(RootedPath(bytes(path)) == nil) }

  @Test func bytesThatAreNotText() throws {
    let path = bytes("/tmp/pip-req-build-ab12cd34/") + [0xFF, 0x0A, 0x20] + bytes(".c")
    #expect(try #require(RootedPath(path)).rest == [0x2F, 0xFF, 0x0A, 0x20] + bytes(".c"))
  }

  @Test(arguments: [
    ("abc", "abc"), ("", "''"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("$x", "'$x'"),
    ("a\nb'", "$'a\\012b\\''"),
    ("\u{1b}[2J", "$'\\033[2J'"),
  ])
  func quoted(_ word: String, _ expected: String) { #expect(text(Log.quoted(bytes(word))) == expected) }
}
