import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Paths that clang writes in two parts: a directory in front of the random name, and a name that begins with it.
@Suite struct SplitPathTests {
  private let scratch = Scratch()

  /// A library or object that includes a header of pip's build environment, built below `top`.
  private func build(_ top: String, _ random: String, _ flags: [String], others: [String] = []) throws
    -> [UInt8]
  {
    let environment = "\(top)/pip-build-env-\(random)/overlay/include"
    _ = scratch.file(
      "\(environment)/errors.h", Array("#define OTHER 1\nstatic int f(void) { return OTHER; }\n".utf8))
    var source = "#include <errors.h>\n"
    for name in others {
      _ = scratch.file("\(top)/shared/\(name)", Array("static int shared(void) { return 2; }\n".utf8))
      source += "#include <\(name)>\nint other(void) { return shared(); }\n"
    }
    source += "int whole(int value) { return f() + value; }\n"
    let directory = "\(top)/pip-wheel-\(random)/demo_0123456789abcdef0123456789abcdef"
    _ = scratch.file("\(directory)/whole.c", Array(source.utf8))
    try Compiler.run(
      "clang",
      ["-O0", "-fPIC", "-I\(scratch.path)/\(environment)", "-I\(scratch.path)/\(top)/shared", "whole.c"]
        + (flags.contains("-c") ? [] : ["-shared", "-Wl,--build-id=none"]) + flags + ["-o", "out.so"],
      in: URL(filePath: "\(scratch.path)/\(directory)"))
    return scratch.read("\(directory)/out.so")
  }

