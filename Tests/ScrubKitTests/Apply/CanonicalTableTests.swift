import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct CanonicalTableTests {
  /// A table of the given strings one after the other, and their ranges.
  private func build(_ strings: [String]) throws -> CanonicalTable {
    var bytes: [UInt8] = []
    var ranges: [Range<Int>] = []
    for string in strings {
      ranges.append(bytes.count..<bytes.count + string.utf8.count)
      bytes += Array(string.utf8) + [0]
    }
    return try CanonicalTable(table: Bytes(bytes), arena: Bytes([]), strings: ranges)
  }

  private func text(_ table: CanonicalTable, _ index: Int) -> String {
    let start = Int(table.offsets[index])
    return String(decoding: table.bytes[start...].prefix { $0 != 0 }, as: UTF8.self)
  }

  @Test func everyStringIsThereAndSuffixesAreShared() throws {
    let strings = ["unsigned int", "int", "", "long int", "t", "char", "int", "/build/demo/x.c", "x.c"]
    let table = try build(strings)
    for (index, string) in strings.enumerated() { #expect(text(table, index) == string) }
    // unsigned int, long int, char, /build/demo/x.c
    #expect(table.ownerCount == 4)
    #expect(table.bytes.count == "unsigned int".count + "long int".count + "char".count + 15 + 4)
  }

  @Test func theTableDependsOnTheSetAlone() throws {
    var generator = Generator(seed: 7)
    let alphabet = Array("ab/.")
    for _ in 0..<200 {
      let strings = (0..<Int.random(in: 1...60, using: &generator)).map { _ in
        String(
          (0..<Int.random(in: 0...7, using: &generator)).map { _ in alphabet.randomElement(using: &generator)!
          })
      }
      let table = try build(strings)
      for (index, string) in strings.enumerated() { #expect(text(table, index) == string) }
      let shuffled = (strings + strings.prefix(5)).shuffled(using: &generator)
      #expect(try build(shuffled).bytes == table.bytes)
    }
  }

  /// A string may have been merged into either of two others; where it goes must not follow that.
  @Test func aSharedSuffixGoesToOnePlaceWhereverItCameFrom() throws {
    let bytes = Array("unsigned int\0long int\0".utf8)
    let whole = [0..<12, 13..<21]
    let first = try CanonicalTable(table: Bytes(bytes), arena: Bytes([]), strings: whole + [9..<12])
    let second = try CanonicalTable(table: Bytes(bytes), arena: Bytes([]), strings: whole + [18..<21])
    #expect(first.bytes == second.bytes)
    #expect(first.offsets == second.offsets)
  }

  @Test func rewrittenStringsComeFromTheArena() throws {
    let old = Bytes(Array("/tmp/x/a.c\0a.c\0".utf8))
    let arena = Bytes(Array("/build/a.c".utf8))
    let table = try CanonicalTable(table: old, arena: arena, strings: [15..<25, 11..<14])
    #expect(table.bytes == Array("/build/a.c\0".utf8))
    #expect(table.offsets == [0, 7])
  }
}

@Suite struct OffsetSetTests {
  @Test func ranksCountSmallerOffsets() {
    var set = OffsetSet(size: 1000)
    let offsets = [0, 1, 63, 64, 65, 127, 128, 500, 999]
    for offset in offsets.shuffled() { set.insert(offset) }
    set.seal()
    for (index, offset) in offsets.enumerated() { #expect(set.rank(offset) == index) }
    #expect(set.rank(2) == nil)
    #expect(set.rank(100_000) == nil)
    #expect(set.count == offsets.count)
    var seen: [Int] = []
    set.visit { seen.append($0) }
    #expect(seen == offsets)
  }
}
