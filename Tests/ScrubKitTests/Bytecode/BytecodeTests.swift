import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// What an interpreter writes comes back byte for byte; what is rewritten, the interpreter takes for the same.
@Suite struct BytecodeTests {
  @Test func `an interpreter is there`() {
    #expect(Interpreter.all.contains { $0.path == "/usr/bin/python3" })
  }

  @Test(arguments: Interpreter.all)
  func `the standard library comes back byte for byte`(interpreter: Interpreter) throws {
    let files = interpreter.bytecode
    for path in files {
      let image = try BytecodeImage(Bytes(Array(try Data(contentsOf: URL(filePath: path)))))
      #expect(image.header.version.name == interpreter.version)
      #expect(Bytes(MarshalWriter.write(image)) == image.marshal, "\(path)")
    }
    #expect(files.count > 100, "no bytecode in \(interpreter.library)")
  }

  /// Compiled below a temporary directory, as pip does, rewritten, loaded again.
  @Test(arguments: Interpreter.all)
  func `rewritten files load as the same code`(interpreter: Interpreter) throws {
    let scratch = Scratch()
    let script = """
      import os, py_compile, random, sys
      library, out = sys.argv[1:]
      sources = []
      for top, dirs, names in os.walk(library):
          dirs[:] = [d for d in dirs if d not in ("site-packages", "dist-packages", "test", "tests")]
          sources += [os.path.join(top, n) for n in names if n.endswith(".py")]
      sources.sort()
      # Spread over the library, and the ones with the strangest constants.
      chosen = sources[::max(len(sources) // 120, 1)] + [
          s for s in sources if os.path.basename(s) in ("decimal.py", "_pydecimal.py", "opcode.py", "typing.py")]
      for source in chosen:
          name = os.path.relpath(source, library)
          try:
              py_compile.compile(
                  source, os.path.join(out, name + "c"), "/tmp/pip-target-ab12cd_4/lib/python/" + name, True)
          except py_compile.PyCompileError:
              pass  # lib2to3 has templates that are no Python.
      """
    try interpreter.run(["-W", "ignore", "-c", script, interpreter.library, scratch.path + "/before"])
    let before = URL(filePath: scratch.path + "/before")
    let names = FileManager.default.enumerator(atPath: before.path)!.compactMap { $0 as? String }
      .filter { $0.hasSuffix(".pyc") }
    #expect(names.count > 50)
    for isCanonical in [false, true] {
      for name in names {
        var options = Options()
        options.bytecode.isCanonical = isCanonical
        let input = Array(try Data(contentsOf: before.appending(path: name)))
        let outcome = try BytecodeScrub.run(input, sourceName: String(name.dropLast()), options)
        #expect(outcome.findings.contains { $0.fate == .renamed })
        _ = scratch.file("after/" + name, try #require(outcome.output).array())
      }
      let count = try interpreter.run([
        judge("compare_bytecode.py"), before.path, scratch.path + "/after", "",
      ])
      #expect(count == "\(names.count)\n")
    }
  }

  struct Path: Sendable, CustomTestStringConvertible {
    var text: String
    var testDescription: String { "\(text.prefix(20)), \(text.utf8.count) bytes" }
    static let all = [
      "x", String(repeating: "a", count: 255), String(repeating: "a", count: 256),
      String(repeating: "b", count: 70_000), "größe/模块.py", "ä", String(repeating: "é", count: 200),
    ].map { Path(text: $0) }
  }

  /// Lengths around the borders of the types, for every version's layout.
  @Test(arguments: BytecodeVersion.all.map(\.name), Path.all)
  func `names of all lengths and letters`(version name: String, path: Path) throws {
    let version = try #require(BytecodeVersion.all.first { $0.name == name })
    for interned in [false, true] {
      let root = "/tmp/pip-target-ab12cd_4/lib/python/"
      let input = TestBytecode.module(version, filename: root + path.text, interned: interned)
      let outcome = try BytecodeScrub.run(input, sourceName: path.text)
      // As the compiler would have written it.
      let expected = TestBytecode.module(version, filename: path.text, interned: interned)
      #expect(outcome.output?.array() == expected)
      #expect(outcome.findings.map(\.context) == ["co_filename of <module> and 2 others"])
      #expect(try BytecodeScrub.run(expected, sourceName: path.text).output == nil)
    }
  }

  /// An interpreter reads what the generator of these tests makes and what becomes of it.
  @Test(arguments: Interpreter.all, Path.all)
  func `interpreters read names of all lengths`(interpreter: Interpreter, path: Path) throws {
    let scratch = Scratch()
    let root = "/tmp/pip-target-ab12cd_4/lib/python/"
    _ = scratch.file("mod.py", Array("def f():\n    def g(): pass\nclass C: pass\n".utf8))
    _ = scratch.file("name", Array((root + path.text).utf8))
    let script = """
      import marshal, sys
      name = open("name", encoding="utf-8").read()
      code = compile(open("mod.py").read(), name, "exec")
      import importlib.util as u
      open("mod.pyc", "wb").write(u.MAGIC_NUMBER + bytes(8 if sys.version_info < (3, 7) else 12) + marshal.dumps(code))
      """
    let directory = URL(filePath: scratch.path)
    try interpreter.run(["-X", "utf8", "-c", script], in: directory)
    let outcome = try BytecodeScrub.run(scratch.read("mod.pyc"), sourceName: path.text)
    _ = scratch.file("out.pyc", try #require(outcome.output).array())
    let check = """
      import marshal, sys, types
      data = open("out.pyc", "rb").read()
      def names(code):
          yield code.co_filename
          for c in code.co_consts:
              if isinstance(c, types.CodeType): yield from names(c)
      found = list(names(marshal.loads(data[12 if sys.version_info < (3, 7) else 16:])))
      root = "/tmp/pip-target-ab12cd_4/lib/python/"
      assert len(found) == 4 and {root + n for n in found} == {open("name", encoding="utf-8").read()}
      """
    try interpreter.run(["-X", "utf8", "-c", check], in: directory)
  }
}
