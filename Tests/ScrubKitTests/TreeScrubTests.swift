import BuildRoots
import Foundation
import Glibc
import Testing

@testable import Formats
@testable import ScrubKit

/// Installed trees made by hand: what RECORD says and does not say.
@Suite struct TreeScrubTests {
  private static let bytecode = TestBytecode.module(
    BytecodeVersion.of(magic: 3495)!, filename: "/tmp/pip-target-ab12cd_4/lib/python/pkg/mod.py")
  private static let fixed = TestBytecode.module(BytecodeVersion.of(magic: 3495)!, filename: "pkg/mod.py")
  private static let cache = "pkg/__pycache__/mod.cpython-311.pyc"

  private func row(_ path: String, _ content: [UInt8]) -> String {
    "\(path),sha256=\(RecordHash.sha256.digest(Bytes(content))),\(content.count)"
  }

  /// A tree with one module and this RECORD.
  private func tree(_ record: String?) -> Scratch {
    let scratch = Scratch()
    _ = scratch.file("pkg/mod.py", Array("x = 1\n".utf8))
    _ = scratch.file(Self.cache, Self.bytecode)
    _ = scratch.file("pkg-1.0.dist-info/METADATA")
    if let record { _ = scratch.file("pkg-1.0.dist-info/RECORD", Array(record.utf8)) }
    return scratch
  }

  private func fix(
    _ scratch: Scratch, _ options: Options = Options(), to destination: Destination = .inPlace
  ) -> [FileReport] {
    let inputs = Tree.expand([scratch.path])
    #expect(inputs.errors.isEmpty)
    let work = TreeScrub(inputs.files, options: options)
    var reports = inputs.files.indices.map { index in
      work.tree.owners[index] == nil
        ? Scrub(options).fix(inputs.files[index], to: destination) : work.fix(index, to: destination)
    }
    let records = work.commit(&reports) { _ in destination }
    return reports + records
  }

  @Test func `rows with a hash follow, rows without stay`() {
    let scratch = tree("\(row(Self.cache, Self.bytecode))\r\npkg/mod.py,,\r\npkg-1.0.dist-info/RECORD,,\r\n")
    let reports = fix(scratch)
    #expect(reports.allSatisfy { $0.errors.isEmpty && $0.notes.isEmpty })
    #expect(scratch.read(Self.cache) == Self.fixed)
    let expected = "\(row(Self.cache, Self.fixed))\r\npkg/mod.py,,\r\npkg-1.0.dist-info/RECORD,,\r\n"
    #expect(scratch.read("pkg-1.0.dist-info/RECORD") == Array(expected.utf8))
    // The second time there is nothing to do.
    #expect(fix(scratch).allSatisfy { $0.changes.isEmpty && $0.writtenTo == nil })
  }

  /// uv lists no bytecode; pip lists it without a hash; Debian has no RECORD at all.
  @Test(arguments: ["pkg/mod.py,,\n", "pkg/mod.py,,\npkg/__pycache__/mod.cpython-311.pyc,,\n", nil])
  func `RECORD stays as it is`(record: String?) {
    let scratch = tree(record)
    #expect(fix(scratch).allSatisfy { $0.errors.isEmpty })
    #expect(scratch.read(Self.cache) == Self.fixed)
    let path = scratch.path + "/pkg-1.0.dist-info/RECORD"
    #expect((try? String(contentsOfFile: path, encoding: .utf8)) == record)
  }

  @Test func `a row that was wrong before is left, and said`() {
    let wrong = "\(row(Self.cache, [1]))\n"
    let scratch = tree(wrong)
    let reports = fix(scratch)
    #expect(reports[0].notes.contains { $0.message.contains("row left as it is") })
    #expect(scratch.read(Self.cache) == Self.fixed)
    #expect(scratch.read("pkg-1.0.dist-info/RECORD") == Array(wrong.utf8))
  }

