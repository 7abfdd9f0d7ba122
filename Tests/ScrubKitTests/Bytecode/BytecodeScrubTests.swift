import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct BytecodeScrubTests {
  static let versions = BytecodeVersion.all.map(\.name)
  static let name = "/tmp/pip-target-ab12cd_4/lib/python/pkg/mod.py"

  static func version(_ name: String) -> BytecodeVersion { BytecodeVersion.all.first { $0.name == name }! }

  /// The same object as a constant stays what it is, whichever of the two comes first.
  @Test(arguments: versions, [true, false])
  func `an equal string elsewhere stays`(version: String, constantFirst: Bool) throws {
    func module(_ name: String, constant: TestBytecode.Value, filename: TestBytecode.Value) -> [UInt8] {
      var file = TestBytecode(Self.version(version))
      let inner = TestBytecode.Code(
        filename: constantFirst ? .reference(1) : filename, name: .string("f", flag: false))
      file.append(
        TestBytecode.Code(
          filename: constantFirst ? .reference(1) : .reference(2), name: .string("<module>", flag: false),
          constants: constantFirst
            ? [constant, .code(inner)] : [.code(inner), .reference(2), .reference(2)]))
      return file.bytes
    }
    let string = TestBytecode.Value.string(Self.name)
    let input = module(Self.name, constant: string, filename: string)
    let outcome = try BytecodeScrub.run(input)
    let output = try BytecodeImage(try #require(outcome.output))
    let codes = output.codes()
    #expect(codes.count == 2)
    for code in codes { #expect(output.text(code.filename) == Array("pkg/mod.py".utf8)) }
    #expect(Set(codes.map { output.resolved($0.filename) }).count == 1)
    let constants = output.resolved(codes[0].constants)
    var strings: [Int] = []
    for index in constants + 1..<Int(output.objects[constants].end) {
      let target = output.resolved(index)
      if output.objects[target].type.isString, output.text(target) == Array(Self.name.utf8) {
        strings.append(target)
      }
    }
    #expect(!strings.isEmpty && Set(strings).count == 1)
    // What stays is said: clean means clean.
    #expect(outcome.findings.map(\.isFixable) == [true, false])
    #expect(outcome.findings.last?.context == "constant or name in <module>")
  }

  @Test func `a constant that is no prose is reported and left`() throws {
    let version = Self.version("3.11")
    let leaking = TestBytecode.module(
      version, filename: "pkg/mod.py", constant: "/tmp/pip-target-ab12cd_4/lib/x")
    let outcome = try BytecodeScrub.run(leaking)
    #expect(outcome.output == nil)
    #expect(outcome.findings.map(\.isFixable) == [false])
    #expect(outcome.findings.first?.context == "constant or name in <module>")

    let prose = TestBytecode.module(
      version, filename: "pkg/mod.py", constant: "See /tmp/pip-target-ab12cd_4/lib/x.", isDocumented: true)
    #expect(try BytecodeScrub.run(prose).findings.isEmpty)
  }

  /// A path with a space around it is prose in a docstring only, whichever interpreter wrote it.
  @Test(arguments: [
    ("FLAGS = 'cc -I@'", 1), ("'-I @'; x = 1", 0), ("f = lambda: 'cc -I@'", 1), ("def f(): '-I @'", 0),
    ("def f(): return 'cc -I@'", 1), ("async def f():\n 'at @'\n return 'cc -I@/b'", 1),
    ("def f(x): return ['cc -I@' for i in x]", 1), ("f = (x + 'cc -I@' for x in '')", 1),
  ]) func `docstrings of each interpreter`(source: String, count: Int) throws {
    let scratch = Scratch()
    let input = scratch.file(
      "m.py", Array(source.replacing("@", with: "/tmp/pip-target-ab12cd_4/lib/x").utf8))
    for interpreter in Interpreter.all
    where BytecodeVersion.all.contains(where: { $0.name == interpreter.version }) {
      try interpreter.run([
        "-c", "import py_compile; py_compile.compile('\(input)', '\(scratch.path)/m.pyc', 'm.py')",
      ])
      let findings = try BytecodeScrub.run(scratch.read("m.pyc")).findings
      #expect(findings.count == count, "\(interpreter.path): \(findings.map(\.context))")
      #expect(!findings.contains { $0.isFixable })
    }
  }

  @Test func `generated files get the stable prefix`() throws {
    let version = Self.version("3.12")
    let input = TestBytecode.module(
      version, filename: "/tmp/pip-install-ab12cd_4/cbor_0123456789abcdef0123456789abcdef/gen/parser.y")
    let outcome = try BytecodeScrub.run(input)
    #expect(
      outcome.output?.array() == TestBytecode.module(version, filename: "/build/cbor/gen/parser.y"))
  }

  @Test func `without an install directory pip's own layout tells`() throws {
    let version = Self.version("3.9")
    for (name, expected) in [
      (Self.name, "pkg/mod.py"),
      ("/tmp/pip-target-ab12cd_4/lib/python3.9/site-packages/pkg/mod.py", "pkg/mod.py"),
      ("/tmp/pip-target-ab12cd_4/pkg/mod.py", "/build/pip-target/pkg/mod.py"),
    ] {
      let outcome = try BytecodeScrub.run(TestBytecode.module(version, filename: name), sourceName: nil)
      #expect(outcome.output?.array() == TestBytecode.module(version, filename: expected))
    }
  }

  @Test func `a prefix of the user's`() throws {
    let version = Self.version("3.13")
    var options = Options()
    try options.bytecode.setPrefix("/usr/lib/python3/dist-packages/")
    let outcome = try BytecodeScrub.run(TestBytecode.module(version, filename: Self.name), options)
    let expected = "/usr/lib/python3/dist-packages/pkg/mod.py"
    #expect(outcome.output?.array() == TestBytecode.module(version, filename: expected))
    for wrong in ["", "/", "/tmp/pip-target-ab12cd_4"] {
      #expect(throws: PyCPrefixError.self) { try options.bytecode.setPrefix(wrong) }
    }
  }

  struct Damage: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var tail: [UInt8]
    var message: String
  }

  static let damages = [
    Damage(
      testDescription: "reference to nothing", tail: [0x72, 9, 0, 0, 0], message: "reference to object 9"),
    Damage(testDescription: "reference to the module", tail: [0x72, 0, 0, 0, 0], message: "not complete"),
    Damage(testDescription: "unknown type", tail: [0x3f], message: "type 0x3f is not known"),
    Damage(testDescription: "flag on None", tail: [0xce], message: "can have no references"),
    Damage(testDescription: "null object", tail: [0x30], message: "null object"),
    Damage(testDescription: "too many elements", tail: [0x28, 255, 255, 255, 0], message: "elements"),
    Damage(testDescription: "negative count", tail: [0x28, 255, 255, 255, 255], message: "out of range"),
    Damage(
      testDescription: "long string", tail: [0x75, 255, 255, 255, 127], message: "needs 2147483647 bytes"),
    Damage(testDescription: "digit", tail: [0x6c, 1, 0, 0, 0, 255, 255], message: "digit"),
    Damage(testDescription: "zero digit", tail: [0x6c, 1, 0, 0, 0, 0, 0], message: "begins with zero"),
    Damage(testDescription: "not ASCII", tail: [0x7a, 1, 0xff], message: "not ASCII"),
    Damage(
      testDescription: "nested too deep",
      tail: Array(repeating: [0x29, 1], count: 5000).flatMap { $0 } + [0x4e],
      message: "more than 2000 deep"),
    Damage(
      testDescription: "nested dictionaries", tail: Array(repeating: [0x7b], count: 5000).flatMap { $0 },
      message: "more than 2000 deep"),
  ]

  @Test(arguments: damages) func `damage is an error with its place`(damage: Damage) throws {
    var file = TestBytecode(Self.version("3.11"))
    file.append(TestBytecode.Code(filename: .string("x.py"), constants: [.raw(damage.tail)]))
    let error = errorText { () throws(ScrubError) in _ = try BytecodeScrub.run(file.bytes) }
    #expect(
      error?.contains(damage.message) == true && error?.hasPrefix("marshal+0x") == true, "\(error ?? "")")
  }

  @Test func `cut files, other objects and flags are refused`() throws {
    let module = TestBytecode.module(Self.version("3.11"), filename: Self.name)
    func message(_ bytes: [UInt8]) -> String {
      errorText { () throws(ScrubError) in _ = try BytecodeScrub.run(bytes) } ?? "none"
    }
    #expect(message(Array(module.dropLast())).contains("needs"))
    #expect(message(Array(module.prefix(16)) + [0x4e]).contains("needs a code object"))
    #expect(message(Array(module.prefix(9))).contains("header"))
    var flags = module
    flags[4] = 2
    #expect(message(flags).contains("flags are 2"))
  }

  /// The length in front of a string, `.` here, may be the byte of a path.
  @Test func `a path behind its length in another interpreter's`() throws {
    let name = "/home/someone/lib/python3.12/x/y/ElementTree.py"
    var foreign = TestBytecode.module(Self.version("3.11"), filename: String(name.prefix(46)))
    foreign.replaceSubrange(0..<2, with: [0x03, 0xf3])
    var options = Options()
    options.policy = try Policy(RuleSelection(select: ["BP2"]))
    let outcome = try BytecodeScrub.run(foreign, options)
    #expect(outcome.findings.map(\.isFixable) == [false])
    #expect(outcome.findings.map { $0.rootUse?.root } == ["/home/someone"])
  }

  /// Searched, reported, left; and not an error, because a tree may hold files of any interpreter.
  @Test func `other interpreters' files are searched only`() throws {
    var foreign = TestBytecode.module(Self.version("3.11"), filename: Self.name)
    foreign.replaceSubrange(0..<2, with: [0x03, 0xf3])
    #expect(FileKind.of(foreign) == .bytecode)
    let outcome = try BytecodeScrub.run(foreign)
    #expect(outcome.output == nil && outcome.findings.map(\.isFixable) == [false])
    #expect(outcome.notes.map(\.message).first?.contains("magic number 62211") == true)
  }

  @Test func `slices are constants since 3.14`() throws {
    let slice: [UInt8] = [0x3a, 0x4e, 0xe9, 1, 0, 0, 0, 0x4e]
    for version in ["3.13", "3.14"] {
      var file = TestBytecode(Self.version(version))
      file.append(TestBytecode.Code(filename: .string(Self.name), constants: [.raw(slice)]))
      let output = try? BytecodeScrub.run(file.bytes).output
      #expect((output != nil) == (version == "3.14"))
    }
  }

  /// More than 64 KB of them; a module of Pygments has such sets.
  @Test func `large sets get an order of their own`() throws {
    func module(_ elements: [Int]) throws -> [UInt8]? {
      var file = TestBytecode(Self.version("3.9"))
      var head = [UInt8(ascii: ">")]
      head.append(little: UInt32(elements.count))
      var set = TestBytecode(file.version, header: head)
      for element in elements { set.append(.string("a class with a long name \(element)", flag: false)) }
      file.append(TestBytecode.Code(filename: .string(Self.name), constants: [.raw(set.bytes)]))
      var options = Options()
      options.bytecode.isCanonical = true
      return try BytecodeScrub.run(file.bytes, options).output?.array()
    }
    let output = try module(Array(0..<3000))
    #expect(try output != nil && module((0..<3000).reversed()) == output)
  }

  /// Four thousand code objects, each with a name and a constant of its own.
  @Test func `every name is an object of its own`() throws {
    var file = TestBytecode(Self.version("3.11"))
    let groups = (0..<20).map { group in
      TestBytecode.Value.tuple(
        (0..<200).map { number in
          .code(
            TestBytecode.Code(
              filename: .string("\(Self.name)\(group).\(number)", flag: false),
              name: .string("f", flag: false),
              constants: [.string("/tmp/pip-target-ab12cd_4/\(number)", flag: false)]))
        })
    }
    file.append(
      TestBytecode.Code(filename: .string("m.py"), name: .string("<module>"), constants: groups))
    let outcome = try BytecodeScrub.run(file.bytes)
    #expect(outcome.findings.count == 8000 && outcome.output != nil)
    #expect(outcome.findings[0].context == "constant or name in f")
  }
}
