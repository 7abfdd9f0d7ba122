import Foundation

/// Compiles small sources on the fly, so that tests look at what compilers really write.
enum Compiler {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// A fresh directory that looks like pip's: two random parts, a fixed length.
  static func randomRoot(under base: URL, name: String = "demo") throws -> URL {
    let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789_")
    let hex = Array("0123456789abcdef")
    let first = String((0..<8).map { _ in letters.randomElement()! })
    let second = String((0..<32).map { _ in hex.randomElement()! })
    let root = base.appending(path: "pip-install-\(first)/\(name)_\(second)")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    return root
  }

  /// Runs `tool` in `directory`; throws with its output when it fails.
  @discardableResult
  static func run(_ tool: String, _ arguments: [String], in directory: URL) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [tool] + arguments
    process.currentDirectoryURL = directory
    // gcc writes $PWD into DW_AT_comp_dir when it names the working directory.
    process.environment = ProcessInfo.processInfo.environment.merging(["PWD": directory.path]) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(description: "\(tool) \(arguments.joined(separator: " ")): \(output)")
    }
    return output
  }

  /// Builds a shared library (with `-r`, `-c` or `-pie` something else) from `sources` in a random directory below a temporary one, and returns its bytes.
  static func sharedLibrary(
    _ compiler: String = "gcc", _ flags: [String] = [], sources: [String: String] = Sources.plain,
    name: String = "demo", longer: Int = 0
  ) throws -> [UInt8] {
    let base = FileManager.default.temporaryDirectory.appending(path: "wheelscrub-unit-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: base) }
    let root = try randomRoot(
      under: longer > 0 ? base.appending(path: String(repeating: "x", count: longer)) : base, name: name)
    for (file, text) in sources { try Data(text.utf8).write(to: root.appending(path: file)) }
    let inputs = sources.keys.sorted().filter { !$0.hasSuffix(".h") }.map { root.appending(path: $0).path }
    try run(
      compiler,
      ["-g", "-O1", "-fPIC", "-Wl,--build-id=sha1"]
        + (["-r", "-c", "-pie"].contains { flags.contains($0) } ? [] : ["-shared"]) + flags
        + inputs + ["-o", "out.so"],
      in: root)
    return Array(try Data(contentsOf: root.appending(path: "out.so")))
  }
}

/// Small programs with what leaves paths behind.
enum Sources {
  static let header = """
    struct point { int x; int y; };
    static inline int area(struct point p) { return p.x * p.y; }
    """

  static let plain = [
    "part.h": header,
    "part.c": """
    #include <assert.h>
    #include <stdio.h>
    #include "part.h"
    const char *where(void) { return __FILE__; }
    int part(int value) { struct point p = {value, 3}; assert(value > 0); return area(p); }
    """,
    "whole.c": """
    #include "part.h"
    int part(int);
    int whole(int value) { struct point p = {value, value}; return part(value) + area(p); }
    """,
  ]

  /// One unit, for `-c`; no path in loaded bytes.
  static let single = quiet.filter { $0.key != "part.c" }

  /// No path in loaded bytes.
  static let quiet = [
    "part.h": header,
    "part.c": """
    #include "part.h"
    int part(int value) { struct point p = {value, 3}; return area(p); }
    """,
    "whole.c": """
    #include "part.h"
    int part(int);
    int whole(int value) { struct point p = {value, value}; return part(value) + area(p); }
    """,
  ]
}
