import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct WheelWriterTests {
  let scratch = Scratch()

  private func write(_ writer: WheelWriter, _ name: String = "out.whl") throws -> [UInt8] {
    let output = try AtomicWrite(to: "\(scratch.path)/\(name)", from: writer.wheel.file)
    try writer.output.write(to: output)
    try output.commit()
    return scratch.read(name)
  }

  private func wheel(_ zip: TestZip) throws -> Wheel { try Wheel.open(scratch.file("in.whl", zip.bytes())) }

  private static let pythonWheel = """
    import zipfile, sys, random
    random.seed(1)
    def info(name, mode, date=(2024, 2, 3, 4, 5, 6)):
        zi = zipfile.ZipInfo(name, date)
        zi.external_attr = mode << 16
        zi.compress_type = zipfile.ZIP_DEFLATED
        return zi
    with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
        z.mkdir("pkg", 0o755)
        z.writestr(info("pkg/__init__.py", 0o100644), "import os\\n" * 50)
        z.writestr(info("pkg/_x.so", 0o100755), bytes(random.choice(b"abcdefgh") for _ in range(200000)))
        z.writestr(info("pkg/été.txt", 0o100644), "x")
        zi = info("pkg/stored", 0o100600); zi.compress_type = 0
        z.writestr(zi, b"stored" * 10)
        with z.open(info("pkg/forced", 0o100644), "w", force_zip64=True) as f: f.write(b"forced" * 30)
        z.writestr(info("pkg-1.dist-info/RECORD", 0o100644), "pkg/_x.so,,\\n")
    """

  @Test func unchangedIsIdentical() throws {
    try scratch.python(Self.pythonWheel, "in.whl")
    let writer = WheelWriter(try Wheel.open(scratch.path + "/in.whl"), epoch: 1_900_000_000)
    #expect(!writer.hasChanges)
    #expect(writer.segments().count == 2)
    #expect(try write(writer) == scratch.read("in.whl"))
  }

  /// Replacing every member by itself gives CPython's bytes again.
  @Test func replacedIsIdentical() throws {
    try scratch.python(
      Self.pythonWheel.replacingOccurrences(of: "force_zip64=True", with: "force_zip64=False"), "in.whl")
    let wheel = try Wheel.open(scratch.path + "/in.whl")
    for jobs in [1, 4] {
      var writer = WheelWriter(wheel)
      let contents = try wheel.members.filter { !$0.isDirectory }.map { ($0, try $0.content()) }
      try writer.replace(contents, workers: Workers(jobs: jobs))
      #expect(try write(writer) == scratch.read("in.whl"))
    }
  }

  /// Debian's python3 has pip only where python3-pip is installed.
  private static let hasPip = FileManager.default.fileExists(atPath: "/usr/lib/python3/dist-packages/pip")

  @Test(.enabled(if: hasPip)) func pipWheelIsIdentical() throws {
    let project = "[project]\nname='x'\nversion='1'\n[tool.setuptools]\npackages=[]\n"
    _ = scratch.file("project/pyproject.toml", Array(project.utf8))
    try scratch.python(
      """
      import subprocess, sys
      subprocess.run([sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "-q", "-w", "dist",
        "./project"], check=True)
      """)
    let wheel = try Wheel.open(scratch.path + "/dist/x-1-py3-none-any.whl")
    #expect(try write(WheelWriter(wheel)) == wheel.file.bytes.array())
  }

  @Test func replacesAndDrops() throws {
    try scratch.python(Self.pythonWheel, "in.whl")
    let wheel = try Wheel.open(scratch.path + "/in.whl")
    var writer = WheelWriter(wheel)
    let member = try #require(wheel.member(named: "pkg/_x.so"))
    writer.replace(member, with: try PackedMember(Bytes(Array("new content".utf8)), method: member.method))
    writer.drop(try #require(wheel.member(named: "pkg/stored")))
    #expect(writer.hasChanges)
    _ = try write(writer)
    let listing = try scratch.python(
      """
      import zipfile
      a, b = zipfile.ZipFile("in.whl"), zipfile.ZipFile("out.whl")
      assert b.testzip() is None
      keys = ("date_time", "external_attr", "create_system", "create_version", "extract_version", "flag_bits",
        "compress_type", "extra", "internal_attr")
      for i in b.infolist():
          o = a.getinfo(i.filename)
          assert [getattr(i, k) for k in keys] == [getattr(o, k) for k in keys], i
          if i.filename != "pkg/_x.so": assert a.read(o) == b.read(i)
      print([i.filename for i in b.infolist()], b.read("pkg/_x.so"))
      """)
    #expect(
      listing
        == "['pkg/', 'pkg/__init__.py', 'pkg/_x.so', 'pkg/été.txt', 'pkg/forced', 'pkg-1.dist-info/RECORD'] b'new content'\n"
    )
  }

  @Test func descriptorsAndCommentsAreNotWrittenAgain() throws {
    var zip = TestZip([.init("a", "one"), .init("b", "two")])
    zip.entries[0].descriptor = (true, false)
    zip.entries[1].comment = Array("member comment".utf8)
    zip.comment = Array("archive comment".utf8)
    let result = try write(WheelWriter(try wheel(zip)))
    #expect(result == TestZip([.init("a", "one"), .init("b", "two")]).bytes())
  }

  @Test func timesAreClamped() throws {
    var zip = TestZip([.init("old", "1"), .init("late", "2"), .init("extra", "3")])
    zip.entries[0].time = DOSTime(seconds: 999_999_998).packed
    zip.entries[1].time = DOSTime(seconds: 1_700_000_000).packed
    zip.entries[2].time = DOSTime(seconds: 999_999_998).packed
    var times: [UInt8] = [0x55, 0x54, 9, 0, 3]
    times.append(little: UInt32(1_700_000_000))
    times.append(little: UInt32(5))
    zip.entries[2].localExtra = times
    zip.entries[2].extra = [0x55, 0x54, 5, 0, 3] + times[5..<9]
    let epoch: Int64 = 1_000_000_001
    let original = try wheel(zip)
    let late = original.lateMembers(epoch: epoch)
    #expect(late.map(\.member.name) == ["late", "extra"])
    #expect(late[0].before == "2023-11-14T22:13:20")
    #expect(late[0].after == "2001-09-09T01:46:40")
    let result = try write(WheelWriter(original, epoch: epoch))
    zip.entries[1].time = DOSTime(seconds: 1_000_000_000).packed
    var expected: [UInt8] = []
    expected.append(little: UInt32(epoch))
    zip.entries[2].localExtra!.replaceSubrange(5..<9, with: expected)
    zip.entries[2].extra.replaceSubrange(5..<9, with: expected)
    #expect(result == zip.bytes())
    #expect(try Wheel.open(scratch.path + "/out.whl").lateMembers(epoch: epoch).isEmpty)
  }

  @Test func memberOrderOfFileAndDirectoryMayDiffer() throws {
    // A directory in another order than the data.
    let plain = TestZip([.init("a", "one"), .init("b", "two"), .init("c", "three")]).bytes()
    let directory = plain.count - 22 - 3 * 47
    var swapped = plain
    swapped.replaceSubrange(
      directory..<directory + 94,
      with: Array(plain[directory + 47..<directory + 94] + plain[directory..<directory + 47]))
    let wheel = try Wheel.open(scratch.file("in.whl", swapped))
    #expect(wheel.members.map(\.name) == ["b", "a", "c"])
    #expect(try write(WheelWriter(wheel)) == swapped)
    var writer = WheelWriter(wheel)
    writer.replace(wheel.members[0], with: try PackedMember(Bytes(Array("two".utf8)), method: .deflate))
    #expect(try write(writer) == swapped)
  }

  @Test func dosTimes() {
    #expect(DOSTime(seconds: 0).description == "1980-01-01T00:00:00")
    #expect(DOSTime(seconds: .max).description == "2107-12-31T23:59:58")
    #expect(DOSTime(seconds: .min).packed == 0x21_0000)
    #expect(DOSTime(seconds: 951_782_401).description == "2000-02-29T00:00:00")
    #expect(DOSTime(seconds: 1_709_251_199).description == "2024-02-29T23:59:58")
    #expect(DOSTime(time: 0, date: 0).description == "1980-00-00T00:00:00")
  }
}
