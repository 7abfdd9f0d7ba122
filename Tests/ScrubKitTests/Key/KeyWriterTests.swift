import Testing

@testable import Formats
@testable import ScrubKit

/// No two different sequences of fields give the same bytes.
@Suite struct KeyWriterTests {
  private func digest(
    _ kind: String = "x", _ level: KeyLevel = .full, _ body: (inout KeyWriter) -> Void
  ) -> [UInt8] {
    var writer = KeyWriter(kind, level)
    body(&writer)
    return writer.finish()
  }

  private func expectApart(
    _ one: (inout KeyWriter) -> Void, _ other: (inout KeyWriter) -> Void, _ comment: Comment? = nil
  ) {
    #expect(digest("x", .full, one) != digest("x", .full, other), comment)
    #expect(digest("x", .full, one) == digest("x", .full, one))
  }

  @Test func boundariesCount() {
    expectApart(
      {
        $0.text("ab")
        $0.text("c")
      },
      {
        $0.text("a")
        $0.text("bc")
      })
    expectApart(
      { $0.text("ab") },
      {
        $0.text("a")
        $0.text("b")
      })
    expectApart({ $0.text("") }, { _ in })
    expectApart(
      {
        $0.list(2)
        $0.text("a")
      },
      {
        $0.list(1)
        $0.text("a")
      })
  }

  @Test func typesCount() {
    expectApart({ $0.number(7) }, { $0.bytes([7, 0, 0, 0, 0, 0, 0, 0]) })
    expectApart({ $0.number(7) }, { $0.list(7) })
    expectApart({ $0.list(7) }, { $0.masked(7) })
    let key = ContentKey(digest: [UInt8](repeating: 1, count: 32), level: .full)
    expectApart({ $0.key(key) }, { $0.bytes(key.digest) })
  }

  @Test func kindsAndLevelsCount() {
    #expect(digest("x") { _ in } != digest("y") { _ in })
    #expect(digest("x", .full) { _ in } != digest("x", .runtime) { _ in })
  }

  /// What is masked is no value that a file could hold in its place: not zeros, not the writer's own bytes.
  @Test func nothingReadsLikeAMask() {
    let content = Array("the value is 1234 here".utf8)
    func stretch(_ bytes: [UInt8], _ masks: [Range<Int>]) -> [UInt8] {
      digest { $0.stretch(Bytes(bytes), 0..<bytes.count, masking: masks) }
    }
    let masked = stretch(content, [13..<17])
    var other = content
    other.replaceSubrange(13..<17, with: Array("9876".utf8))
    #expect(stretch(other, [13..<17]) == masked)
    for literal in [[0, 0, 0, 0], Array("1234".utf8), [3, 4, 0, 0], [0xff, 0xff, 0xff, 0xff]] as [[UInt8]] {
      var bytes = content
      bytes.replaceSubrange(13..<17, with: literal)
      #expect(stretch(bytes, []) != masked)
    }
    // A field as the writer frames it: tag, length in eight bytes.
    let framed: [UInt8] = [3, 4, 0, 0, 0, 0, 0, 0, 0]
    let spliced = Array(content[..<13]) + framed + Array(content[17...])
    #expect(stretch(spliced, []) != masked)
    // The place counts, and so does the length.
    #expect(stretch(content, [12..<16]) != stretch(content, [13..<17]))
    #expect(stretch(content, [13..<16]) != masked)
    #expect(stretch(content, [13..<15, 15..<17]) == masked)
  }

  @Test func sizesOfTheBufferDoNotShow() {
    for size in [0, 1, 16_383, 16_384, 16_385, 40_000] {
      let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      #expect(
        digest {
          $0.bytes(bytes)
          $0.text("end")
        }
          == digest {
            $0.bytes(Bytes(bytes))
            $0.text("end")
          })
    }
  }
}
