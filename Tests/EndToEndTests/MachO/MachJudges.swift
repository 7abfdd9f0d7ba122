import Foundation
import Testing

/// What programs that know nothing of wheelscrub say of Mach-O files.
enum MachJudges {
  /// What Debian and Ubuntu add to the names of LLVM's tools. lld 16 makes a UUID that depends on its threads.
  static let version =
    ["-19", "-20", "-18"].first { Tools.firstInstalled(["ld64.lld" + $0, "dsymutil" + $0]) != nil } ?? ""
  static let objdump = Tools.firstInstalled(["llvm-objdump" + version])
  static let dwarfdump = Tools.firstInstalled(["llvm-dwarfdump" + version])

  /// Every signature is true, and every byte behind it zero.
  static func signatures(_ path: String, isSigned: Bool? = nil, identifier: String? = nil) throws {
    let file = try MachBytes(path: path)
    let faults = try CodeSignatureChecker(identifier: identifier, isSigned: isSigned).faults(inFile: file)
    #expect(faults.isEmpty, "\(path): \(faults)")
    for slice in try MachSlice.all(in: file) {
      guard let signature = try CodeSignature(slice) else { continue }
      #expect(try slice.data[signature.slack].allSatisfy { $0 == 0 }, "\(path): slack")
    }
  }

  /// llvm-objdump reads all headers and load commands, and has nothing to complain of.
  static func headers(_ paths: [String]) async throws {
    let objdump = try #require(objdump)
    let outcome = try await Tools.run(objdump, ["--macho", "--arch=all", "--private-headers"] + paths)
    #expect(outcome.succeeded && outcome.errorLines.isEmpty, "\(outcome.errors.prefix(2000))")
    // Sections that are zero when loaded have a size, and no bytes: only of these it says that the size is too large.
    #expect(!outcome.output.contains(/(offset|off) .*past end of file/))
    for token in ["/pip-install-", "/pip-req-build-", "/var/folders/"] {
      #expect(!outcome.output.contains(token), "\(token)")
    }
  }

  /// The UUIDs of a file's slices, by architecture, as llvm-dwarfdump reads them.
  static func uuids(_ path: String) async throws -> [String: String] {
    let output = try await Tools.output(of: try #require(dwarfdump), ["--uuid", path])
    let pairs = output.lines.compactMap { line -> (String, String)? in
      guard let match = line.firstMatch(of: /UUID: ([0-9A-F-]{36}) \(([a-z0-9_]+)\)/) else { return nil }
      return (String(match.2), String(match.1))
    }
    return Dictionary(pairs, uniquingKeysWith: { $0 + " and " + $1 })
  }

  /// llvm-dwarfdump finds no error, and no more warnings than in the original.
  static func verify(_ original: String, _ fixed: String) async throws {
    let dwarfdump = try #require(dwarfdump)
    let before = try await Tools.run(dwarfdump, ["--verify", original], limit: 20)
    let after = try await Tools.run(dwarfdump, ["--verify", fixed], limit: 20)
    #expect(before.succeeded, "\(before.transcript)")
    #expect(after.succeeded, "\(after.transcript)")
    let warnings = [before, after].map { ($0.output + $0.errors).lines.count { $0.contains("warning:") } }
    #expect(warnings[1] <= warnings[0], "\(after.transcript)")
  }

  /// Every entry, line and name reads the same but for the paths and where they lie.
  static func dwarf(_ original: String, _ fixed: String, root: String) async throws {
    let dwarfdump = try #require(dwarfdump)
    for part in ["--debug-info", "--debug-line", "--debug-names", "--apple-names", "--debug-aranges"] {
      let before = try await Tools.run(dwarfdump, [part, original])
      let after = try await Tools.run(dwarfdump, [part, fixed])
      #expect(after.status == before.status, "\(part): \(after.errors)")
      #expect(after.errorLines.count <= before.errorLines.count, "\(part): \(after.errors)")
      #expect(normalised(after.output, root) == normalised(before.output, root), "\(part)")
    }
  }

  private static func normalised(_ text: String, _ root: String) -> [String] {
    let path = /(\/[^\/ :,'"()]+)*\/pip-install-[a-z0-9_]{8}\/[a-z0-9-]+_[0-9a-f]{32}/
    // Offsets into string tables, and what a shorter table of names moves.
    let moving =
      /(\.debug_(line_)?str\[)0x[0-9a-f]+|(DW_AT_stmt_list.*)\(0x[0-9a-f]+\)|(total_length|prologue_length): 0x[0-9a-f]+|(debug_line\[|String: |Name: )0x[0-9a-f]+/
    return text.lines.filter { !$0.contains("file format") }.map {
      $0.replacing(path, with: root).replacing(/\/\/+/, with: "/").replacing(moving, with: "")
        .replacing(/#[0-9]+/, with: "#").replacing(root + "/\"", with: root + "\"")
    }
  }
}
