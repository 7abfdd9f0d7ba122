import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct ScriptHeadTests {
  private func head(_ text: String) -> ScriptHead? { ScriptHead(Bytes(Array(text.utf8))) }

  private func replaced(_ text: String, _ interpreter: String) -> String? {
    let bytes = Bytes(Array(text.utf8))
    return ScriptHead(bytes)?.replacing(interpreter: Array(interpreter.utf8), in: bytes)
      .map { String(decoding: $0, as: UTF8.self) }
  }

  private static let short = "/opt/v/bin/python"
  private static let long = "/opt/" + String(repeating: "x", count: 130) + "/bin/python"

  @Test func `the two forms`() throws {
    let direct = try #require(head("#! /v/bin/python3 -I\nx = 1\n"))
    #expect(direct.interpreter == Array("/v/bin/python3".utf8) && direct.arguments == Array(" -I".utf8))
    #expect(!direct.isExec && direct.isPython && direct.end == 21)
    let exec = try #require(head("#!/bin/sh\n'''exec' \"/my env/bin/python\" -I \"$0\" \"$@\"\n' '''\nx\n"))
    #expect(exec.interpreter == Array("/my env/bin/python".utf8) && exec.arguments == Array(" -I".utf8))
    #expect(exec.isExec && exec.isPython)
    let uv = try #require(head("#!/bin/sh\n'''exec' '/v/bin/python' \"$0\" \"$@\"\n' '''\n"))
    #expect(uv.interpreter == Array("/v/bin/python".utf8) && uv.isExec)
    for text in ["", "#", "#!", "#!\n", "#!python\n", "#!/v/python", "x\n#!/v/python\n", "#!/v\0/python\n"] {
      #expect(head(text) == nil, "\(text)")
    }
    // A shell's script, or one that finds its Python itself.
    #expect(head("#!/bin/sh\necho\n")?.isPython == false)
    let own = "#!/bin/sh\n'''exec' \"$(dirname -- \"$0\")\"/'python' \"$0\" \"$@\"\n' '''\n"
    #expect(head(own)?.isPython == false)
  }

  /// The form depends on the new path alone, so trees of different old ones become the same.
  @Test func `the form follows the length`() {
    let direct = "#!/a/bin/python -I\nx\n"
    let exec = "#!/bin/sh\n'''exec' \(Self.long) -I \"$0\" \"$@\"\n' '''\nx\n"
    #expect(replaced(direct, Self.short) == "#!\(Self.short) -I\n")
    #expect(replaced(exec, Self.short) == "#!\(Self.short) -I\n")
    #expect(replaced(direct, Self.long) == "#!/bin/sh\n'''exec' \(Self.long) -I \"$0\" \"$@\"\n' '''\n")
    #expect(replaced(direct, Self.long) == replaced(exec, Self.long))
    // 127 bytes are read by every kernel.
    let limit = "/" + String(repeating: "p", count: 117) + "/python"
    #expect(replaced("#!/python\n", limit)?.hasPrefix("#!/p") == true)
    #expect(replaced("#!/python\n", "/p" + limit)?.hasPrefix("#!/bin/sh\n") == true)
    // No other interpreter takes the line for the shell for a string.
    #expect(
      replaced("#!/a/bin/ruby\n", "/" + String(repeating: "r", count: 200) + "/ruby")?.hasPrefix("#!/r")
        == true)
    #expect(replaced("#!/a/bin/ruby\n", "/" + String(repeating: "r", count: 300) + "/ruby") == nil)
  }

  /// Both forms start the same Python.
  @Test func `scripts run`() throws {
    let scratch = Scratch()
    let deep = String(repeating: "d", count: 140)
    _ = scratch.file("\(deep)/x")
    let python = "\(scratch.path)/\(deep)/python"
    try FileManager.default.createSymbolicLink(atPath: python, withDestinationPath: "/usr/bin/python3")
    let text = try #require(replaced("#!/a/python\n", python))
    let script = scratch.file("tool", Array("\(text)import sys\nprint('ran', sys.argv[1])\n".utf8))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
    // Other tests start programs at the same time, and one of these may hold the file open as it was written (ETXTBSY).
    let output = try scratch.python(
      """
      import shutil, subprocess, sys
      print(subprocess.check_output([shutil.copy(sys.argv[1], sys.argv[1] + '-copy'), 'it'], text=True))
      """, script)
    #expect(output.contains("ran it"))
  }
}
