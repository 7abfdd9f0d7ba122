@testable import Formats

extension MiniDebugInfo {
  /// A library whose image inside has a symbol table; its file symbols say what `-x c <root>/part.c` said.
  static func library(leak: Bool = true) throws -> [UInt8] {
    let scratch = Scratch()
    let root = "/tmp/pip-install-ab12cd34/demo_0123456789abcdef0123456789abcdef"
    _ = scratch.file("x.so", try Compiler.sharedLibrary(sources: Sources.quiet))
    if leak {
      _ = scratch.file("s.s", Array(".globl \"\(root)/part\"\n\"\(root)/part\":\n.byte 0\n".utf8))
      try scratch.run("as", "s.s", "-o", "s.o")
      try scratch.run("objcopy", "--strip-debug", "s.o", "mini")
    } else {
      try scratch.run("objcopy", "--strip-debug", "x.so", "mini")
    }
    try scratch.run("xz", "-9", "-k", "mini")
    try scratch.run("objcopy", "--add-section", ".gnu_debugdata=mini.xz", "x.so")
    return scratch.read("x.so")
  }
}
