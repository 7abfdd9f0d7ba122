import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Split DWARF: debug info that is not all in one file, and ids by which its parts find each other.
@Suite struct SplitDebugTests {
  private let scratch = Scratch()
  private static let versions = ["-gdwarf-4", "-gdwarf-5"]

  private func units(_ name: String) throws -> SplitUnits {
    try SplitUnits(ElfImage(Bytes(scratch.read(name))).debugGroups(), roots: .default)
  }

  @Test(arguments: ["gcc", "clang"], versions)
  func filesOfSplitUnitsBecomeOne(_ compiler: String, _ version: String) throws {
    var results: [[String: [UInt8]]] = []
    for (index, longer) in [0, 0, 0, 0, 41].enumerated() {
      let name = "in\(index)"
      try Builds.run(Builds.split(compiler, version), in: scratch, to: name, longer: longer)
      let before = try units("\(name)/x.so").skeletons.map(\.id)
      let reports = scratch.fix([name])
      #expect(reports.allSatisfy { $0.errors.isEmpty && $0.unfixable.isEmpty }, "\(reports.map(\.errors))")
      let notes = reports.flatMap(\.notes).filter { !$0.isDetail }
      #expect(notes.isEmpty, "\(notes)")
      results.append(scratch.contents(of: name))

      let ids = try units("\(name)/x.so").skeletons.map(\.id)
      #expect(Set(ids).isDisjoint(with: before) && Set(ids).count == 2)
      let split = try ["part.dwo", "whole.dwo"].flatMap {
        try units("\(name)/\($0)").split.compactMap(\.unit?.id)
      }
      #expect(Set(split) == Set(ids))
      #expect(try units("\(name)/x.so.dwp").split.compactMap(\.unit?.id).sorted() == ids.sorted())
      try expectIndexFinds(ids, in: "\(name)/x.so.dwp")
      #expect(scratch.fix([name]).allSatisfy { $0.changes.isEmpty })
    }
    for name in results[0].keys.sorted() {
      // Names inside .debug_line of DWARF 4 objects keep their length, because relocations apply behind them.
      let isObject = name.hasSuffix(".o") || name.hasSuffix(".a")
      let comparable = version == "-gdwarf-4" && isObject ? results.dropLast() : results[...]
      #expect(Set(comparable.map { $0[name] }).count == 1, "\(name)")
    }
  }

  /// Looks ids up as DWARF 5 section 7.3.5.3 says.
  private func expectIndexFinds(_ ids: [UInt64], in name: String) throws {
    let dwarf = try #require(try ElfImage(Bytes(scratch.read(name))).debugGroups().first { $0.isSplit })
    let index = try UnitIndexSection(try #require(dwarf[".debug_cu_index"]), dwarf.order)
    let mask = UInt64(index.slots.count - 1)
    let unitColumn = try #require(index.unitColumn)
    let units = try units(name).split.compactMap(\.unit)
    for id in ids {
      var slot = id & mask
      let step = (id >> 32) & mask | 1
      for _ in index.slots where index.slots[Int(slot)].signature != id { slot = (slot + step) & mask }
      let found = index.slots[Int(slot)]
      #expect(found.signature == id && found.row > 0)
      // The row leads to the unit that has the id.
      let share = index.contributions[Int(found.row) - 1][unitColumn]
      #expect(units.contains { $0.id == id && share.contains(UInt64($0.position)) })
    }
  }

  @Test(arguments: ["gcc", "clang"], versions)
  func typeUnitsKeepTheirSignatures(_ compiler: String, _ version: String) throws {
    var results: Set<[String: [UInt8]]> = []
    for longer in [0, 0, 17] {
      let name = "in\(longer)-\(results.count)"
      // C has no type units with gcc's rules; C++ does.
      let script = Builds.split(
        "\(compiler == "gcc" ? "g++" : "clang++") -x c++", "\(version) -fdebug-types-section"
      )
      .replacing("part.o whole.o -o x.so", with: "-x none part.o whole.o -o x.so")
      .replacing("cp *.o *.dwo *.so *.a *.dwp", with: "cp *.dwo *.so *.dwp")
      try Builds.run(script, in: scratch, to: name, longer: longer)
      let reports = scratch.fix([name])
      #expect(reports.allSatisfy { $0.errors.isEmpty }, "\(reports.map(\.errors))")
      results.insert(scratch.contents(of: name))
    }
    #expect(results.count == 1)
  }

  @Test(arguments: ["gcc", "clang"], versions)
  func halvesKeepTheirIDs(_ compiler: String, _ version: String) throws {
    try Builds.run(Builds.split(compiler, version), in: scratch, to: "in")
    let before = try units("in/part.dwo").split.compactMap(\.unit?.id)
    for names in [
      ["in/part.dwo"], ["in/x.so"], ["in/x.so", "in/whole.dwo"], ["in/part.dwo", "in/x.so.dwp"],
    ] {
      let reports = scratch.fix(names, to: "out")
      #expect(reports.allSatisfy { $0.errors.isEmpty })
      for name in names {
        let fixed = try units(name.replacing("in/", with: "out/"))
        let ids = fixed.skeletons.map(\.id) + fixed.split.compactMap(\.unit?.id)
        #expect(ids.contains(before[0]) || name == "in/whole.dwo")
      }
      // clang leaves no path in a .dwo that names its source relatively; here both name it absolutely.
      #expect(
        reports.flatMap(\.notes).contains { $0.message.contains("was made from the path and stays unless") })
    }
  }

