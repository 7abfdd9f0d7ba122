import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// What is installed decides about every byte of a canonical wheel.
@Suite struct CanonicalWheelTests {
  private let scratch = Scratch()
  private static let canonical: Options = {
    var options = Options()
    options.isCanonical = true
    return options
  }()

  private static let files = [
    ("x/__init__.py", "x = 1\n"), ("x/a,b.txt", String(repeating: "text\n", count: 40)), ("x/é.txt", ""),
    ("x-1.dist-info/METADATA", "Name: x\n"), ("x-1.dist-info/WHEEL", "Wheel-Version: 1.0\n"),
    ("x-1.data/scripts/run", "#!python\n"),
  ]

  private static func quoted(_ name: String) -> String { name.contains(",") ? "\"\(name)\"" : name }

  private static func record(_ files: [(String, String)], end: String = "\n") -> String {
    files.map { name, text in
      let content = Bytes(Array(text.utf8))
      return "\(quoted(name)),sha256=\(RecordHash.sha256.digest(content)),\(content.count)\(end)"
    }.joined() + "x-1.dist-info/RECORD,,\(end)"
  }

  private static func entries(_ record: String? = nil) -> [TestZip.Entry] {
    var entries = (files + [("x-1.dist-info/RECORD", record ?? Self.record(files))]).map {
      TestZip.Entry($0.0, $0.1)
    }
    for index in entries.indices where entries[index].name.contains(where: { $0 > 0x7f }) {
      entries[index].flags = ZipFormat.Flag.utf8
    }
    entries[5].mode = 0o100755
    return entries
  }

  private func fix(_ bytes: [UInt8], _ options: Options = canonical) throws -> ([UInt8], FileReport) {
    let path = scratch.file("x-1-py3-none-any.whl", bytes)
    let report = Scrub(options).fix(InputFile(explicit: path), to: .inPlace)
    return (scratch.read("x-1-py3-none-any.whl"), report)
  }

  /// The same files as other packers write them.
  private static func variants() -> [[UInt8]] {
    var variants = [TestZip(entries()).bytes(), TestZip(entries().reversed()).bytes()]
    func add(_ edit: (inout [TestZip.Entry]) -> Void) {
      var entries = entries()
      edit(&entries)
      variants.append(TestZip(entries).bytes())
    }
    add { for index in $0.indices { $0[index].method = 0 } }
    add { for index in $0.indices { $0[index].time = 0x5a43_1234 } }
    add { for index in $0.indices { $0[index].mode = $0[index].mode & 0o111 == 0 ? 0o100600 : 0o100700 } }
    add { for index in $0.indices where $0[index].mode & 0o111 == 0 { $0[index].mode = 0o664 } }
    add { $0.insert(contentsOf: ["x/", "x-1.dist-info/", "x-1.data/"].map { TestZip.Entry($0) }, at: 0) }
    add { $0[6].mode = 0o100755 }
    add { $0[0].descriptor = (true, false) }
    add { $0[0].comment = Array("why".utf8) }
    add { $0[0].extra = [0x55, 0x54, 5, 0, 1, 0, 0, 0, 0] }
    add { $0[6].content = Array(record(files, end: "\r\n").utf8) }
    add { $0[6].content = Array(record(files.reversed()).utf8) }
    add { $0[0].editCentral = { $0[5] = 0 } }
    // Windows: no mode means no x bit, whatever pip and uv look at.
    add { entries in
      entries[0].mode = 0
      entries[0].editCentral = { $0[5] = 0 }
    }
    return variants
  }

