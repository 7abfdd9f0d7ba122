import Foundation
import Testing

/// What independent programs say of an original image and of the fixed one.
enum Judges {
  static let dwarfdump = Tools.firstInstalled(
    ["llvm-dwarfdump-16", "llvm-dwarfdump-18", "llvm-dwarfdump"])

  /// readelf reads all of the debug info the same but for the paths, and complains no more.
  static func readelf(_ original: String, _ fixed: String, root: String) async throws {
    for part in parts { try await readelf(part, [original], [fixed], root: root) }
  }

  /// The same for many images, which need not be large, in as few steps.
  static func readelf(_ originals: [String], _ fixed: [String], root: String) async throws {
    try await readelf(parts.joined(separator: ","), originals, fixed, root: root)
  }

  private static let parts = ["info", "decodedline", "rawline", "macro"]

  private static func readelf(
    _ part: String, _ originals: [String], _ fixed: [String], root: String
  ) async throws {
    let before = try await readelf(part, of: originals)
    let after = try await readelf(part, of: fixed)
    #expect(after.status == before.status, "\(part)")
    #expect(after.errorLines.count <= before.errorLines.count, "\(part): \(after.errors)")
    // A rebuilt line table is shorter, so the raw dump's own offsets move; its names must not.
    let expected = try await normalised(before.output, root: root)
    let found = try await normalised(after.output, root: root)
    if expected != found { Issue.record("\(part): \(try await firstDifferences(expected, found))") }
    #expect(!after.output.contains("/pip-wheel-") && !after.output.contains("/pip-req-build-"), "\(part)")
  }

  /// One process a file: with two, readelf (2.40) reads the second one's indexed strings through the first's base.
  private static func readelf(_ part: String, of images: [String]) async throws -> Outcome {
    let script =
      "status=0; for image; do readelf -W --debug-dump=\(part) \"$image\" || status=$?; done; exit $status"
    return try await Tools.run("/bin/sh", ["-c", script, "sh"] + images)
  }

  /// llvm-dwarfdump finds no more errors. It never ends on a call site inside a lexical block (seen in 14, 16 and
  /// 19): then what it said until its time was up is compared.
  static func llvm(_ original: String, _ fixed: String) async throws {
    try await llvm([original], [fixed])
  }

  static func llvm(_ originals: [String], _ fixed: [String]) async throws {
    let dwarfdump = try #require(dwarfdump)
    let before = try await Tools.run(dwarfdump, ["--verify"] + originals, limit: 20)
    let after = try await Tools.run(dwarfdump, ["--verify"] + fixed, limit: 20)
    if before.timedOut { print("llvm-dwarfdump --verify does not end on \(originals)") }
    #expect(after.timedOut == before.timedOut, "\(after.transcript)")
    if before.timedOut {
      // How far it came in its time differs from run to run; what it complains of must not.
      #expect(errorKinds(in: after).isSubset(of: errorKinds(in: before)), "\(after.transcript)")
    } else {
      #expect(errors(in: after) <= errors(in: before), "\(after.transcript)")
    }
  }

  static func elfutils(_ original: String, _ fixed: String) async throws {
    for arguments in [["eu-readelf", "-w"], ["eu-readelf", "-n"], ["eu-elflint", "--gnu-ld"]] {
      let before = try await Tools.run(arguments[0], Array(arguments.dropFirst()) + [original])
      let after = try await Tools.run(arguments[0], Array(arguments.dropFirst()) + [fixed])
      #expect(after.errorLines.count <= before.errorLines.count, "\(arguments): \(after.errors)")
      #expect(after.status <= before.status, "\(arguments): \(after.errors)")
    }
  }

  /// The bytes that a process maps are those of the original, but for paths and seals of the same length.
  static func segments(_ original: String, _ fixed: String) async throws {
    let before = try await Tools.output(
      of: "readelf", ["-W", "--segments", "--dynamic", "--dyn-syms", original])
    let after = try await Tools.output(of: "readelf", ["-W", "--segments", "--dynamic", "--dyn-syms", fixed])
    #expect(after == before)
  }

