import Foundation
import Testing

/// A CPython of this machine.
struct Interpreter: Sendable, CustomTestStringConvertible {
  var path: String
  /// `3.11`.
  var version: String
  /// Its standard library.
  var library: String

  var testDescription: String { path }

  /// One of each version that is installed: the system's, pyenv's and hand-made ones.
  static let all: [Interpreter] = {
    let manager = FileManager.default
    let home = ProcessInfo.processInfo.environment["HOME"] ?? "/root"
    let versions = home + "/.pyenv/versions"
    var candidates = ["/usr/bin/python3"]
    for directory in ["/usr/bin", "/usr/local/bin"] {
      let names = (try? manager.contentsOfDirectory(atPath: directory)) ?? []
      candidates += names.filter { $0.wholeMatch(of: /python3\.\d+/) != nil }.sorted().map {
        "\(directory)/\($0)"
      }
    }
    candidates += ((try? manager.contentsOfDirectory(atPath: versions)) ?? []).sorted().map {
      "\(versions)/\($0)/bin/python3"
    }
    let script = "import sys, os; print('%d.%d' % sys.version_info[:2]); print(os.path.dirname(os.__file__))"
    var found: [Interpreter] = []
    for path in candidates where manager.isExecutableFile(atPath: path) {
      let lines = try? Compiler.run(path, ["-c", script], in: URL(filePath: "/")).split(separator: "\n")
      guard let lines, lines.count == 2, lines[0].hasPrefix("3."),
        !found.contains(where: { $0.version == lines[0] && $0.library == lines[1] })
      else { continue }
      found.append(Interpreter(path: path, version: String(lines[0]), library: String(lines[1])))
    }
    return found
  }()

  /// What is there of its own bytecode: not of distributions that were installed.
  var bytecode: [String] {
    let files = FileManager.default.enumerator(atPath: library)?.compactMap { $0 as? String } ?? []
    return files.filter {
      $0.hasSuffix(".pyc") && !$0.hasPrefix("site-packages") && !$0.hasPrefix("dist-packages")
    }.map { "\(library)/\($0)" }.sorted()
  }

  @discardableResult
  func run(_ arguments: [String], in directory: URL = URL(filePath: "/")) throws -> String {
    try Compiler.run("env", ["-u", "PYTHONDONTWRITEBYTECODE", path] + arguments, in: directory)
  }
}

/// The scripts of Tests/Judges.
func judge(_ name: String) -> String {
  URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Judges/\(name)").path
}
