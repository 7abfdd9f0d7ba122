import Foundation

@testable import Formats
@testable import ScrubKit

/// A static archive made by hand or by the tools that everybody uses.
enum TestArchive {
  static let magic = Array("!<arch>\n".utf8)

  static func header(
    _ name: String, size: Int, date: String = "1700000000", owner: String = "1000", mode: String = "100644"
  ) -> [UInt8] {
    func field(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: width - text.utf8.count)
    }
    let text =
      field(name, 16) + field(date, 12) + field(owner, 6) + field(owner, 6) + field(mode, 8)
      + field(String(size), 10) + "`\n"
    return Array(text.utf8)
  }

  /// A member with its padding.
  static func member(
    _ name: String, _ content: [UInt8], prefix: [UInt8] = [], date: String = "1700000000"
  ) -> [UInt8] {
    let whole = prefix + content
    return header(name, size: whole.count, date: date) + whole + (whole.count % 2 == 1 ? [0x0a] : [])
  }

  static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

  /// `first.c`, `second.c`, one with a long name and `main.c`, compiled in a random directory.
  /// - Returns: the directory; the caller removes its grandparent.
  static func objects(under base: URL, flags: [String] = ["-g"]) throws -> URL {
    let root = try Compiler.randomRoot(under: base)
    let sources = [
      "first.c": "const char *first(void) { return __FILE__; }",
      "second.c": "int second(void) { return 2; }",
      "a_rather_long_name_of_a_member.c": "int third(void) { return 3; }",
      "main.c": """
      const char *first(void); int second(void); int third(void);
      int main(void) { return first()[0] == '/' && second() + third() == 5 ? 0 : 1; }
      """,
    ]
    for (name, text) in sources {
      try Data(text.utf8).write(to: root.appending(path: name))
      try Compiler.run("gcc", flags + ["-c", root.appending(path: name).path], in: root)
    }
    return root
  }

  static let memberNames = ["first.o", "second.o", "a_rather_long_name_of_a_member.o"]

  /// What makes archives: program, leading arguments.
  static let makers: [[String]] = [
    ["ar", "rcsD"], ["ar", "rcsU"], ["ar", "rcSD"], ["ar", "rcsPD"],
    ["llvm-ar", "--format=gnu", "rcsD"], ["llvm-ar", "--format=bsd", "rcsU"],
    ["llvm-ar", "--format=darwin", "rcsD"],
  ]

  static func tool(_ name: String) -> String {
    guard name == "llvm-ar" else { return name }
    return ["/usr/bin/llvm-ar-16", "/usr/bin/llvm-ar-18"].first {
      FileManager.default.isExecutableFile(atPath: $0)
    } ?? name
  }

  /// The archive `libx.a` in `root`, of the members above.
  static func make(_ maker: [String], in root: URL) throws -> URL {
    let isWhole = maker.last!.contains("P")
    let members = memberNames.map { isWhole ? root.appending(path: $0).path : $0 }
    try Compiler.run(tool(maker[0]), Array(maker.dropFirst()) + ["libx.a"] + members, in: root)
    return root.appending(path: "libx.a")
  }
}
