import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// What was injected into an installed tree is found and named, for every CPython of this machine.
@Suite struct InjectionTests {
  static let interpreters = Interpreter.all.filter { interpreter in
    BytecodeVersion.all.contains { $0.name == interpreter.version }
  }

  @Test func thereAreInterpreters() { #expect(!Self.interpreters.isEmpty) }

  @Test(arguments: interpreters) func cleanTreeIsProven(_ interpreter: Interpreter) throws {
    let tree = try InstalledModule(interpreter)
    let report = tree.verify()
    #expect(report.weight == .fine && report.errors.isEmpty, "\(report)")
    #expect(report.count(.ok) == 4 && report.count(.proven) == 3)
    #expect(report.interpreters.map(\.path) == [interpreter.path])
    // Optimised, without __pycache__, with the hash of the source: proven all the same.
    try tree.interpreter.run(["-O", "-m", "compileall", "-q", tree.site])
    try tree.interpreter.run(["-OO", "-m", "compileall", "-q", tree.site])
    try tree.interpreter.run(["-OO", "-m", "compileall", "-q", "-b", tree.site])
    #expect(tree.verify().count(.proven) == 12)
    if interpreter.version != "3.6" {
      for mode in ["checked-hash", "unchecked-hash"] {
        try tree.compile(["--invalidation-mode", mode])
        #expect(tree.verify().weight == .fine)
      }
    }
  }

  /// Constants and code are changed with the interpreter's own means, which keep the header and load.
  private static func edit(_ replacement: String) -> String {
    """
    import marshal, sys
    path = sys.argv[1]
    data = open(path, "rb").read()
    head = 12 if sys.version_info < (3, 7) else 16
    code = marshal.loads(data[head:])
    def replace(code, **fields):
        if hasattr(code, "replace"):
            return code.replace(**fields)
        names = ["argcount", "kwonlyargcount", "nlocals", "stacksize", "flags", "code", "consts", "names", "varnames",
                 "filename", "name", "firstlineno", "lnotab", "freevars", "cellvars"]
        return type(code)(*[fields.get("co_" + name, getattr(code, "co_" + name)) for name in names])
    def walk(code):
        code = replace(code, co_consts=tuple(walk(c) if hasattr(c, "co_code") else c for c in code.co_consts))
        return change(code)
    \(replacement)
    open(path, "wb").write(data[:head] + marshal.dumps(walk(code)))
    """
  }

  @Test(arguments: interpreters) func changedCode(_ interpreter: Interpreter) throws {
    let tree = try InstalledModule(interpreter)
    try tree.run(
      Self.edit(
        """
        def change(code):
            if code.co_name != "inner":
                return code
            return replace(code, co_code=code.co_code[:-2] + bytes([9, 0]))
        """))
    let doubt = try #require(tree.verify().onlyDoubt)
    #expect(doubt.path == tree.bytecode && doubt.verdict == .mismatch)
    #expect(doubt.differences.first?.function == "Shape.area.<locals>.inner")
    #expect(doubt.differences.first?.field.hasPrefix("co_code+0x") == true, "\(doubt)")
  }

  @Test(arguments: interpreters) func changedConstant(_ interpreter: Interpreter) throws {
    let tree = try InstalledModule(interpreter)
    try tree.run(
      Self.edit(
        """
        def change(code):
            if code.co_name != "main":
                return code
            return replace(code, co_consts=tuple("evil" if c == "text" else c for c in code.co_consts))
        """))
    let doubt = try #require(tree.verify().onlyDoubt)
    #expect(doubt.path == tree.bytecode && doubt.verdict == .mismatch)
    let difference = try #require(doubt.differences.first)
    #expect(difference.function == "main" && difference.field.hasPrefix("co_consts["))
    #expect(difference.found.contains("'evil'") || difference.found.contains("a tuple"), "\(difference)")
  }

  @Test(arguments: interpreters) func mixedFilename(_ interpreter: Interpreter) throws {
    let tree = try InstalledModule(interpreter)
    try tree.run(
      Self.edit(
        """
        def change(code):
            return replace(code, co_filename="/elsewhere/x.py") if code.co_name == "area" else code
        """))
    let doubt = try #require(tree.verify().onlyDoubt)
    #expect(doubt.path == tree.bytecode && doubt.verdict == .mismatch)
    #expect(doubt.differences.first?.field == "co_filename", "\(doubt)")
    #expect(doubt.differences.first?.found == "'/elsewhere/x.py'")
  }

  @Test(arguments: interpreters) func anotherFilenameForAll(_ interpreter: Interpreter) throws {
    let tree = try InstalledModule(interpreter)
    try tree.run(
      Self.edit("def change(code): return replace(code, co_filename='/tmp/pip-target-ab12cd34/mod.py')"))
    #expect(tree.verify().weight == .fine)
  }

  @Test(arguments: interpreters) func trailingBytes(_ interpreter: Interpreter) throws {
    let tree = try InstalledModule(interpreter)
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: tree.bytecode)))
    try tree.write(tree.bytecode, bytes + [0])
    #expect(tree.verify().onlyDoubt?.verdict == .invalid)
    #expect(tree.verify().onlyDoubt?.reason?.contains("1 bytes behind the code object") == true)
    try tree.write(tree.bytecode, bytes.dropLast(3))
    #expect(tree.verify().onlyDoubt?.verdict == .invalid)
    try tree.write(tree.bytecode, [])
    #expect(tree.verify().onlyDoubt?.verdict == .invalid)
    try tree.write(tree.bytecode, Array("#!/usr/bin/env python3\n".utf8))
    #expect(tree.verify().onlyDoubt?.verdict == .invalid)
  }

  @Test(arguments: interpreters) func changedSource(_ interpreter: Interpreter) throws {
    let tree = try InstalledModule(interpreter)
    try tree.write(tree.package + "/mod.py", Array((InstalledModule.source + "evil = 1\n").utf8))
    for recompiled in [false, true] {
      if recompiled { try tree.compile() }
      let report = tree.verify()
      #expect(report.verdict(of: tree.package + "/mod.py") == .sourceModified)
      #expect(report.verdict(of: tree.bytecode) == .unproven)
      #expect(report.weight == .mismatch)
    }
  }

  @Test(arguments: interpreters) func sourceless(_ interpreter: Interpreter) throws {
    let tree = try InstalledModule(interpreter)
    let added = tree.package + "/added.pyc"
    try FileManager.default.copyItem(atPath: tree.bytecode, toPath: added)
    #expect(tree.verify().onlyDoubt?.verdict == .sourceless)
    try FileManager.default.removeItem(atPath: added)
    try FileManager.default.copyItem(
      atPath: tree.bytecode, toPath: tree.package + "/__pycache__/added.\(tree.tag).pyc")
    #expect(tree.verify().onlyDoubt?.verdict == .orphan)
  }

  @Test(arguments: interpreters.filter { $0.version != "3.6" })
  func uncheckedHash(_ interpreter: Interpreter) throws {
    let tree = try InstalledModule(interpreter)
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: tree.bytecode)))
    bytes[4] = 1
    try tree.write(tree.bytecode, bytes)
    let doubt = try #require(tree.verify().onlyDoubt)
    #expect(doubt.verdict == .mismatch && doubt.reason?.contains("unchecked hash") == true)
  }

  @Test(arguments: interpreters) func staleHeaders(_ interpreter: Interpreter) throws {
    let tree = try InstalledModule(interpreter)
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1_600_000_000)],
      ofItemAtPath: tree.package + "/mod.py")
    let doubt = try #require(tree.verify().onlyDoubt)
    #expect(doubt.verdict == .stale && doubt.differences.isEmpty)
    // Imports write it anew, and then it is proven.
    try tree.interpreter.run(["-c", "import sys; sys.path.insert(0, sys.argv[1]); import pkg.mod", tree.site])
    #expect(tree.verify().weight == .fine)
  }
}
