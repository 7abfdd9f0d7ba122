import Testing

@testable import BuildRoots

/// The sets that are written as numbers.
@Suite struct ByteSetTests {
  private static let alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

  @Test func `constants hold what their comments say`() {
    #expect(ByteSet.name == ByteSet(Self.alphanumeric + "_.+-"))
    #expect(ByteSet.freeText == ByteSet(Self.alphanumeric + "_.+-@"))
    #expect(ByteSet.path == ByteSet(Self.alphanumeric + "_.+-@~%/"))
  }

  @Test func `lengths from 1 to 63`() {
    func members(_ range: ClosedRange<Int>) -> [Int] { (0...70).filter(LengthSet(range).contains) }
    #expect(members(-3...0).isEmpty && members(64...90).isEmpty)
    #expect(members(-3...2) == [1, 2] && members(5...5) == [5] && members(62...90) == [62, 63])
    #expect(members(1...63) == Array(1...63))
  }
}
