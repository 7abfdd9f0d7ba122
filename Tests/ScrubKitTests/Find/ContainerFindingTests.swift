import BuildRoots
import Testing

@testable import Formats
@testable import ScrubKit

/// Wheels with one thing wrong each, and the code that says it.
@Suite struct ContainerFindingTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var codes: [String]
    var edit: @Sendable (inout TestZip, inout String) -> Void
    init(
      _ name: String, _ codes: [String], _ edit: @escaping @Sendable (inout TestZip, inout String) -> Void
    ) {
      testDescription = name
      self.codes = codes
      self.edit = edit
    }
  }

  private static let code = "print(1)\n"
  private static let hash = RecordHash.sha256.digest(Bytes(Array(code.utf8)))
  private static let record = "x-1.dist-info/RECORD"
  private static let right = "a.py,sha256=\(hash),9\nb.py,sha256=\(hash),9\n\(record),,\n"

  static let all: [Case] = [
    Case("right", []) { _, _ in },
    Case("right, quoted, CRLF", []) { _, text in
      text = "a.py,sha256=\(hash),9\r\n\"b.py\",sha256=\(hash),9\r\n\(record),,\r\n"
    },
    Case("padded", ["RC111"]) { _, text in
      text = text.replacing("a.py,sha256=\(hash)", with: "a.py,sha256=\(hash)=")
    },
    Case("no RECORD", ["RC101"]) { zip, _ in zip.entries[2].name = Array("x-1.dist-info/OTHER".utf8) },
    Case("two RECORDs", ["RC101"]) { zip, _ in zip.entries.append(.init("y-1.dist-info/RECORD", "")) },
    Case("file missing from RECORD", ["RC102"]) { _, text in text = "a.py,sha256=\(hash),9\n\(record),,\n" },
    Case("extra row", ["RC103"]) { _, text in text += "gone.py,sha256=\(hash),9\n" },
    Case("row twice", ["RC103"]) { _, text in text += "a.py,sha256=\(hash),9\n" },
    Case("stale hash", ["RC104"]) { zip, _ in zip.entries[0].content = Array("print(2)\n".utf8) },
    Case("stale hash and size", ["RC104", "RC105"]) { zip, _ in zip.entries[0].content = Array("x".utf8) },
    Case("wrong size", ["RC105"]) { _, text in text = text.replacing("\(hash),9\nb", with: "\(hash),8\nb") },
    Case("md5", ["RC106"]) { _, text in
      text = text.replacing("a.py,sha256=\(hash)", with: "a.py,md5=rL0Y20zC-Fzt72VPzMSk2A")
    },
    Case("sha256=0", ["RC107"]) { _, text in
      text = text.replacing("a.py,sha256=\(hash)", with: "a.py,sha256=0")
    },
    Case("no hash", ["RC107"]) { _, text in text = text.replacing("a.py,sha256=\(hash)", with: "a.py,") },
    Case("two fields", ["RC102", "RC108"]) { _, text in
      text = text.replacing("a.py,sha256=\(hash),9", with: "a.py,")
    },
    Case("no CSV", ["RC108"]) { _, text in text += "\"" },
    Case("size in words", ["RC108"]) { _, text in
      text = text.replacing("\(hash),9\nb", with: "\(hash),nine\nb")
    },
    Case("no own row", ["RC109"]) { _, text in text = text.replacing("\(record),,\n", with: "") },
    Case("own hash", ["RC109"]) { _, text in
      text = text.replacing("\(record),,", with: "\(record),sha256=\(hash),9")
    },
    Case("row above", ["RC110"]) { _, text in text += "../../bin/x,sha256=\(hash),9\n" },
    Case("absolute row", ["RC110"]) { _, text in text += "/etc/passwd,,\n" },
    Case("data descriptor", ["ZP101"]) { zip, _ in zip.entries[0].descriptor = (true, false) },
    Case("comment", ["ZP102"]) { zip, _ in zip.comment = Array("signed".utf8) },
    Case("comment of a member", ["ZP102"]) { zip, _ in zip.entries[0].comment = Array("x".utf8) },
    Case("trailing bytes", ["ZP103"]) { zip, _ in zip.suffix = [1, 2, 3] },
    Case("gap", ["ZP103"]) { zip, _ in zip.entries[0].gap = [0, 0] },
    Case("duplicate name", ["ZP104"]) { zip, _ in zip.entries.append(.init("a.py", code)) },
    Case("local name", ["ZP105"]) { zip, _ in zip.entries[0].editLocal = { $0[30] ^= 1 } },
    Case("local size", ["ZP105"]) { zip, _ in zip.entries[0].editLocal = { $0[22] ^= 1 } },
    Case("local signature", ["RC103", "ZP105"]) { zip, _ in zip.entries[1].editLocal = { $0[0] ^= 1 } },
    Case("bzip2", ["RC103", "ZP106"]) { zip, _ in zip.entries[0].method = 12 },
    Case("lzma", ["RC103", "ZP106"]) { zip, _ in zip.entries[0].method = 14 },
    Case("name above", ["RC102", "RC103", "ZP107"]) { zip, _ in zip.entries[0].name = Array("../a.py".utf8) },
    Case("control character", ["RC102", "RC103", "ZP107"]) { zip, _ in
      zip.entries[0].name = Array("a\u{7}.py".utf8)
    },
    Case("two zip64 fields", ["ZP108"]) { zip, _ in zip.entries[0].extra = [1, 0, 0, 0, 1, 0, 0, 0] },
    Case("link", ["RC104", "RC105", "ZP109"]) { zip, _ in
      zip.entries[0].content = Array("b.py".utf8)
      zip.entries[0].mode = 0o120777
    },
    Case("encrypted", ["RC103", "ZP110"]) { zip, _ in zip.entries[0].flags = 1 },
    Case("overlap", ["RC103", "ZP103", "ZP105", "ZP111"]) { zip, _ in
      zip.entries[1].editCentral = { $0.put(0, at: 42, width: 4) }
    },
    Case("ratio", ["RC103", "ZP112"]) { zip, _ in
      zip.entries[0].editLocal = { $0.put(0x4000_0000, at: 22, width: 4) }
      zip.entries[0].editCentral = { $0.put(0x4000_0000, at: 24, width: 4) }
    },
  ]

  private static func wheel(_ test: Case) -> [UInt8] {
    var zip = TestZip([.init("a.py", code), .init("b.py", code), .init(record)])
    var text = right
    test.edit(&zip, &text)
    zip.entries[2].content = Array(text.utf8)
    return zip.bytes()
  }

  private func check(_ bytes: [UInt8], _ options: Options = Options()) -> FileReport {
    let scratch = Scratch()
    let path = scratch.file("x-1-py3-none-any.whl", bytes)
    return Scrub(options).check(InputFile(path: path, relativePath: "x", isExplicit: true))
  }

  @Test(arguments: all) func codes(_ test: Case) {
    let report = check(Self.wheel(test))
    #expect(report.errors.isEmpty, "\(report.errors)")
    #expect(Set(report.findings.map(\.rule.code)).sorted() == test.codes, "\(report.findings)")
    for finding in report.findings { #expect(finding.defect?.message.isEmpty == false) }
  }

  /// Families that are not selected say nothing; an ambiguous zip then is an error again.
  @Test(arguments: all) func onlyWhatIsSelected(_ test: Case) throws {
    var options = Options()
    options.policy = try Policy(RuleSelection(select: ["ZP"]))
    let zip = check(Self.wheel(test), options)
    #expect(Set(zip.findings.map(\.rule.code)).sorted() == test.codes.filter { $0.hasPrefix("ZP") })
    options.policy = try Policy(RuleSelection(select: ["BP1"]))
    #expect(check(Self.wheel(test), options).findings.isEmpty)
  }

  /// What is selected and harmless is fixed, what is ambiguous is refused, and RECORD only where it is named.
  @Test(arguments: all) func fix(_ test: Case) throws {
    let scratch = Scratch()
    let bytes = Self.wheel(test)
    let name = "x-1-py3-none-any.whl"
    let path = scratch.file(name, bytes)
    let input = InputFile(path: path, relativePath: "x", isExplicit: true)
    let isAmbiguous = test.codes.contains { $0 > "ZP102" && $0 != "ZP109" }

    let plain = Scrub(Options()).fix(input, to: .inPlace)
    #expect(plain.errors.isEmpty != isAmbiguous, "\(plain.errors)")
    let isRewritten = test.codes == ["ZP101"] || test.codes == ["ZP102"]
    #expect((scratch.read(name) == bytes) != isRewritten)
    if isAmbiguous { return }

    var options = Options()
    options.policy = try Policy(RuleSelection(extend: ["RC"]))
    options.fixRecord = true
    let fixed = Scrub(options).fix(input, to: .inPlace)
    #expect(fixed.errors.isEmpty, "\(fixed.errors)")
    let left = check(scratch.read(name)).findings.map(\.rule.code)
    let stays = ["RC101", "RC110", "ZP109"] + (test.testDescription == "no CSV" ? ["RC108"] : [])
    #expect(left.allSatisfy(stays.contains), "\(left)")
    let again = scratch.read(name)
    _ = Scrub(options).fix(input, to: .inPlace)
    #expect(scratch.read(name) == again)
  }

  /// Rows that are right keep their bytes, and so do the terminators.
  @Test func correctionKeepsTheRest() throws {
    let text = "\"a.py\",sha256=\(Self.hash),9\r\nb.py,md5=x,9\r\n\(Self.record),,\r\n"
    let record = try Record(Bytes(Array(text.utf8)), name: Self.record)
    let audit = RecordAudit(
      record: record, selection: .default, corrects: true, workers: Workers(jobs: 1))
    let result = try audit.run(
      ["a.py", "b.py", "c,d.py"].map { name in
        RecordAudit.File(name: name) { () throws(ScrubError) in Bytes(Array(Self.code.utf8)) }
      })
    let output = String(decoding: result.correction.applied(to: record).array(), as: UTF8.self)
    #expect(
      output == "\"a.py\",sha256=\(Self.hash),9\r\nb.py,sha256=\(Self.hash),9\r\n\(Self.record),,\r\n"
        + "\"c,d.py\",sha256=\(Self.hash),9\r\n")
  }
}
