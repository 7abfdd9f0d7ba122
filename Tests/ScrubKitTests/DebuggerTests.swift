import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// A debugger stops a fixed program at a line of a file that it knows by its new name.
@Suite struct DebuggerTests {
  struct Build: Sendable, CustomTestStringConvertible {
    var compiler: String
    var flags: [String]
    var testDescription: String { ([compiler] + flags).joined(separator: " ") }
  }

  static let builds = [
    Build(compiler: "gcc", flags: ["-gdwarf-4"]),
    Build(compiler: "clang", flags: ["-gdwarf-5", "-fuse-ld=lld"]),
    Build(compiler: "gcc", flags: ["-gz=zlib", "-fdebug-types-section"]),
    Build(compiler: "gcc", flags: ["-gdwarf-5", "-fuse-ld=mold"]),
  ]

  private static let program = [
    "part.h": Sources.header,
    "main.c": """
    #include <stdio.h>
    #include "part.h"
    int twice(int value) {
      struct point p = {value, 2};
      return area(p);
    }
    int main(void) { printf("%s %d\\n", __FILE__, twice(21)); return 0; }
    """,
  ]

  /// Foundation starts processes with signals blocked, and gdb waits for one; so Python starts it with none blocked.
  private func gdb(_ commands: [String], in scratch: Scratch) throws -> String {
    let start = """
      import os, signal, sys
      signal.pthread_sigmask(signal.SIG_SETMASK, [])
      os.execvp("timeout", ["timeout", "60", "gdb", "-nx", "-batch"] + sys.argv[1:])
      """
    let arguments = commands.flatMap { ["-ex", $0] } + ["program"]
    return try Compiler.run("python3", ["-c", start] + arguments, in: scratch.url)
  }

  @Test(arguments: builds) func breaksAtALine(_ build: Build) throws {
    guard !build.flags.contains("-fuse-ld=mold") || Scratch.has("mold") else { return }
    let input = try Compiler.sharedLibrary(
      build.compiler, build.flags + ["-O0", "-fPIE", "-pie"], sources: Self.program)
    let outcome = try ImageScrub(options: Options()).run(Bytes(input), fix: true)
    let scratch = Scratch()
    let path = scratch.file("program", try #require(outcome.output).array())
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    #expect(try scratch.run("./program").hasSuffix("42\n"))
    for place in ["main.c:5", "/build/demo/main.c:5"] {
      let session = try gdb(
        ["set debuginfod enabled off", "break \(place)", "run", "print p.x", "info source", "backtrace"],
        in: scratch)
      #expect(session.contains("Breakpoint 1, twice (value=21) at /build/demo/main.c:5"), "\(session)")
      #expect(
        session.contains("$1 = 21") && session.contains("in main () at /build/demo/main.c:7"), "\(session)")
      #expect(session.contains("Compilation directory is /build/demo\n"), "\(session)")
    }
  }
}
