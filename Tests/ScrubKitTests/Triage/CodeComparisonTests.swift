import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct CodeComparisonTests {
  private func image(_ bytes: [UInt8]) throws -> BytecodeImage { try BytecodeImage(Bytes(bytes)) }

  @Test(arguments: BytecodeVersion.all.map(\.name)) func filenamesDoNotCount(_ name: String) throws {
    let version = try #require(BytecodeVersion.all.first { $0.name == name })
    let one = try image(TestBytecode.module(version, filename: "/tmp/a/mod.py"))
    let other = try image(TestBytecode.module(version, filename: "mod.py", interned: true))
    #expect(CodeComparison(one, other).isSame)
    #expect(CodeComparison.mixedFilename(one) == nil)
    let changed = try image(TestBytecode.module(version, filename: "mod.py", constant: "other"))
    let comparison = CodeComparison(changed, one)
    #expect(
      comparison.differences == [
        CodeDifference(function: "<module>", field: "co_consts[0]", found: "'other'", expected: "'value'")
      ])
    #expect(!comparison.hasMore)
  }

  private func module(_ constants: [TestBytecode.Value]) throws -> BytecodeImage {
    var file = TestBytecode(BytecodeVersion.all[5])
    file.append(TestBytecode.Code(filename: .string("mod.py"), constants: constants))
    return try image(file.bytes)
  }

  private func int(_ value: UInt32) -> TestBytecode.Value {
    var bytes = [UInt8(ascii: "i")]
    bytes.append(little: value)
    return .raw(bytes)
  }

  @Test func kindsOfDifferences() throws {
    func first(_ found: [TestBytecode.Value], _ expected: [TestBytecode.Value]) throws -> [String] {
      try CodeComparison(module(found), module(expected)).differences.map {
        "\($0.function): \($0.field): \($0.found) / \($0.expected)"
      }
    }
    #expect(try first([int(7)], [int(.max)]) == ["<module>: co_consts[0]: 7 / -1"])
    #expect(try first([.none], [.string("x")]) == ["<module>: co_consts[0]: None / 'x'"])
    #expect(try first([.none, .none], [.none]) == ["<module>: co_consts: a tuple of 2 / a tuple of 1"])
    #expect(
      try first([.tuple([int(1), .tuple([int(2)])])], [.tuple([int(1), .tuple([int(3)])])])
        == ["<module>: co_consts[0][1][0]: 2 / 3"])
    let bytes: [UInt8] = [UInt8(ascii: "s"), 3, 0, 0, 0, 1, 2]
    #expect(
      try first([.raw(bytes + [3])], [.raw(bytes + [0xf4])]) == ["<module>: co_consts[0]+0x2: 03 / f4"])
    // The same number, as CPython does not write it.
    let long: [UInt8] = [UInt8(ascii: "l"), 1, 0, 0, 0, 7, 0]
    #expect(try first([.raw(long)], [int(7)]) == ["<module>: co_consts[0]: an integer of 1 digits / 7"])
    let many = try CodeComparison(
      module((0..<30).map { int(UInt32($0)) }), module((0..<30).map { int(UInt32($0) + 1) }))
    #expect(many.differences.count == 10 && many.hasMore)
  }

  /// Tuples in tuples, each twice: without a memory of what was seen it would never end.
  @Test func sharedTuplesAreMetOnce() throws {
    func nested(_ leaf: UInt32) throws -> BytecodeImage {
      var raw: [UInt8] = []
      // The module has number 0, so the outermost tuple has number 1 and so on.
      let depth = 60
      for _ in 0..<depth { raw += [UInt8(ascii: ")") | 0x80, 2] }
      raw.append(UInt8(ascii: "i") | 0x80)
      raw.append(little: leaf)
      for level in 0..<depth {
        raw.append(UInt8(ascii: "r"))
        raw.append(little: UInt32(Self.firstNumber + depth - level))
      }
      return try module([.raw(raw)])
    }
    let comparison = CodeComparison(try nested(1), try nested(2))
    #expect(comparison.differences.map(\.found) == ["1"])
  }

  /// The number of the first constant.
  private static let firstNumber = 1
}
