import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Modules of eleven kinds, linked in several ways: after `fix` each function says what it said, but for the roots.
@Suite struct DifferentialTests {
  /// A root of its own for each number.
  static func root(_ number: Int) -> String {
    "/tmp/pip-wheel-k3v9x1mq/demo_5d41402abc4b2a76b9719d91101\(10000 + number * 37)"
  }

  /// Functions are `F(n)`; `OWN(n)` if the root that it returns is nobody else's, and so must be rewritten.
  struct Source: Sendable {
    var file: String
    var text: String
    var count: Int { text.matches(of: #/(?m)^(F|OWN)\(/#).count }
    var own: [Int] { text.matches(of: #/(?m)^OWN\((\d+)\)/#).compactMap { Int($0.1) } }

    init(_ file: String, _ text: String) {
      self.file = file
      self.text = """
        #ifdef __cplusplus
        #define F(n) extern "C" const char *f##n()
        #else
        #define F(n) const char *f##n(void)
        #endif
        #define OWN(n) F(n)

        """ + text
    }
  }

  static let sources = [
    Source(
      "tails.c",
      """
      F(0) { return "\(root(0))"; }
      \((1...6).map { "F(\($0)) { return \"\(root(0).suffix($0))\"; }" }.joined(separator: "\n"))
      OWN(7) { return "\(root(9))"; }
      """),
    Source(
      "arrays.c",
      """
      static const char *const names[] = {"\(root(0))", "\(root(1))", "\(root(1).suffix(4))", "x", "\(root(2))"};
      volatile int zero;
      F(0) { return names[zero]; }
      F(1) { return names[zero + 1]; }
      F(2) { return names[zero + 2]; }
      F(3) { return names[zero + 3]; }
      OWN(4) { return names[zero + 4]; }
      """),
    Source(
      "switch.c",
      """
      volatile int number = 5;
      static const char *text(int which) {
        switch (which) {
          case 0: return "zero"; case 1: return "\(root(1))"; case 2: return "two"; case 3: return "three";
          case 4: return "\(root(1).suffix(2))"; case 5: return "five"; case 6: return "\(root(2))/lib/a.c";
          case 7: return "a.c";
        }
        return "many";
      }
      \((0...8).map { "F(\($0)) { return text(number - 5 + \($0)); }" }.joined(separator: "\n"))
      """),
    Source(
      "longer.c",
      """
      F(0) { return "cannot open \(root(0))"; }
      F(1) { return "\(root(0))"; }
      F(2) { return "\(root(0).suffix(3))"; }
      OWN(3) { return "cannot close \(root(1)): no such file"; }
      F(4) { return "no such file"; }
      """),
    Source(
      "files.c",
      """
      OWN(0) { return "\(root(0))/src/module.c"; }
      F(1) { return "src/module.c"; }
      F(2) { return "/src/module.c"; }
      F(3) { return "module.c"; }
      F(4) { return "c"; }
      OWN(5) { return "\(root(1))/a:\(root(2))/b"; }
      """),
    Source(
      "pairs.c",
      """
      F(0) { return "path=\(root(0))"; }
      F(1) { return "\(root(0))"; }
      OWN(2) { return "\(root(1))"; }
      F(3) { return "\(root(0).suffix(1))"; }
      """),
    Source(
      "structures.c",
      """
      struct entry { int kind; const char *name; char own[8]; };
      static const struct entry table[] = {
        {1, "\(root(0))", "abc"}, {2, "\(root(0).suffix(5))", "\(root(0).suffix(5))"}, {3, "\(root(3))", ""}};
      static const char array[] = "\(root(1))";
      static const char tail[] = "\(root(1).suffix(4))";
      volatile int zero;
      F(0) { return table[zero].name; }
      F(1) { return table[zero + 1].name; }
      F(2) { return table[zero + 1].own; }
      OWN(3) { return table[zero + 2].name; }
      F(4) { return array + zero; }
      F(5) { return tail + zero; }
      """),
    Source(
      "views.cpp",
      """
      #include <string>
      #include <string_view>
      static constexpr std::string_view views[] = {"alpha", "\(root(0).suffix(5))", "\(root(0))", "omega"};
      volatile int zero;
      F(0) { return views[zero + 1].data(); }
      F(1) { return views[zero + 2].data(); }
      F(2) { static std::string text("\(root(1))/main.cpp"); return text.c_str(); }
      F(3) { static std::string text("\(root(2))"); return text.c_str(); }
      F(4) { static std::string text("\(root(2).suffix(20))"); return text.c_str(); }
      F(5) { static std::string text = std::string("\(root(3))") + "/x"; return text.c_str(); }
      """),
    Source(
      "buffers.c",
      """
      #include <stdio.h>
      #include <string.h>
      static char buffers[4][256];
      volatile int zero;
      F(0) { snprintf(buffers[0], 256, "%s/%s", "\(root(0))" + zero, "\(root(0).suffix(3))"); return buffers[0]; }
      F(1) { strcpy(buffers[1], "\(root(1))"); return buffers[1]; }
      F(2) { memcpy(buffers[2], "\(root(2))/file.c", \(root(2).count + 8)); return buffers[2]; }
      F(3) { strcpy(buffers[3], "\(root(1))"); return strcat(buffers[3], "\(root(2))"); }
      """),
    Source(
      "inside.c",
      """
      volatile int zero;
      static const char *const parts[] = {"\(root(0))" + 40, "\(root(1))" + 24, "other", "\(root(1))/a" + 60};
      F(0) { return parts[zero]; }
      F(1) { return parts[zero + 1]; }
      F(2) { return zero ? "\(root(2))" : "\(root(2).suffix(2))"; }
      F(3) { return parts[zero + 3]; }
      OWN(4) { return "\(root(4))"; }
      """),
    Source(
      "ends.c",
      """
      volatile int zero;
      static const char *const names[] = {"\(root(0).suffix(3))", "a.c", "b.c", "c.c"};
      F(0) { return names[zero]; }
      F(1) { return names[zero + 1]; }
      F(2) { return "\(root(0))"; }
      F(3) { return "x/a.c"; }
      F(4) { return "y/b.c"; }
      F(5) { return "z/c.c"; }
      OWN(6) { return "\(root(1))"; }
      """),
  ]

  private static let program = """
    import ctypes, json, sys
    said = []
    for word in sys.argv[1:]:
        name, count = word.split(":")
        library = ctypes.CDLL("./" + name)
        answers = []
        for number in range(int(count)):
            call = getattr(library, f"f{number}")
            call.restype = ctypes.c_char_p
            answers.append(call().decode("latin-1"))
        said.append(answers)
    print(json.dumps(said))
    """

  /// Every root as `fix` writes it.
  static func normalised(_ text: String) -> String {
    let path = "/build/demo" + String(repeating: "/", count: root(0).count - 11)
    return text.replacing(#/\/tmp\/pip-wheel-k3v9x1mq\/demo_[0-9a-f]{32}/#, with: path)
  }

  @Test(
    arguments: SharedBytesTests.linkings.filter { $0.words != "clang -O2 -fuse-ld=gold" }.map(\.words) + [
      "gcc -O1", "gcc -O3 -fuse-ld=lld",
    ])
  func nothingButTheRootChanges(linking: String) throws {
    let scratch = Scratch()
    var fixable = 0
    for source in Self.sources {
      _ = scratch.file(source.file, Array(source.text.utf8))
      var command = linking.split(separator: " ").map(String.init)
      if source.file.hasSuffix("pp") {
        command[0] = command[0] == "gcc" ? "g++" : "clang++"
        command.append("-std=c++17")
      }
      // Warnings that reading inside of a constant is unusual.
      try Compiler.run(
        command[0],
        command.dropFirst() + ["-w", "-fPIC", "-shared", source.file, "-o", source.file + ".so"],
        in: scratch.url)
      let input = scratch.read(source.file + ".so")
      let outcome = try ImageScrub(options: Options()).run(Bytes(input), fix: true)
      fixable += outcome.findings.count { $0.isFixable }
      _ = scratch.file(source.file + ".fixed.so", outcome.output?.array() ?? input)
    }
    func ask(_ suffix: String) throws -> [[String]] {
      let script = scratch.file("ask.py", Array(Self.program.utf8))
      let output = try Compiler.run(
        "python3", [script] + Self.sources.map { "\($0.file)\(suffix):\($0.count)" }, in: scratch.url)
      return try JSONDecoder().decode([[String]].self, from: Data(output.utf8))
    }
    let (before, after) = (try ask(".so"), try ask(".fixed.so"))
    for (index, source) in Self.sources.enumerated() {
      #expect(
        before[index].map(Self.normalised) == after[index].map(Self.normalised), "\(source.file)")
      for number in source.own {
        #expect(
          after[index][number] == Self.normalised(before[index][number]), "\(source.file): f\(number)")
      }
    }
    #expect(fixable >= Self.sources.flatMap(\.own).count)
  }
}