  @Test func `one form for all packers`() throws {
    let (first, report) = try fix(Self.variants()[0])
    #expect(report.errors.isEmpty)
    for (number, variant) in Self.variants().enumerated() {
      let (fixed, report) = try fix(variant)
      #expect(report.errors.isEmpty && fixed == first, "variant \(number): \(report.errors)")
      let again = try fix(fixed)
      #expect(again.0 == fixed && again.1.writtenTo == nil && again.1.changes.isEmpty, "variant \(number)")
    }
    let members = try Wheel.read(Bytes(first)).members
    #expect(
      members.map(\.name) == [
        "x-1.data/scripts/run", "x/__init__.py", "x/a,b.txt", "x/é.txt", "x-1.dist-info/METADATA",
        "x-1.dist-info/WHEEL", "x-1.dist-info/RECORD",
      ])
    #expect(members.allSatisfy { $0.time.description == "1980-01-01T00:00:00" && $0.method == .deflate })
    #expect(members.allSatisfy { $0.versionMadeBy == 3 << 8 | 20 && $0.versionNeeded == 20 })
    #expect(members.map { $0.externalAttributes >> 16 } == [0o100755] + Array(repeating: 0o100644, count: 6))
    #expect(members.map(\.flags) == [0, 0, 0, 0x800, 0, 0, 0])
    let order = ["x-1.data/scripts/run", "x/__init__.py", "x/a,b.txt", "x/é.txt"]
    let sorted = (order + ["x-1.dist-info/METADATA", "x-1.dist-info/WHEEL"]).map { name in
      Self.files.first { $0.0 == name }!
    }
    let record = try #require(members.last).content().array()
    #expect(String(decoding: record, as: UTF8.self) == Self.record(sorted))
  }

  /// Whatever is left to do, a preview has to count it.
  @Test func `a wheel that is written again says so`() throws {
    let (fixed, _) = try fix(Self.variants()[0])
    var entries = try Wheel.read(Bytes(fixed)).members.map { member in
      var entry = TestZip.Entry(member.name)
      entry.content = try member.content().array()
      (entry.mode, entry.flags, entry.time) = (member.mode, member.flags, member.time.packed)
      return entry
    }
    #expect(TestZip(entries).bytes() == fixed)
    let text = String(decoding: entries[6].content, as: UTF8.self)
    entries[6].content = Array(text.replacing("\n", with: "\r\n").utf8)
    let (again, report) = try fix(TestZip(entries).bytes())
    #expect(
      again == fixed && report.changes.map(\.kind) == [.packing(.record, count: 7)], "\(report.changes)")
    // Nothing but the local header's version.
    entries[6].content = Array(text.utf8)
    entries[0].editLocal = { $0[4] = 10 }
    let (third, header) = try fix(TestZip(entries).bytes())
    #expect(third == fixed && !header.changes.isEmpty, "\(header.changes)")
  }

  @Test func `SOURCE_DATE_EPOCH is the time of all members`() throws {
    var options = Self.canonical
    options.sourceDateEpoch = 1_700_000_000
    let (fixed, _) = try fix(Self.variants()[0], options)
    let times = try Wheel.read(Bytes(fixed)).members.map(\.time.description)
    #expect(Set(times) == ["2023-11-14T22:13:20"])
  }

  /// Wheels that are installed in different ways, and those that are installed in the same way: the key says which.
  @Test func `equal keys, equal bytes`() throws {
    var wheels = Self.variants()
    func add(_ edit: (inout [TestZip.Entry]) -> Void) {
      var entries = Self.entries()
      edit(&entries)
      wheels.append(TestZip(entries).bytes())
    }
    add { $0.append(TestZip.Entry("x/empty/")) }
    add { $0 += [TestZip.Entry("x/empty/"), TestZip.Entry("x/empty/inner/")] }
    add { $0[0].mode = 0o100755 }
    add { $0[0].mode = 0o755 }
    add { $0[5].mode = 0o100644 }
    add { entries in
      entries[0].mode = 0o100755
      entries[0].editCentral = { $0[5] = 0 }
    }
    var bytesOfKey: [String: [UInt8]] = [:]
    var keyOfBytes: [[UInt8]: String] = [:]
    for (number, wheel) in wheels.enumerated() {
      _ = scratch.file("k-1-py3-none-any.whl", wheel)
      let key = try scratch.key("k-1-py3-none-any.whl")
      let (fixed, report) = try fix(wheel)
      #expect(report.errors.isEmpty)
      #expect(bytesOfKey.updateValue(fixed, forKey: key) ?? fixed == fixed, "wheel \(number)")
      #expect(keyOfBytes.updateValue(key, forKey: fixed) ?? key == key, "wheel \(number)")
    }
    #expect(bytesOfKey.count == 7)
  }

  @Test func `empty directories stay`() throws {
    let (fixed, _) = try fix(
      TestZip(Self.entries() + ["x/", "x/e/", "x/f/", "x/f/g/"].map { TestZip.Entry($0) }).bytes())
    let directories = try Wheel.read(Bytes(fixed)).members.filter(\.isDirectory).map(\.name)
    #expect(directories == ["x/e/", "x/f/g/"])
  }

  @Test func `what goes is said`() throws {
    var entries = Self.entries()
    entries[0].comment = Array("why".utf8)
    entries.append(TestZip.Entry("x-1.dist-info/RECORD.jws", "{}"))
    let (fixed, report) = try fix(TestZip(entries).bytes())
    #expect(try Wheel.read(Bytes(fixed)).members.count == 7)
    #expect(report.notes.contains { $0.message == "comment dropped: why" })
    #expect(report.notes.contains { $0.message.hasPrefix("dropped: it signs") })
    let packing = report.changes.compactMap { change in
      if case .packing(let aspect, let count) = change.kind { "\(aspect.rawValue) \(count)" } else { nil }
    }
    #expect(packing.contains("member-order 7") && packing.contains("time 7"), "\(packing)")
  }

  @Test(
    arguments: [
      ("x/__init__.py,sha256=\(RecordHash.sha256.digest(Bytes([1]))),6\n", "has another hash"),
      (
        "x/__init__.py,sha256=\(RecordHash.sha256.digest(Bytes(Array("x = 1\n".utf8)))),7\n",
        "has another size"
      ),
      ("", "has no row"),
    ])
  func `a RECORD that is not true is not written anew`(_ row: String, _ reason: String) throws {
    let wheel = TestZip(Self.entries(row + Self.record(Array(Self.files.dropFirst())))).bytes()
    var options = Self.canonical
    for selection in [RuleSelection.default, try RuleSelection(select: ["BP1"])] {
      options.policy = try Policy(selection)
      let (fixed, report) = try fix(wheel, options)
      #expect(fixed == wheel && report.writtenTo == nil)
      #expect(report.errors.contains { $0.message.contains(reason) }, "\(report.errors)")
    }
    // Unless that is asked for.
    options.policy = try Policy(RuleSelection(select: ["RC"]))
    options.fixRecord = true
    let (fixed, report) = try fix(wheel, options)
    #expect(report.errors.isEmpty)
    #expect(try fixed == fix(Self.variants()[0]).0)
  }

  /// Python takes such a name for code page 437.
  @Test func `a name that is not marked as UTF-8 is refused`() throws {
    var entries = Self.entries()
    for index in entries.indices { entries[index].flags = 0 }
    let wheel = TestZip(entries).bytes()
    let (fixed, report) = try fix(wheel)
    #expect(
      fixed == wheel && report.errors.contains { $0.message.contains("marked as UTF-8") }, "\(report.errors)")
  }

  @Test func `SOURCE_DATE_EPOCH alone packs nothing anew`() throws {
    var options = Options()
    options.sourceDateEpoch = 1_800_000_000
    for wheel in Self.variants().prefix(3) { #expect(try fix(wheel, options).0 == wheel) }
  }

  @Test func `the encoder is the one that the form is defined by`() { #expect(Deflate.isPinned) }
}
