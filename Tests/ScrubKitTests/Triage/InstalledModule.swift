import Foundation

@testable import Formats
@testable import ScrubKit

/// A distribution of one package, compiled by an interpreter, with a RECORD as pip writes it.
struct InstalledModule {
  let scratch = Scratch()
  let interpreter: Interpreter
  var site: String { scratch.path + "/site" }
  var package: String { site + "/pkg" }
  /// `cpython-311`.
  let tag: String

  static let source = """
    import os

    class Shape:
        "doc"
        sides = 4
        def area(self, width, height=3):
            def inner(factor):
                return factor * width
            return inner(height) if width in {"a", "b", 7} else os.sep

    def main(): return Shape().area(20), 123456789012345678901234567890, 2.5, b"bytes", "text"

    """

  init(_ interpreter: Interpreter) throws {
    self.interpreter = interpreter
    tag = "cpython-" + interpreter.version.replacingOccurrences(of: ".", with: "")
    _ = scratch.file("site/pkg/__init__.py", Array("".utf8))
    _ = scratch.file("site/pkg/mod.py", Array(Self.source.utf8))
    _ = scratch.file(
      "site/pkg/latin.py", Array("# coding: latin-1\nname = '".utf8) + [0xe4] + Array("'\n".utf8))
    _ = scratch.file("site/pkg/data.txt", Array("data\n".utf8))
    try compile()
    writeRecord()
  }

  var bytecode: String { "\(package)/__pycache__/mod.\(tag).pyc" }

  func compile(_ options: [String] = [], in directory: String? = nil) throws {
    try interpreter.run(["-m", "compileall", "-q", "-f"] + options + [directory ?? site])
  }

  /// Rows with hashes, but for bytecode.
  func writeRecord(_ more: [String] = []) {
    var rows = more
    for name in FileManager.default.enumerator(atPath: site)?.compactMap({ $0 as? String }).sorted() ?? [] {
      var isDirectory: ObjCBool = false
      guard unsafe FileManager.default.fileExists(atPath: "\(site)/\(name)", isDirectory: &isDirectory),
        !isDirectory.boolValue, !name.hasSuffix("RECORD")
      else { continue }
      let content = Bytes(scratch.read("site/\(name)"))
      rows.append(
        name.hasSuffix(".pyc")
          ? "\(name),," : "\(name),sha256=\(RecordHash.sha256.digest(content)),\(content.count)")
    }
    rows.append("pkg-1.0.dist-info/RECORD,,")
    _ = scratch.file("site/pkg-1.0.dist-info/RECORD", Array((rows.joined(separator: "\n") + "\n").utf8))
  }

  func write(_ path: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(filePath: path))
  }

  /// Runs a script of the interpreter, in the scratch directory; the tree's bytecode is its only argument.
  func run(_ script: String) throws {
    try interpreter.run(["-c", script, bytecode], in: URL(filePath: scratch.path))
  }

  func verify(
    _ paths: [String]? = nil, lines: String? = nil, interpreters: [String]? = nil, root: String? = nil
  ) -> TriageReport {
    var options = TriageOptions()
    options.paths = paths ?? [site]
    options.lines = lines.map { Bytes(Array($0.utf8)) }
    options.root = root
    options.interpreters = interpreters ?? [interpreter.path]
    options.workers = Workers(jobs: 2)
    return Triage(options).run()
  }
}

extension TriageReport {
  /// The only file that is not as it should be, and no other.
  var onlyDoubt: TriageResult? {
    let doubts = results.filter { $0.verdict.weight > .fine }
    return doubts.count == 1 ? doubts[0] : nil
  }

  func verdict(of path: String) -> Verdict? { results.first { $0.path == path }?.verdict }
}