  /// A distribution's files go another way than loose ones, with the same rules.
  @Test func `rules that do not count in a file are not fixed in it`() throws {
    let scratch = tree(row(Self.cache, Self.bytecode) + "\n")
    var options = Options()
    options.paths.ignores = [(try Glob("*.pyc"), ["BP", "PY"])]
    #expect(fix(scratch, options).allSatisfy { $0.errors.isEmpty && $0.findings.isEmpty })
    #expect(scratch.read(Self.cache) == Self.bytecode)
  }

  /// Whoever writes RECORD must not make us write elsewhere.
  @Test func `rows that lead out are not followed`() throws {
    let outside = Scratch()
    let victim = outside.file("mod.pyc", Self.bytecode)
    let up = String(repeating: "../", count: 20)
    let scratch = tree("\(row(victim, Self.bytecode))\n\(row(up + victim, Self.bytecode))\n\(Self.cache),,\n")
    #expect(fix(scratch).allSatisfy { $0.errors.isEmpty })
    #expect(outside.read("mod.pyc") == Self.bytecode)
    let record = try InstalledRecord(
      scratch.path + "/pkg-1.0.dist-info/RECORD", installedPath: "pkg-1.0.dist-info/RECORD")
    #expect(record.outside.count == 2 && record.paths == [Self.cache])
  }

  @Test func `a look writes nothing and says all`() {
    let scratch = tree("\(row(Self.cache, Self.bytecode))\n")
    let reports = fix(scratch, to: .nowhere)
    #expect(scratch.read(Self.cache) == Self.bytecode)
    #expect(reports.count == 2 && reports.allSatisfy { !$0.changes.isEmpty && $0.writtenTo == nil })
  }

