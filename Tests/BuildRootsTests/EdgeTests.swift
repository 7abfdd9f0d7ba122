import BuildRoots
import Testing

/// Where a root begins and ends in the strings that images hold.
@Suite struct EdgeTests {
  @Test(arguments: [
    // What may stand behind.
    ("/tmp/pip-req-build-ab12cd34", ["BP103 pip-req-build /tmp/pip-req-build-ab12cd34"]),
    ("/tmp/pip-req-build-ab12cd34\0/tmp/x", ["BP103 pip-req-build /tmp/pip-req-build-ab12cd34"]),
    ("\"/tmp/pip-req-build-ab12cd34\"", ["BP103 pip-req-build /tmp/pip-req-build-ab12cd34"]),
    ("in '/tmp/tmpab12cd34' and", ["BP110 tmp /tmp/tmpab12cd34"]),
    ("(/tmp/tmpab12cd34)", ["BP110 tmp /tmp/tmpab12cd34"]),
    ("/tmp/tmpab12cd34:/tmp/tmpef56gh78;x", ["BP110 tmp /tmp/tmpab12cd34", "BP110 tmp /tmp/tmpef56gh78"]),
    ("see /tmp/pip-build-U8pSsr for", ["BP101 pip /tmp/pip-build-U8pSsr"]),
    ("/tmp/tmpab12cd34\u{e9}/x", ["BP110 tmp /tmp/tmpab12cd34"]),
    // What may stand in front.
    ("-I/tmp/pip-build-env-ab12cd34/include", ["BP104 pip-build-env /tmp/pip-build-env-ab12cd34"]),
    ("-I../../tmp/pip-build-env-ab12cd34/x", ["BP104 pip-build-env ../../tmp/pip-build-env-ab12cd34"]),
    ("-I./.mesonpy-ab12cd34/x", ["BP109 mesonpy ./.mesonpy-ab12cd34"]),
    ("path+file:///tmp/tmpab12cd34/x", ["BP110 tmp /tmp/tmpab12cd34"]),
    ("//tmp//tmpab12cd34//x", ["BP110 tmp /tmp//tmpab12cd34"]),
    ("-ffile-prefix-map=/tmp/tmpab12cd34=.", ["BP110 tmp /tmp/tmpab12cd34"]),
    ("value/tmp/pip-req-build-ab12cd34/x", ["BP103 pip-req-build /tmp/pip-req-build-ab12cd34"]),
    ("/home/j\u{f6}rg/tmpab12cd34/x", ["BP110 tmp /home/j\u{f6}rg/tmpab12cd34"]),
    ("\0\u{1}/opt/a+b/c@d/~e/%f/tmpab12cd34/x", ["BP110 tmp /opt/a+b/c@d/~e/%f/tmpab12cd34"]),
    ("/home/My Files/tmpab12cd34/x", ["BP110 tmp /tmpab12cd34"]),
    // What a program makes in a directory that became stable is found in the same pass.
    ("/src/tmpab12cd34/rustcAb3dEf/x", ["BP116 rustc /src/tmpab12cd34/rustcAb3dEf"]),
    ("/src/tmpab12cd34/hatch-ef56gh78/x", ["BP127 hatch /src/tmpab12cd34/hatch-ef56gh78"]),
    // Relative.
    (
      "../../../../tmp/pip-build-env-ab12cd34/overlay/x.h",
      ["BP104 pip-build-env ../../../../tmp/pip-build-env-ab12cd34"]
    ),
    (
      "/src/x/../../tmp/pip-build-env-ab12cd34/y",
      ["BP104 pip-build-env /src/x/../../tmp/pip-build-env-ab12cd34"]
    ),
    ("tmp/pip-install-ab12cd34/x\0", ["BP102 pip-install tmp/pip-install-ab12cd34 relative"]),
    ("\0tmp/tmpab12cd34/x\0", ["BP110 tmp tmp/tmpab12cd34 relative"]),
    ("\0pip-install-ab12cd34/x\0", ["BP102 pip-install pip-install-ab12cd34 relative"]),
    (
      "private/var/folders/7h/p30z_ty15012pf_3dyxbs9340000gn/T/x",
      ["BP111 tmp private/var/folders/7h/p30z_ty15012pf_3dyxbs9340000gn/T relative"]
    ),
    // Words of eight letters count below a directory for temporary files.
    ("/tmp/tmpvariable/x", ["BP110 tmp /tmp/tmpvariable"]),
    ("/dev/shm/tmpvariable/x", ["BP110 tmp /dev/shm/tmpvariable"]),
    ("/tmp/pip-build-script/x", ["BP101 pip /tmp/pip-build-script"]),
    // Nested: the code of the last specific rule, the last name.
    (
      "/src/tmpab12cd34/private/var/folders/7h/p30z_ty15012pf_3dyxbs9340000gn/T/tmpef56gh78/x.c",
      [
        "BP110 tmp /src/tmpab12cd34/private/var/folders/7h/p30z_ty15012pf_3dyxbs9340000gn/T/tmpef56gh78"
      ]
    ),
    (
      "/tmp/pip-install-ab12cd34/cbor_\(hash)/.mesonpy-ef56gh78/x.c",
      ["BP109 cbor /tmp/pip-install-ab12cd34/cbor_\(hash)/.mesonpy-ef56gh78"]
    ),
    (
      "/tmp/pip-install-ab12cd34/cbor_\(hash)/build/tmpef56gh78/x.c",
      ["BP102 cbor /tmp/pip-install-ab12cd34/cbor_\(hash)/build/tmpef56gh78"]
    ),
    ("/tmp/tmpab12cd34/tmpvariable/x", ["BP110 tmp /tmp/tmpab12cd34/tmpvariable"]),
    ("/x/tmpab12cd34/gccA13-20231019-4815-1x/y", ["BP112 gcc /x/tmpab12cd34/gccA13-20231019-4815-1x"]),
    // The second part must hold a whole hash.
    ("/tmp/pip-install-ab12cd34/x_\(hash)0/x.c", ["BP102 x /tmp/pip-install-ab12cd34/x_\(hash)"]),
    ("/tmp/pip-install-ab12cd34/x_\(hash.dropLast())/x.c", ["BP102 pip-install /tmp/pip-install-ab12cd34"]),
    ("/tmp/pip-install-ab12cd34/_\(hash)/x.c", ["BP102 pip-install /tmp/pip-install-ab12cd34"]),
    // A name that would become a root below the stable prefix gives way to the fixed one.
    (
      "/tmp/pip-install-ab12cd34/tmpef56gh78_\(hash)/x",
      ["BP102 pip-install /tmp/pip-install-ab12cd34/tmpef56gh78_\(hash)"]
    ),
    (
      "/tmp/pip-install-ab12cd34/.._\(hash)/x", ["BP102 pip-install /tmp/pip-install-ab12cd34/.._\(hash)"]
    ),
  ])
  func place(_ row: (text: String, expected: [String])) { #expect(found(in: row.text) == row.expected) }

  @Test func rustStringsStandBackToBack() {
    let root = "/tmp/pip-install-ab12cd34/cbor_\(hash)"
    let line = "BP102 cbor \(root)"
    #expect(found(in: "\(root)/src/lib.rs\(root)/src/main.rs") == [line, line])
    #expect(found(in: "src/lib.rs\(root)/src/main.rs") == [line])
    #expect(found(in: "/rustc/0f/library/core/src/fmt/mod.rs\(root)/src/main.rs") == [line])
    #expect(found(in: "\(root)called `Option::unwrap()`") == [line])
    #expect(found(in: "\(root)src/lib.rs") == [line])
    // CARGO_MANIFEST_DIR, then a file below it: not a directory inside itself.
    #expect(found(in: "\(root)\(root)/src/lib.rs") == [line, line])
    #expect(found(in: "\(root)/data\(root)/src/lib.rs") == [line, line])
  }

  @Test func offsetsCountInTheSearchedSpan() {
    let bytes = Array("\0\0x -I/tmp/tmpab12cd34/x".utf8)
    let first = RootMap.default.firstRoot(in: bytes.span)
    #expect(first?.range == 6..<22)
    let (whole, cut) = (holdsRoot(bytes), holdsRoot(Array(bytes[..<21])))
    #expect(whole && !cut)
    #expect(holdsRoot(Array(bytes[..<22])))
  }

  @Test func bodyMayThrow() {
    struct Stop: Error, Equatable {}
    let bytes = Array("/tmp/tmpab12cd34 /tmp/tmpab12cd35".utf8)
    var seen = 0
    #expect(throws: Stop()) {
      try RootMap.default.forEachRoot(in: bytes.span) { (_) throws(Stop) in
        seen += 1
        throw Stop()
      }
    }
    #expect(seen == 1)
  }

  /// What a program gives to mkdtemp(3), or a script to mktemp(1), is a constant of theirs.
  @Test(arguments: [
    "/tmp/tmp.XXXXXXXXXX/x", "/tmp/tmp.XXXXXX/x", "/CMakeFiles/CMakeScratch/TryCompile-XXXXXX",
    "/tmp/rustcXXXXXX/x", "/tmp/ccXXXXXX.o",
  ]) func templatesAreNoRoots(_ text: String) {
    #expect(RootMap.default.roots(in: Array(text.utf8).span).isEmpty)
    let made = text.replacing("XX", with: "a9", maxReplacements: 1)
    #expect(RootMap.default.roots(in: Array(made.utf8).span).count == 1)
  }
}
