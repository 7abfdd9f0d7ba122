import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Archives as Python's tarfile writes them, and what hostile ones cost.
@Suite struct TarReaderTests {
  private static let script = """
    import io, sys, tarfile
    def build(path, format, mode="w"):
        with tarfile.open(path, mode, format=format) as tar:
            for name, content in [("a/b.txt", b"one"), ("a/" + "d" * 90 + "/" + "n" * 90, b"x" * 1025),
                                  ("ü/" + "v" * 300, b"three"), ("empty", b"")]:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
            for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE):
                info = tarfile.TarInfo("other%s" % kind.decode())
                info.type, info.linkname = kind, "a/b.txt"
                tar.addfile(info)
            info = tarfile.TarInfo("last")
            info.size = 4
            tar.addfile(info, io.BytesIO(b"last"))
    build("gnu.tar", tarfile.GNU_FORMAT)
    build("pax.tar", tarfile.PAX_FORMAT)
    build("pax.tar.gz", tarfile.PAX_FORMAT, "w:gz")
    build("pax.tar.bz2", tarfile.PAX_FORMAT, "w:bz2")
    build("pax.tar.xz", tarfile.PAX_FORMAT, "w:xz")
    """

  private static let names = [
    "a/b.txt 3", "a/\(String(repeating: "d", count: 90))/\(String(repeating: "n", count: 90)) 1025",
    "ü/\(String(repeating: "v", count: 300)) 5", "empty 0", "last 4",
  ]

  /// Names and sizes of files, in order.
  private func list(_ bytes: Bytes) throws(ScrubError) -> [String] {
    let source = try FileKind.of(bytes).source(of: bytes)
    let head = try source.read(TarReader.blockSize)
    guard TarReader.mayBegin(head) else { throw ScrubError("is no tar archive") }
    var reader = TarReader(source, first: head)
    var names: [String] = []
    while let member = try reader.next() {
      guard member.isFile else { continue }
      names.append("\(member.name) \(try reader.content(of: member).count)")
    }
    try reader.finish()
    return names
  }

  @Test func `archives of every form and compression`() throws {
    let scratch = Scratch()
    try scratch.python(Self.script)
    try scratch.run("zstd", "-q", "gnu.tar", "-o", "gnu.tar.zst")
    for name in scratch.names {
      let bytes = Bytes(scratch.read(name))
      #expect(FileKind.of(bytes).isPackage, "\(name)")
      #expect(try list(bytes) == Self.names, "\(name)")
    }
    // Several streams, one behind the other, are one file (RFC 1952 section 2.2).
    let whole = scratch.read("gnu.tar")
    _ = scratch.file("one", Array(whole[..<700]))
    _ = scratch.file("two", Array(whole[700...]))
    for (tool, magic) in [("gzip", "gz"), ("bzip2", "bz2"), ("xz", "xz")] {
      try scratch.run(tool, "-k", "one", "two")
      #expect(
        try list(Bytes(scratch.read("one.\(magic)") + scratch.read("two.\(magic)"))) == Self.names, "\(tool)")
    }
  }

  @Test func `cut and damaged archives are errors, and none traps`() throws {
    let scratch = Scratch()
    try scratch.python(Self.script)
    let tar = scratch.read("pax.tar")
    for length in stride(from: 513, to: 8000, by: 97) {
      _ = errorText { () throws(ScrubError) in _ = try list(Bytes(Array(tar[..<length]))) }
    }
    #expect(
      errorText { () throws(ScrubError) in _ = try list(Bytes(Array(tar[..<514]))) }?.contains("is cut")
        == true)
    let gzip = scratch.read("pax.tar.gz")
    let cut = errorText { () throws(ScrubError) in _ = try list(Bytes(Array(gzip.dropLast(12)))) }
    #expect(cut?.contains("is cut") == true, "\(cut ?? "no error")")
    var generator = Seeded(state: 3)
    for name in ["pax.tar", "gnu.tar", "pax.tar.gz", "pax.tar.xz", "pax.tar.bz2"] {
      let original = scratch.read(name)
      for _ in 0..<500 {
        var damaged = original
        let offset = Int.random(in: 0..<min(damaged.count, 6000), using: &generator)
        damaged[offset] ^= UInt8.random(in: 1...255, using: &generator)
        _ = errorText { () throws(ScrubError) in _ = try list(Bytes(damaged)) }
      }
    }
  }

  /// A size is believed only as far as there are bytes, and what a small file makes of itself is bounded.
  @Test func `a claim of gigabytes costs nothing`() throws {
    let scratch = Scratch()
    try scratch.python(
      """
      import gzip, io, tarfile
      info = tarfile.TarInfo("big")
      info.size = 7 << 30
      with gzip.open("claim.tar.gz", "wb") as f: f.write(info.tobuf(tarfile.GNU_FORMAT) + b"few")
      info.size = 600 << 20
      with gzip.open("bomb.tar.gz", "wb") as f:
          f.write(info.tobuf(tarfile.GNU_FORMAT))
          for _ in range(600): f.write(bytes(1 << 20))
      """)
    let claim = errorText { () throws(ScrubError) in _ = try list(Bytes(scratch.read("claim.tar.gz"))) }
    #expect(claim?.contains("is cut") == true)
    let bomb = Bytes(scratch.read("bomb.tar.gz"))
    let refused = errorText { () throws(ScrubError) in
      try Effort.within(bomb.count) { () throws(ScrubError) in _ = try list(bomb) }
    }
    #expect(refused?.contains("costs far more work") == true, "\(refused ?? "no error")")
  }
}