  /// One id, two contents: nobody can say which of them the skeleton means.
  @Test func idsThatAreSharedStay() throws {
    try Builds.run(Builds.split("gcc", "-gdwarf-5"), in: scratch, to: "in")
    let other = try units("in/part.dwo").split[0].unit
    let unit = try #require(other)
    var forged = scratch.read("in/whole.dwo")
    let image = try ElfImage(Bytes(forged))
    let whole = try #require(try units("in/whole.dwo").split[0].unit)
    let start = Int(image.sections[whole.section].offset) + whole.position
    forged.replaceSubrange(
      start..<start + 8, with: (0..<8).map { UInt8(truncatingIfNeeded: unit.id >> (8 * $0)) })
    _ = scratch.file("in/forged.dwo", forged)
    let reports = scratch.fix(["in/x.so", "in/part.dwo", "in/whole.dwo", "in/forged.dwo"])
    #expect(reports.allSatisfy { $0.errors.isEmpty })
    #expect(reports.flatMap(\.notes).contains { $0.message.contains("different units share it") })
    #expect(try units("in/x.so").skeletons.contains { $0.id == unit.id })
    #expect(try units("in/part.dwo").split[0].unit?.id == unit.id)
    // The other unit is nobody's business.
    #expect(try units("in/whole.dwo").split[0].unit?.id != whole.id)
  }

  /// With one file of a group broken, none is written.
  @Test func aBrokenUnitStopsItsGroup() throws {
    try Builds.run(Builds.split("gcc", "-gdwarf-5"), in: scratch, to: "in")
    var broken = scratch.read("in/part.dwo")
    let image = try ElfImage(Bytes(broken))
    let offsets = try #require(image.section(named: ".debug_str_offsets.dwo")?.fileRange)
    broken.replaceSubrange(offsets.lowerBound + 8..<offsets.lowerBound + 12, with: [0xff, 0xff, 0xff, 0x0f])
    _ = scratch.file("in/part.dwo", broken)
    let before = scratch.contents(of: "in")
    let reports = scratch.fix(["in/x.so", "in/part.dwo", "in/whole.dwo"])
    #expect(reports.allSatisfy { $0.errors.count == 1 && $0.writtenTo == nil }, "\(reports.map(\.errors))")
    #expect(scratch.contents(of: "in") == before)
  }

  /// Whoever looks for a signature that is not there would look forever, libdwarf too.
  @Test func anIndexWithoutAFreeSlotIsRefused() throws {
    try Builds.run(Builds.split("gcc", "-gdwarf-5"), in: scratch, to: "in")
    var full = scratch.read("in/x.so.dwp")
    let image = try ElfImage(Bytes(full))
    let range = try #require(image.section(named: ".debug_cu_index")?.fileRange)
    let slots = Int(full[range.lowerBound + 12])
    full.replaceSubrange(
      range.lowerBound + 16..<range.lowerBound + 16 + 8 * slots,
      with: [UInt8](repeating: 0x55, count: 8 * slots))
    #expect(throws: ScrubError.self) { try ImageScrub(options: Options()).run(Bytes(full), fix: true) }
    #expect(try !ImageScrub(options: Options()).run(Bytes(full), fix: false).findings.isEmpty)
  }

  @Test func splitFilesInAWheelGetTheirIDs() throws {
    try Builds.run(Builds.split("gcc", "-gdwarf-5"), in: scratch, to: "in")
    try scratch.python(
      """
      import base64, hashlib, os, sys, zipfile
      rows = []
      with zipfile.ZipFile("m-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as z:
          for name in ["x.so", "part.dwo", "whole.dwo"]:
              data = open("in/" + name, "rb").read()
              z.writestr("m/" + name, data)
              digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
              rows.append(f"m/{name},sha256={digest},{len(data)}")
          z.writestr("m-1.0.dist-info/RECORD", "\\n".join(rows + ["m-1.0.dist-info/RECORD,,"]) + "\\n")
      """)
    let report = scratch.fix(["m-1.0-py3-none-any.whl"])[0]
    #expect(report.errors.isEmpty, "\(report.errors)")
    try scratch.python("import zipfile; zipfile.ZipFile('m-1.0-py3-none-any.whl').extractall('unpacked')")
    scratch.fix(["in/x.so", "in/part.dwo", "in/whole.dwo"])
    for name in ["x.so", "part.dwo", "whole.dwo"] {
      #expect(scratch.read("unpacked/m/\(name)") == scratch.read("in/\(name)"))
    }
  }
}
