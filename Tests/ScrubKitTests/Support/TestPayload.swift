import Foundation

@testable import Formats
@testable import ScrubKit

/// Payloads as the programs that own the formats write them, and judge what became of them.
struct TestPayload {
  /// `zlib-0`, `zip-deflated`.
  var name: String
  /// As places spell it: `zlib`, `zip member mod.py`.
  var kind: String
  var bytes: [UInt8]

  static let root = "/tmp/pip-install-ab12cd34/demo_0123456789abcdef0123456789abcdef"

  /// A root three times, and text that compresses.
  static let text = """
    {
     "name": "demo",
     "source_dir": "\(root)",
     "sources": ["\(root)/src/alpha.c", "\(root)/src/beta.c"],
     "flags": ["-O2", "-fPIC"], "tmp": "/tmp"
    }

    """

  private static let kinds: [(name: String, kind: String)] = [
    ("zlib-0", "zlib"), ("zlib-1", "zlib"), ("zlib-6", "zlib"), ("zlib-9", "zlib"), ("gzip", "gzip"),
    ("gzip-named", "gzip"), ("bzip2", "bzip2"), ("xz", "xz"), ("zip-stored", "zip member mod.py"),
    ("zip-deflated", "zip member mod.py"), ("zip-bzip2", "zip member mod.py"),
    ("zip-piped-stored", "zip member mod.py"), ("zip-piped-deflated", "zip member mod.py"),
    ("zstd", "zstd"), ("zstd-unsummed", "zstd"), ("lz4", "LZ4"), ("lz4-sized", "LZ4"),
  ]

  private static let script = """
    import bz2, gzip, io, lzma, sys, zipfile, zlib
    text = open("text", "rb").read()
    class Pipe(io.RawIOBase):
        def __init__(self): self.all = b""
        def writable(self): return True
        def write(self, data): self.all += bytes(data); return len(data)
    def pack(method, piped=False):
        file = Pipe() if piped else io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            archive.writestr(zipfile.ZipInfo("mod.py"), text, method)
        return file.all if piped else file.getvalue()
    named = io.BytesIO()
    with gzip.GzipFile("part.json", "wb", 9, named, 1) as file: file.write(text)
    made = {"zlib-%d" % n: zlib.compress(text, n) for n in (0, 1, 6, 9)}
    made |= {"gzip": gzip.compress(text, mtime=0), "gzip-named": named.getvalue(), "bzip2": bz2.compress(text),
             "xz": lzma.compress(text), "zip-stored": pack(0), "zip-deflated": pack(8), "zip-bzip2": pack(12),
             "zip-piped-stored": pack(0, True), "zip-piped-deflated": pack(8, True)}
    for name, data in made.items(): open(name, "wb").write(data)
    """

  /// One of each kind that holds `text`.
  static func all(_ text: String = Self.text) throws -> [TestPayload] {
    let scratch = Scratch()
    _ = scratch.file("text", Array(text.utf8))
    try scratch.python(script)
    try scratch.run("zstd", "-q", "--check", "text", "-o", "zstd")
    try scratch.run("zstd", "-q", "--no-check", "-19", "text", "-o", "zstd-unsummed")
    try scratch.run("lz4", "-q", "text", "lz4")
    try scratch.run("lz4", "-q", "-9", "-BD", "--content-size", "text", "lz4-sized")
    return kinds.map { TestPayload(name: $0.name, kind: $0.kind, bytes: scratch.read($0.name)) }
  }

  static func one(_ name: String, _ text: String = Self.text) throws -> TestPayload {
    try all(text).first { $0.name == name }!
  }

  /// What the format's own program or library reads out of it; throws where it refuses.
  func decoded(_ bytes: [UInt8]) throws -> String {
    let scratch = Scratch()
    _ = scratch.file("in", bytes)
    switch name.split(separator: "-")[0] {
    case "zstd": try scratch.run("zstd", "-q", "-d", "in", "-o", "out")
    case "lz4": try scratch.run("lz4", "-q", "-d", "in", "out")
    default:
      try scratch.python(
        """
        import bz2, gzip, io, lzma, sys, zipfile, zlib
        def unzip(data):
            archive = zipfile.ZipFile(io.BytesIO(data))
            assert archive.testzip() is None
            return archive.read("mod.py")
        how = {"zlib": zlib.decompress, "gzip": gzip.decompress, "bzip2": bz2.decompress, "xz": lzma.decompress, "zip": unzip}
        open("out", "wb").write(how[sys.argv[1]](open("in", "rb").read()))
        """, String(name.split(separator: "-")[0]))
    }
    return String(decoding: scratch.read("out"), as: UTF8.self)
  }
}

extension Compiler {
  /// A small library without roots but in `payloads`, each between NULs in one section, and in `text`, a constant.
  static func library(
    payloads: [[UInt8]], section: String = ".rodata", text: String? = nil
  ) throws -> [UInt8] {
    let scratch = Scratch()
    var assembly = ".section \(section)\n"
    for (index, payload) in payloads.enumerated() {
      _ = scratch.file("p\(index)", payload)
      assembly += ".zero 3\n.globl payload\(index)\npayload\(index): .incbin \"p\(index)\"\n"
    }
    assembly += ".zero 3\n"
    _ = scratch.file("p.s", Array(assembly.utf8))
    let constant = text.map { "const char *where(void) { return \"\($0)\"; }\n" } ?? "int where;\n"
    _ = scratch.file("x.c", Array(constant.utf8))
    try scratch.run(
      "gcc", "-O1", "-fPIC", "-shared", "-nostdlib", "-Wl,--build-id=sha1", "x.c", "p.s", "-o", "x.so")
    return scratch.read("x.so")
  }
}