  private func fix(_ image: [UInt8]) throws -> (output: [UInt8], findings: [Finding]) {
    let outcome = try ImageScrub(options: Options()).run(Bytes(image), fix: true)
    return (try #require(outcome.output).array(), outcome.findings)
  }

  private func prove(_ original: [UInt8], _ fixed: [UInt8]) -> ProofReport {
    PathProof(Options()).run(scratch.file("before/x.so", original), scratch.file("after/x.so", fixed))
  }

  @Test(arguments: [
    ["-gdwarf-5"], ["-gdwarf-4"], ["-gdwarf-5", "-fdebug-macro"], ["-gdwarf-5", "-c"], ["-gdwarf-3"],
    ["-gdwarf-5", "-gz=zlib"],
  ])
  func temporaryDirectoriesOfOtherNamesAreForgotten(_ flags: [String]) throws {
    var results: Set<[UInt8]> = []
    for (top, random) in [("a/tmp", "ra8xk2_q"), ("a/tmp", "x_k38dqc"), ("longer/name/of/temp", "b71_xwq9")] {
      let original = try build(top, random, flags)
      let (output, findings) = try fix(original)
      results.insert(output)
      #expect(findings.allSatisfy { $0.isFixable })
      let split = findings.filter { $0.root == "pip-build-env-\(random)" }
      #expect(split.map(\.replacement).contains("/build/pip-build-env"), "\(split)")
      let report = prove(original, output)
      #expect(report.isProven, "\(report)")
      #expect(try ImageScrub(options: Options()).run(Bytes(output), fix: true).output == nil)
    }
    #expect(results.count == 1)
    let dump = try scratch.run("llvm-dwarfdump", "--debug-line", scratch.file("x.so", results.first ?? []))
    #expect(dump.contains("\"/build/pip-build-env/overlay/include/errors.h\""), "\(dump)")
    #expect(dump.contains("= \"/build\"") && !dump.contains("/tmp\"") && !dump.contains("/temp"), "\(dump)")
  }

  @Test(arguments: ["-gdwarf-5", "-gdwarf-4"])
  func debuggersFindTheWholePath(_ version: String) throws {
    let fixed = scratch.file("x.so", try fix(try build("tmp", "ra8xk2_q", [version])).output)
    let answer = try scratch.run("gdb", "-nx", "-batch", "-ex", "info line f", fixed)
    #expect(answer.contains("\"/build/pip-build-env/overlay/include/errors.h\""), "\(answer)")
    let table = try scratch.run("readelf", "--debug-dump=decodedline", fixed)
    #expect(table.contains("errors.h") && !table.contains("ra8xk2_q"), "\(table)")
  }

  @Test(arguments: ["-gdwarf-5", "-gdwarf-4"])
  func directoriesOfOtherFilesStay(_ version: String) throws {
    let original = try build("a/tmp", "ra8xk2_q", [version], others: ["plain.h"])
    let output = try fix(original).output
    let dump = try scratch.run("llvm-dwarfdump", "--debug-line", scratch.file("x.so", output))
    #expect(dump.contains("\(scratch.url.lastPathComponent)/a/tmp\""), "\(dump)")
    #expect(dump.contains("\"/build/pip-build-env/overlay/include/errors.h\""), "\(dump)")
    #expect(dump.contains("\"shared/plain.h\""), "\(dump)")
    #expect(prove(original, output).isProven)
  }

  @Test(arguments: ["-gdwarf-5", "-gdwarf-4"])
  func otherPathsAreNoProof(_ version: String) throws {
    let original = try build("tmp", "ra8xk2_q", [version])
    let output = try fix(original).output
    for (text, other) in [
      ("/build/pip-build-env/overlay/include/errors.h", "/build/pip-build-env/overlay/include/errorz.h"),
      ("/build/pip-build-env/overlay/include/errors.h", "/bulid/pip-build-env/overlay/include/errors.h"),
      ("\0/build\0", "\0/built\0"),
    ] {
      var wrong = output
      // (The string table may let `/build` be nobody's end: then it stands at a table's start.)
      let found = Bytes(output).span.firstIndex(of: Array(text.utf8))
      guard let start = found else {
        #expect(text.hasPrefix("\0"))
        continue
      }
      wrong.replaceSubrange(start..<start + text.utf8.count, with: Array(other.utf8))
      #expect(!prove(original, wrong).isProven, "\(text)")
    }
  }

  /// A name that is random only because of its directory is a root as well.
  @Test(arguments: ["-gdwarf-5", "-gdwarf-4"])
  func namesThatOnlyTheirDirectoryMakesRandom(_ version: String) throws {
    var results: Set<[UInt8]> = []
    for (top, random) in [("a/tmp", "tmpk3x9_q2a"), ("longer/tmp", "tmp_7bq0zxm")] {
      _ = scratch.file("\(top)/\(random)/inc/e.h", Array("static int f(void) { return 1; }\n".utf8))
      let source = "#include <e.h>\nint whole(int value) { return f() + value; }\n"
      let directory = "\(top)/pip-wheel-ra8xk2_q/demo_0123456789abcdef0123456789abcdef"
      _ = scratch.file("\(directory)/whole.c", Array(source.utf8))
      try Compiler.run(
        "clang",
        ["-shared", "-fPIC", version, "-I\(scratch.path)/\(top)/\(random)/inc", "whole.c", "-o", "out.so"],
        in: URL(filePath: "\(scratch.path)/\(directory)"))
      let original = scratch.read("\(directory)/out.so")
      let (output, findings) = try fix(original)
      results.insert(output)
      let split = findings.filter { $0.root == random }
      #expect(split.count == 1 && split.allSatisfy { $0.fate == .rebuilt }, "\(findings)")
      #expect(split.allSatisfy { $0.replacement.hasPrefix("/build") }, "\(split)")
      #expect(prove(original, output).isProven)
      #expect(Bytes(output).span.firstIndex(of: Array(random.utf8)) == nil)
      // In place no absolute path fits: it is said, and the rest is fixed.
      var options = Options()
      options.layout = .slot
      let slot = try ImageScrub(options: options).run(Bytes(original), fix: true)
      #expect(slot.findings.filter { !$0.isFixable }.map(\.root) == [random], "\(slot.findings)")
    }
    #expect(results.count == 1)
  }

  // MARK: Tables by hand

  private func sections(_ line: [UInt8], strings: [UInt8] = []) -> DwarfSections {
    var sections = [
      DwarfSections.Section(name: ".debug_line", label: ".debug_line", content: Bytes(line), index: 1)
    ]
    if !strings.isEmpty {
      sections.append(
        DwarfSections.Section(
          name: ".debug_line_str", label: ".debug_line_str", content: Bytes(strings), index: 2))
    }
    return DwarfSections(order: .little, addressSize: 8, sections: sections)
  }

  private func number(_ value: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  /// A program without opcodes (DWARF 4 and 5, section 6.2.4).
  private func program(version: UInt8, _ tables: [UInt8]) -> [UInt8] {
    // minimum_instruction_length, maximum_operations_per_instruction, default_is_stmt, line_base, line_range,
    // opcode_base
    let header: [UInt8] = [1, 1, 1, 0xfb, 14, 1] + tables
    let body = [version, 0] + (version == 5 ? [8, 0] : []) + number(header.count) + header
    return number(body.count) + body
  }

  private func old(_ directories: [String], _ files: [(String, UInt8)]) -> [UInt8] {
    var tables: [UInt8] = []
    for directory in directories { tables += Array(directory.utf8) + [0] }
    tables.append(0)
    for (name, directory) in files { tables += Array(name.utf8) + [0, directory, 0, 0] }
    return program(version: 4, tables + [0])
  }

  private func new(_ directories: [Int], _ files: [(Int, UInt8)]) -> [UInt8] {
    let (path, index, lineStrp, data1) = (UInt8(1), UInt8(2), UInt8(0x1f), UInt8(0x0b))
    var tables: [UInt8] = [1, path, lineStrp, UInt8(directories.count)]
    for offset in directories { tables += number(offset) }
    tables += [2, path, lineStrp, index, data1, UInt8(files.count)]
    for (offset, directory) in files { tables += number(offset) + [directory] }
    return program(version: 5, tables)
  }

  private func strings(_ split: SplitPaths) -> [String] {
    (split.strings.values.flatMap(\.values) + split.inline.values).map {
      String(decoding: $0, as: UTF8.self)
    }.sorted()
  }

  private let name = "pip-build-env-ra8xk2_q/e.h"

  @Test func directoriesThatDoNotExistHoldNothing() throws {
    let wrong = old(["/tmp"], [(name, 2), (name, 0), (name, 99)])
    #expect(strings(try SplitPaths(sections(wrong), .default)).isEmpty)
    let right = old(["/tmp", "/var/tmp"], [(name, 2), ("x.h", 1), (name, 99)])
    #expect(strings(try SplitPaths(sections(right), .default)) == ["/build", "/build/pip-build-env/e.h"])
  }

  @Test func stringsOfOtherUsersStay() throws {
    let text = Array("/home/x\0/tmp\0/var/tmp\0\(name)\0".utf8)
    let (unit, tmp, other, file) = (0, 8, 13, 22)
    func result(_ directories: [Int], _ files: [(Int, UInt8)]) throws -> [String] {
      strings(try SplitPaths(sections(new(directories, files), strings: text), .default))
    }
    #expect(try result([unit, tmp], [(file, 1)]) == ["/build", "/build/pip-build-env/e.h"])
    // Both directories make the same of it.
    #expect(
      try result([unit, tmp, other], [(file, 1), (file, 2)]) == [
        "/build", "/build", "/build/pip-build-env/e.h",
      ])
    // The unit's own directory and its files stay what they are, and so does what they share.
    #expect(try result([tmp, tmp], [(file, 1)]) == ["/build/pip-build-env/e.h"])
    #expect(try result([unit, tmp], [(file, 0), (file, 1)]).isEmpty)
    #expect(try result([tmp, unit], [(file, 0)]).isEmpty)
  }

  @Test func manyFilesOfLongDirectoriesAreLeft() throws {
    let long = "/" + String(repeating: "d/", count: 30_000) + "tmp"
    let files = (0..<3000).map { ("pip-build-env-ra8xk2_q/\($0).h", UInt8(1)) }
    #expect(strings(try SplitPaths(sections(old([long], files)), .default)).isEmpty)
    // As many in a directory of usual length are not.
    #expect(strings(try SplitPaths(sections(old(["/var/folders/x/T"], files)), .default)).count == 3001)
  }
}
