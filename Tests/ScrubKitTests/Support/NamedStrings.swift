import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Object files, written by hand, whose relocations name symbols inside of string sections, as older assemblers wrote
/// them, and Android's clang still does.
enum NamedStrings {
  /// A machine's assembler and linker.
  struct Machine: Sendable, CustomTestStringConvertible {
    var prefix: String
    var isRela: Bool

    var testDescription: String { prefix }

    static let all = [
      Machine(prefix: "x86_64-linux-gnu-", isRela: true), Machine(prefix: "i686-linux-gnu-", isRela: false),
      Machine(prefix: "s390x-linux-gnu-", isRela: true),
    ]
    static let native = all[0]
  }

  static let roots = [
    "/tmp/pip-install-ab12cd34/demo_0123456789abcdef0123456789abcdef",
    "/var/tmp/longer/pip-install-zz_9cd34/demo_fedcba98765432100123456789abcdef",
  ]

  /// Two units with line number programs; every string and every program has a symbol.
  /// - Parameter more: what stands behind it.
  static func source(_ name: String, _ root: String, more: String = "") -> String {
    // Tables are in another order in each directory, as if a hash had made it.
    let strings = ["\(name)_directory: .asciz \"\(root)/sub\"", "\(name)_maker: .asciz \"made by \(name)\""]
    return """
      .text
      .globl \(name)
      \(name): .byte 0, 0, 0, 0
      \(["directory", "maker", "file", "one", "two", "end"].map { ".globl \(name)_\($0)\n.hidden \(name)_\($0)" }
        .joined(separator: "\n"))
      .section .debug_abbrev,"",@progbits
      .uleb128 1, 0x11
      .byte 0
      .uleb128 0x1b, 0x0e, 0x25, 0x0e, 0x03, 0x0e, 0x10, 0x17
      .byte 0, 0, 0
      .section .debug_info,"",@progbits
      \(unit(name, line: "one"))
      \(unit(name, line: "two"))
      .section .debug_line,"",@progbits
      \(program(name, "one", root))
      \(program(name, "two", root))
      .section .debug_str,"MS",@progbits,1
      \((root.utf8.count % 2 == 0 ? strings : strings.reversed()).joined(separator: "\n"))
      \(name)_file: .asciz "\(name).c"
      \(name)_end:
      \(more)

      """
  }

  private static func unit(_ name: String, line: String) -> String {
    """
    .4byte 2f - 1f
    1: .2byte 4
    .4byte .debug_abbrev
    .byte 8
    .uleb128 1
    .4byte \(name)_directory, \(name)_maker, \(name)_file, \(name)_\(line)
    2:
    """
  }

  private static func program(_ name: String, _ line: String, _ root: String) -> String {
    """
    \(name)_\(line): .4byte 2f - 1f
    1: .2byte 4
    .4byte 4f - 3f
    3: .byte 1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1
    .asciz "\(root)/\(line)"
    .byte 0
    .asciz "\(name).c"
    .byte 1, 0, 0, 0
    4: .byte 0, 1, 1
    2:
    """
  }

  /// What readelf says of the strings, one a line, and that every unit has the line number program that it names.
  static func strings(of file: String, in scratch: Scratch) throws -> [String] {
    let info = try scratch.run("readelf", "--debug-dump=info", file)
    let lines = try scratch.run("readelf", "-W", "--debug-dump=rawline", file)
    var found: [String] = []
    for line in info.split(separator: "\n") {
      if line.contains("DW_AT_stmt_list"),
        let offset = line.split(whereSeparator: { " \t".contains($0) }).last
      {
        guard let program = lines.range(of: "Offset:[ \t]+\(offset)\n", options: .regularExpression),
          let end = lines.range(of: "Directory Table", range: program.upperBound..<lines.endIndex)
        else { throw ScrubError("no program at \(offset) in \(lines)") }
        let directory = lines[end.upperBound...].split(separator: "\n")[1]
        found.append(String(directory.split(whereSeparator: { " \t".contains($0) }).last ?? ""))
      } else if let range = line.range(
        of: "indirect string, offset: [0-9a-fx]+\\): ", options: .regularExpression)
      {
        found.append(line[range.upperBound...].trimmingCharacters(in: .whitespaces))
      }
    }
    return found
  }

  /// The strings that symbols name, by symbol; those in `.debug_line` have none.
  static func named(in file: String, _ scratch: Scratch) throws -> [String: String] {
    let image = try ElfImage(Bytes(scratch.read(file)))
    let section = image.section(named: ".debug_str")
    let content = try section.map { try image.content(of: $0) } ?? Bytes([])
    var found: [String: String] = [:]
    for line in try scratch.run("readelf", "-sW", file).split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count == 8, Int(fields[6]) == section?.index, let value = UInt64(fields[1], radix: 16)
      else {
        continue
      }
      found[String(fields[7])] =
        value == UInt64(content.count)
        ? "the end"
        : content.string(at: value).map { String(decoding: $0.array(), as: UTF8.self) } ?? "nothing"
    }
    return found
  }
}
