import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Compiled Python that differs for one known reason each.
@Suite struct BytecodeCauseTests {
  private static let version = BytecodeVersion.of(magic: 3531)!

  private func pair(_ one: [UInt8], _ other: [UInt8], _ options: Options = Options()) -> Pair {
    let pair = Pair(one, other, name: "mod.pyc", options)
    for difference in pair.report.differences {
      #expect((difference.first ?? "").count <= 80 && (difference.second ?? "").count <= 80, "\(difference)")
    }
    return pair
  }

  private func module(_ filename: String = "pkg/mod.py", constant: String = "value") -> [UInt8] {
    TestBytecode.module(Self.version, filename: filename, constant: constant)
  }

  @Test func `times and kinds of headers`() throws {
    var later = module()
    later[8] ^= 1
    #expect(pair(module(), later).causes == [": bytecode-time!"])
    var hashed = module()
    hashed[4] = 3
    #expect(pair(module(), hashed).causes == [": bytecode-header!"])
    var size = module()
    size[12] ^= 1
    #expect(pair(module(), size).causes == [": bytecode-header!"])
    let other = TestBytecode.module(BytecodeVersion.of(magic: 3571)!, filename: "pkg/mod.py")
    #expect(pair(module(), other).causes == [": compiler!"])
  }

  @Test func `names, of random directories and others`() throws {
    let random = "/tmp/pip-target-ab12cd_4/lib/python/pkg/mod.py"
    #expect(
      pair(module(random), module(random.replacing("ab12", with: "zy98"))).causes == ["marshal: build-root"])
    let names = pair(module("/a/pkg/mod.py"), module("/bb/pkg/mod.py"))
    #expect(names.causes == ["marshal: bytecode-name!"])
    #expect(try names.first(.bytecodeName).count == 3)
    let long = "/" + String(repeating: "a", count: 300)
    #expect(pair(module(long + "/x.py"), module(long + "/y.py")).causes == ["marshal: bytecode-name!"])
  }

  @Test func `references`() throws {
    // Marked or not, nobody refers to it.
    func module(flag: Bool) -> [UInt8] {
      var file = TestBytecode(Self.version)
      file.append(
        TestBytecode.Code(filename: .string("m.py"), constants: [.string("some constant", flag: flag)]))
      return file.bytes
    }
    let kept = pair(module(flag: true), module(flag: false))
    #expect(kept.causes == ["marshal: bytecode-references!"])
    #expect(try kept.first(.bytecodeReferences).cause.prevention.contains("fix --pyc-canonical"))
    var options = Options()
    options.bytecode.isCanonical = true
    #expect(pair(module(flag: true), module(flag: false), options).causes == ["marshal: bytecode-references"])
  }

  @Test func `other code is named by function and field`() throws {
    let code = pair(module(constant: "old"), module(constant: String(repeating: "new", count: 200)))
    #expect(code.causes == ["marshal: bytecode-code!"])
    let difference = try code.first(.bytecodeCode)
    #expect(difference.first == "<module> co_consts[0]: 'old'")
    #expect(difference.second?.hasPrefix("<module> co_consts[0]: 'newnew") == true)
  }

  @Test func `several causes at once`() throws {
    var other = module("/b/pkg/mod.py", constant: "other") + [0, 0]
    other[8] ^= 1
    #expect(
      pair(module("/a/pkg/mod.py"), other).causes == [
        ": bytecode-time!", "marshal: bytecode-name!", "marshal: bytecode-code!",
        "trailing bytes: bytecode-trailing",
      ])
  }

  @Test func `what is no bytecode that is understood is shown as a few bytes`() throws {
    let cut = Array(module().dropLast(3))
    #expect(pair(module(), cut).causes == [": unknown!"])
    #expect(pair(Array(cut.dropLast(4)), cut).causes == [": unknown!"])
    var foreign = module()
    foreign.replaceSubrange(0..<2, with: [0x03, 0xf3])
    var second = foreign
    second[second.count - 1] ^= 1
    #expect(pair(foreign, second).causes == [": unknown!"])
  }

  /// CPython itself: a module compiled alone, and after another one that interned the same string (cpython#129724).
  @Test(arguments: Interpreter.all)
  func `compiled alone and after another`(interpreter: Interpreter) throws {
    let scratch = Scratch()
    _ = scratch.file("one.py", Array("import shared_name\n".utf8))
    _ = scratch.file(
      "two.py", Array("value = {\"shared_name\", 2, 3}\n\ndef f():\n    g = {\"shared_name\", 2, 3}\n".utf8))
    let compile = """
      import py_compile, sys
      for name in sys.argv[2:]:
          py_compile.compile(name + ".py", cfile=sys.argv[1] + name + ".pyc", dfile=name + ".py", doraise=True)
      """
    let directory = URL(filePath: scratch.path)
    try interpreter.run(["-c", compile, "alone-", "two"], in: directory)
    try interpreter.run(["-c", compile, "after-", "one", "two"], in: directory)
    let (alone, after) = (scratch.read("alone-two.pyc"), scratch.read("after-two.pyc"))
    let found = pair(alone, after)
    if alone == after {
      #expect(found.report.isIdentical)
    } else {
      #expect(found.causes == ["marshal: bytecode-references!"], "\(interpreter.version)")
      var options = Options()
      options.bytecode.isCanonical = true
      #expect(pair(alone, after, options).causes == ["marshal: bytecode-references"])
    }
  }
}
