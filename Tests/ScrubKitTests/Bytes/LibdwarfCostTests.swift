import BuildRoots
import Testing

@testable import Formats
@testable import ScrubKit

/// What libdwarf would do again and again is refused before it begins.
@Suite struct LibdwarfCostTests {
  private static func uleb(_ value: Int) -> [UInt8] {
    value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7f | 0x80)] + uleb(value >> 7)
  }

  private static func bytes(_ value: Int, _ width: Int) -> [UInt8] {
    (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  /// Units of version 4 whose abbreviations begin at 0.
  private static func sections(
    _ abbreviations: [UInt8], entries: [UInt8], units: Int = 1, line: [UInt8]? = nil
  ) -> DwarfSections {
    let unit = bytes(7 + entries.count, 4) + bytes(4, 2) + bytes(0, 4) + [8] + entries
    let all: [(String, [UInt8])] = [
      (".debug_abbrev", abbreviations), (".debug_info", Array(repeatElement(unit, count: units).joined())),
    ]
    let found = (all + (line.map { [(".debug_line", $0)] } ?? [])).enumerated().map { index, section in
      DwarfSections.Section(name: section.0, label: section.0, content: Bytes(section.1), index: index + 1)
    }
    return DwarfSections(order: .little, addressSize: 8, sections: found)
  }

  /// Version 4; opcodes from 13 on are special.
  private static func program(files: Int, _ opcodes: [UInt8]) -> [UInt8] {
    let header =
      [1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0]
      + Array(repeatElement([UInt8(ascii: "a"), 0, 0, 0, 0], count: files).joined()) + [0]
    let rest = bytes(4, 2) + bytes(header.count, 4) + header + opcodes
    return bytes(rest.count, 4) + rest
  }

  /// DW_TAG_compile_unit with DW_AT_stmt_list.
  ///
  /// libdwarf sees no unit where fewer bytes follow.
  private static let lineEntries = [1] + [UInt8](repeating: 0, count: 20)
  private static let lineUnit: [UInt8] = [1, 0x11, 0, 0x10, 0x17, 0, 0, 0]

  /// - Returns: what ends an account of a file without bytes in which libdwarf reads all units; nil where nothing does.
  private static func refusal(_ dwarf: DwarfSections, everyDIE: Bool = false) -> ScrubError? {
    do throws(ScrubError) {
      try Effort.within(0) { () throws(ScrubError) in
        try DwarfHandle.exclusively { () throws(ScrubError) in
          let handle = try DwarfHandle(dwarf)
          var units = 0
          while try handle.nextUnit(everyDIE: everyDIE, { _, _ throws(ScrubError) in }) { units += 1 }
          if units == 0 { throw ScrubError("read nothing") }
        }
      }
      return nil
    } catch {
      return error
    }
  }

  @Test func `a long table for each unit`() {
    var table: [UInt8] = [1, 0x11, 0, 0, 0]
    for code in 2..<20_000 { table += Self.uleb(code) + [0x34, 0, 0x3f, 0x19, 0, 0] }
    table.append(0)
    #expect(Self.refusal(Self.sections(table, entries: [1], units: 2)) == nil)
    let error = Self.refusal(Self.sections(table, entries: [1], units: 2000))
    #expect(
      error?.kind == .beyondBounds && error?.place.section == ".debug_info", "\(String(describing: error))")
    #expect((error?.place.offset ?? 0) > 0)
  }

  @Test func `files that are counted from the first`() {
    func dwarf(_ files: Int) -> DwarfSections {
      Self.sections(Self.lineUnit, entries: Self.lineEntries, line: Self.program(files: files, []))
    }
    #expect(Self.refusal(dwarf(1000)) == nil)
    let error = Self.refusal(dwarf(50_000))
    #expect(error?.kind == .beyondBounds && error?.place == Place(section: ".debug_line", offset: 0))
  }

  @Test func `rows that are made at once`() {
    func dwarf(_ rows: Int) -> DwarfSections {
      let opcodes = [UInt8](repeating: 0x20, count: rows) + [0, 1, 1]
      return Self.sections(Self.lineUnit, entries: Self.lineEntries, line: Self.program(files: 1, opcodes))
    }
    #expect(Self.refusal(dwarf(1000)) == nil)
    #expect(Self.refusal(dwarf(10 << 20))?.kind == .beyondBounds)
  }

  @Test func `entries in entries`() {
    let table: [UInt8] = [1, 0x11, 1, 0, 0, 2, 0x0b, 1, 0, 0, 0]
    func dwarf(_ depth: Int) -> DwarfSections {
      Self.sections(
        table, entries: [1] + [UInt8](repeating: 2, count: depth) + [UInt8](repeating: 0, count: depth + 1))
    }
    #expect(Self.refusal(dwarf(100), everyDIE: true) == nil)
    #expect(Self.refusal(dwarf(20_000), everyDIE: true)?.kind == .beyondBounds)
  }

  @Test func `rows of a program`() throws {
    // Three special opcodes, DW_LNS_copy, numbers behind 2, 9 and 4, a sequence's end, an unknown extended opcode.
    let opcodes: [UInt8] = [
      0x20, 0xff, 13, 1, 2, 0x90, 0x20, 9, 0x20, 0x20, 4, 0x20, 0, 1, 1, 0, 3, 0x80, 0x20, 0x20,
    ]
    let content = Bytes(Self.program(files: 2, opcodes))
    var reader = Reader(content.span, order: .little, section: "")
    let program = try LineProgram(&reader, addressSize: 8) { _ throws(ScrubError) in }
    #expect(program.rows(in: content.span) == 5)
  }

  /// Numbers that go on behind the program's end, into the next one.
  @Test(
    arguments: [[0x20, 0], [0x20, 9], [0x20, 9, 1], [0x20, 2, 0x80], [0x20, 0, 0x80], [0x20, 0, 9]]
      as [[UInt8]])
  func `a program that is cut`(_ opcodes: [UInt8]) throws {
    for rest in [[], [0x80, 0x80, 1, 0x20, 0x20]] as [[UInt8]] {
      let content = Bytes(Self.program(files: 1, opcodes) + rest)
      var reader = Reader(content.span, order: .little, section: "")
      let program = try LineProgram(&reader, addressSize: 8) { _ throws(ScrubError) in }
      #expect(program.rows(in: content.span) == 1)
    }
  }
}
