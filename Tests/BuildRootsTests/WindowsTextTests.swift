import BuildRoots
import Testing

/// Roots in paths with backslashes, alone and doubled, and with both kinds of slash.
@Suite struct WindowsTextTests {
  @Test(arguments: [
    (
      #"C:\Users\runneradmin\AppData\Local\Temp\build-env-jxn7bo0g\Scripts\python.exe"#,
      #"BP106 build-env \Users\runneradmin\AppData\Local\Temp\build-env-jxn7bo0g"#,
      #"C:/build/build-env\Scripts\python.exe"#
    ),
    (
      #"C:\\Users\\runneradmin\\AppData\\Local\\Temp\\pip-build-env-jxn7bo0g\\x"#,
      #"BP104 pip-build-env \\Users\\runneradmin\\AppData\\Local\\Temp\\pip-build-env-jxn7bo0g"#,
      #"C:/build/pip-build-env\\x"#
    ),
    (
      "C:/Users/runneradmin/AppData/Local/Temp/build-env-jxn7bo0g/Scripts",
      "BP106 build-env /Users/runneradmin/AppData/Local/Temp/build-env-jxn7bo0g", "C:/build/build-env/Scripts"
    ),
    (#"D:\a\_temp/tmpab12cd34\x.c"#, #"BP110 tmp \a\_temp/tmpab12cd34"#, #"D:/build/tmp\x.c"#),
    (
      #"C:\Users\John Doe\AppData\Local\Temp\tmpab12cd34\x.c"#,
      #"BP110 tmp \Users\John Doe\AppData\Local\Temp\tmpab12cd34"#, #"C:/build/tmp\x.c"#
    ),
    (
      #"C:\Users\RUNNER~1\AppData\Local\Temp\pip-wheel-ab12cd34\demo_0123456789abcdef0123456789abcdef\x.c"#,
      #"BP101 demo \Users\RUNNER~1\AppData\Local\Temp\pip-wheel-ab12cd34\demo_0123456789abcdef0123456789abcdef"#,
      #"C:/build/demo\x.c"#
    ),
    (
      #"..\..\AppData\Local\Temp\tmpab12cd34\_cyutility.pyx"#,
      #"BP110 tmp ..\..\AppData\Local\Temp\tmpab12cd34"#, #"/build/tmp\_cyutility.pyx"#
    ),
    (
      #"-IC:\Temp\pip-req-build-ab12cd34\inc"#, #"BP103 pip-req-build \Temp\pip-req-build-ab12cd34"#,
      #"-IC:/build/pip-req-build\inc"#
    ),
    (
      #"\\?\C:\Temp\cibw-run-ab12cd34"#, #"BP107 cibw-run \Temp\cibw-run-ab12cd34"#, #"\\?\C:/build/cibw-run"#
    ),
    (
      #"AppData\Local\Temp\pip-wheel-ab12cd34\x"#, #"BP101 pip-wheel \Local\Temp\pip-wheel-ab12cd34"#,
      #"AppData/build/pip-wheel\x"#
    ),
  ])
  func row(_ row: (text: String, expected: String, clean: String)) {
    #expect(found(in: row.text) == [row.expected])
    let bytes = Array(row.text.utf8)
    let clean = RootMap.default.clean(bytes.span)
    #expect(clean.map { String(decoding: $0, as: UTF8.self) } == row.clean)
    let padded = RootMap.default.padded(bytes.span) ?? []
    #expect(padded.count == bytes.count)
    let again = RootMap.default.roots(in: padded.span)
    #expect(again.isEmpty)
    // Whatever surrounds it, at every distance from the vectors' blocks.
    for before in [1, 15, 16, 100, 127, 128, 129, 300] {
      let text = [UInt8](repeating: 0, count: before) + bytes + [0] + Array("/tmp/tmpzz12cd34/y\0".utf8)
      #expect(found(in: text) == [row.expected, "BP110 tmp /tmp/tmpzz12cd34"], "\(before)")
    }
    let parts = RootMap.default.roots(in: bytes.span).flatMap {
      RootMap.default.randomParts(of: $0, in: bytes.span)
    }
    #expect(!parts.isEmpty)
  }

  @Test(arguments: [
    #"C:\Windows\Temp\readme.txt"#, #"C:\src\tmpvariable\x"#, #"\d+\.\w+\tmp"#, #"C:\"#, #":\"#, #"\"#,
    #".\"#,
    #"x\ntmpab12cd34\n"#, #"C:\pip-wheel-metadata\x"#, #"Temp\"#,
  ])
  func falseFriend(_ text: String) { #expect(found(in: text) == []) }

  /// Two searches that meet: neither hides a root of the other or gives one twice.
  @Test func bothKindsInOneText() {
    let one = #"C:\Temp\tmpab12cd34\x"#
    let text = "/tmp/tmpaa12cd34/x \(one) /tmp/tmpbb12cd34/x \(one)\0\(one) -I/tmp/tmpcc12cd34"
    #expect(
      found(in: text) == [
        "BP110 tmp /tmp/tmpaa12cd34", #"BP110 tmp \Temp\tmpab12cd34"#, "BP110 tmp /tmp/tmpbb12cd34",
        #"BP110 tmp \Temp\tmpab12cd34"#, #"BP110 tmp \Temp\tmpab12cd34"#, "BP110 tmp /tmp/tmpcc12cd34",
      ])
  }

  @Test func wideStrings() {
    let text = WideTextTests.widen(#"C:\Users\me\AppData\Local\Temp\tmpab12cd34\x.c"#, (0, 1)) + [0, 0]
    let roots = RootMap.default.wideRoots(in: text.span)
    #expect(
      roots.map { RootMap.default.text(of: $0, in: text.span) }
        == [#"\Users\me\AppData\Local\Temp\tmpab12cd34"#])
  }

  @Test func homesOnlyWhereTheyAreAsked() throws {
    let map = try RootMap(rules: Rule.random + Rule.hosts)
    let text = Array(#"C:\Users\alice\src\x.c"#.utf8)
    #expect(map.roots(in: text.span).map(\.rule.code) == ["BP201"])
    #expect(found(in: text) == [])
  }
}