  /// addr2line finds the function's file and line below the stable root.
  static func addr2line(_ original: String, _ fixed: String, function: String, root: String) async throws {
    let symbols = try await Tools.output(of: "nm", ["-C", original]).lines
    let row = try #require(
      symbols.first { $0.dropFirst(19).prefix(function.count) == function }, "\(symbols)")
    let address = "0x" + row.prefix(16)
    let before = try await Tools.output(of: "addr2line", ["-e", original, address])
    let after = try await Tools.output(of: "addr2line", ["-e", fixed, address])
    #expect(try await normalised(after, root: root) == normalised(before, root: root))
    #expect(after.hasPrefix(root + "/"), "\(after)")
    #expect(after.firstMatch(of: /:[1-9][0-9]*/) != nil, "\(after)")
  }

  /// gdb finds the source that the user unpacked somewhere, through one substitution.
  static func gdb(_ fixed: String, function: String, line: String, root: String, source: String) async throws
  {
    let outcome = try await Tools.run(
      "gdb",
      [
        "-nx", "-batch", "-ex", "set substitute-path \(root) \(source)", "-ex", "info line \(function)",
        "-ex", "list \(function)", fixed,
      ])
    #expect(outcome.output.contains(/Line [0-9]+ of "/), "\(outcome.transcript)")
    #expect(outcome.output.contains(line), "\(outcome.transcript)")
  }

  /// The text with every build root as its stable name, fillers collapsed, and without offsets of strings.
  static func normalised(_ text: String, root: String) async throws -> String {
    let file = try Workspace.shared.scratch("normalise") + "/text"
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    let path = "(/[^][/ :,'\"()]+)*"
    let rules = [
      "s#\(path)/pip-wheel-[a-z0-9_]{8}/[a-z0-9-]+_[0-9a-f]{32}#\(root)#g",
      "s#\(path)/pip-req-build-[a-z0-9_]{8}#\(root)#g",
      "s#//+#/#g", "s#(\(root))/($|[^A-Za-z0-9_.])#\\1\\2#g",
      // Where a string lies in its table is what a rebuilt table changes.
      "s#\\((indirect|alt indirect) (line )?string, offset: 0x?[0-9a-f]*\\)#(string)#g",
      "s#\\(offset: 0x?[0-9a-f]*\\)##g", "s#offset 0x?[0-9a-f]+#offset#g",
      // Shorter names in a rebuilt header move what follows; the programs themselves are compared.
      "s#(DW_AT_stmt_list +: \\(sec_offset\\)) 0x[0-9a-f]+#\\1#",
      "s#^( *(Offset|Length|Prologue Length|Offset into .debug_line|Offset into .debug_line section)):.*#\\1#",
      "s#^( *)\\[0x[0-9a-f]+\\]#\\1#", "s#lineptr: 0x[0-9a-f]+##", "s#\\(offset 0x[0-9a-f]+\\)##",
      "s#(Directory|File Name) Table \\(offset [^,]*,#\\1 Table (#",
      // A new id by which a split unit is found; tests of its own compare both sides.
      "s#(DW_AT_GNU_dwo_id[^:]*: \\(data8\\)|DWO ID:) *0x[0-9a-f]+#\\1#",
      // The units' shares of a package's shorter line section.
      "s#^( *.debug_line.dwo:).*#\\1#",
      "s#[ \t]+# #g",
      // readelf names the file.
      "s#^File: .*##",
    ]
    return try await Tools.output(of: "sed", ["-E"] + rules.flatMap { ["-e", $0] } + [file])
  }

  private static func errorKinds(in outcome: Outcome) -> Set<String> {
    let lines = (outcome.output + outcome.errors).lines.filter { $0.contains("error:") }
    return Set(lines.map { $0.filter { !$0.isHexDigit } })
  }

  private static func errors(in outcome: Outcome) -> Int {
    (outcome.output + outcome.errors).lines.filter { $0.contains("error:") }.count
  }

  private static func firstDifferences(_ a: String, _ b: String) async throws -> String {
    let directory = try Workspace.shared.scratch("difference")
    try Data(a.utf8).write(to: URL(fileURLWithPath: directory + "/original"))
    try Data(b.utf8).write(to: URL(fileURLWithPath: directory + "/fixed"))
    let outcome = try await Tools.run("diff", ["-U2", "original", "fixed"], in: directory)
    return outcome.output.lines.prefix(40).joined(separator: "\n")
  }
}