  @Test func `one damaged file keeps the others`() {
    let other = "pkg/__pycache__/other.cpython-311.pyc"
    let scratch = tree("\(Self.cache),,\n\(other),,\n")
    _ = scratch.file(other, Array(Self.bytecode.dropLast(3)))
    let reports = fix(scratch)
    #expect(reports.allSatisfy { $0.errors.count == 1 })
    #expect(scratch.read(Self.cache) == Self.bytecode)
    #expect(
      try! FileManager.default.contentsOfDirectory(atPath: scratch.path + "/pkg/__pycache__").count == 2)
  }

  /// A virtual environment: RECORD lists scripts by paths that lead out of site-packages.
  @Test(arguments: [true, false])
  func `rows of scripts follow`(alone: Bool) throws {
    let scratch = Scratch()
    let site = "venv/lib/python3.11/site-packages"
    let root = try AtomicWrite.realPath(scratch.path)
    let script = Array("#!\(root)/venv/bin/python\nimport pkg\n".utf8)
    let record = "../../../bin/tool,sha256=\(RecordHash.sha256.digest(Bytes(script))),\(script.count)\n"
    _ = scratch.file("venv/pyvenv.cfg", Array("home = /usr/bin\n".utf8))
    _ = scratch.file("venv/bin/tool", script)
    _ = scratch.file("\(site)/pkg/mod.py", Array("x = 1\n".utf8))
    if !alone { _ = scratch.file("\(site)/\(Self.cache)", Self.bytecode) }
    _ = scratch.file("\(site)/pkg-1.0.dist-info/METADATA")
    _ = scratch.file("\(site)/pkg-1.0.dist-info/RECORD", Array("\(record)pkg/mod.py,,\n".utf8))
    var options = Options()
    options.relocations = try PathRelocations(["\(root)=/srv/app"])
    options.policy = try Policy(RuleSelection(ignore: ["PY1"]))
    let reports = fix(scratch, options)
    #expect(reports.allSatisfy { $0.errors.isEmpty && $0.unfixable.isEmpty })
    let new = Array("#!/srv/app/venv/bin/python\nimport pkg\n".utf8)
    #expect(scratch.read("venv/bin/tool") == new)
    let row = "../../../bin/tool,sha256=\(RecordHash.sha256.digest(Bytes(new))),\(new.count)\npkg/mod.py,,\n"
    #expect(String(decoding: scratch.read("\(site)/pkg-1.0.dist-info/RECORD"), as: UTF8.self) == row)
    // The second time there is nothing to do.
    #expect(fix(scratch, options).allSatisfy { $0.changes.isEmpty && $0.writtenTo == nil })
  }

  /// All of a distribution or nothing: a script that cannot be read right keeps the others as they were.
  @Test func `a damaged carrier keeps its distribution`() throws {
    let scratch = tree("\(Self.cache),,\npkg-1.0.dist-info/direct_url.json,,\n")
    _ = scratch.file("pkg-1.0.dist-info/direct_url.json", Array("{\"url\": ".utf8))
    let reports = fix(scratch)
    #expect(reports.contains { $0.errors.contains { $0.description.contains("JSON ends too early") } })
    #expect(scratch.read(Self.cache) == Self.bytecode)
  }

  @Test func `clamped headers and sources have one time`() throws {
    let scratch = tree(nil)
    let source = scratch.file("pkg/mod.py", Array("x = 1\n\n".utf8))
    try ModificationTime(path: source, seconds: 1_700_000_000).set()
    var options = Options()
    options.sourceDateEpoch = 1_600_000_000
    options.bytecode.header = .clamp
    #expect(fix(scratch, options).allSatisfy { $0.errors.isEmpty })
    #expect(try FileIdentity(path: source)?.modifiedSeconds == 1_600_000_000)
    let image = try BytecodeImage(Bytes(scratch.read(Self.cache)))
    #expect(image.header.validation == .timestamp(1_600_000_000, size: 7))
  }

  /// A time that would make a stale file fresh is no time to set.
  @Test func `clamping makes no stale file fresh`() throws {
    let scratch = tree(nil)
    let source = scratch.file("pkg/mod.py", Array("y = 2\n\n".utf8))
    try ModificationTime(path: source, seconds: 1_800_000_000).set()
    let report = TreeTimes.clamp(scratch.path, epoch: 1_700_000_000, writes: true)
    #expect(report.errors.isEmpty)
    #expect(try FileIdentity(path: source)?.modifiedSeconds == 1_800_000_000)
    #expect(report.notes.contains { $0.place.path == source })
    #expect(try FileIdentity(path: scratch.path)?.modifiedSeconds == 1_700_000_000)
    #expect(try FileIdentity(path: scratch.path + "/" + Self.cache)?.modifiedSeconds == 1_700_000_000)
  }

  /// The way of a wheel's member: names count from the wheel's top, or from its purelib.
  @Test func `bytecode in wheels`() throws {
    let scratch = Scratch()
    _ = scratch.file("m.pyc", Self.bytecode)
    try scratch.python(
      """
      import base64, hashlib, zipfile
      data = open("m.pyc", "rb").read()
      digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
      names = ["pkg/__pycache__/mod.cpython-311.pyc", "m-1.0.data/purelib/pkg/mod.pyc"]
      with zipfile.ZipFile("m-1.0-py3-none-any.whl", "w") as z:
          for name in names: z.writestr(name, data)
          z.writestr("m-1.0.dist-info/RECORD",
              "".join(f"{n},sha256={digest},{len(data)}\\n" for n in names) + "m-1.0.dist-info/RECORD,,\\n")
      """)
    let path = scratch.path + "/m-1.0-py3-none-any.whl"
    let report = Scrub(Options()).fix(InputFile(explicit: path), to: .inPlace)
    #expect(report.errors.isEmpty && report.findings.count == 2 && report.unfixable.isEmpty)
    _ = scratch.file("fixed.pyc", Self.fixed)
    try scratch.python(
      """
      import base64, csv, hashlib, io, zipfile
      fixed = open("fixed.pyc", "rb").read()
      with zipfile.ZipFile("m-1.0-py3-none-any.whl") as z:
          rows = {r[0]: r for r in csv.reader(io.StringIO(z.read("m-1.0.dist-info/RECORD").decode()))}
          for name in z.namelist():
              if name.endswith(".pyc"):
                  assert z.read(name) == fixed
                  digest = base64.urlsafe_b64encode(hashlib.sha256(fixed).digest()).decode().rstrip("=")
                  assert rows[name] == [name, "sha256=" + digest, str(len(fixed))]
      """)
  }
}
