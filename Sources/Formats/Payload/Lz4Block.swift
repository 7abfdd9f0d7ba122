/// A block of LZ4 without a frame (the LZ4 block format): it has neither header nor checksum, so it cannot be told from
/// other bytes, nor opened. But where a root stands in one, the bytes around it are its sequences.
package enum Lz4Block {
  package static let reason =
    "it stands in what looks like a block of LZ4, where other text may be made of its bytes; prevent with "
    + "-ffile-prefix-map=<build directory>=. or a TMPDIR of one name, or make the payload after fix, not before"

  /// How far in front of a root a block may begin, in bytes.
  private static let reach = 4096
  /// Sequences, and bytes of their lengths, that are read for one root; text needs one or two for each place.
  private static let mostSteps = 100_000

  /// Whether a block may begin in front of `root` whose literals it is: from there on every sequence leads to the next,
  /// each match to what was already decoded, and two more behind the root. Text does none of that: two of its
  /// letters are an offset larger than all that stands in front of them.
  package static func mayHold(_ root: Range<Int>, in bytes: Span<UInt8>) -> Bool {
    var start = root.lowerBound - 1
    var steps = 0
    while start >= max(0, root.lowerBound - reach) {
      // Bytes made to lead on and on are left alone.
      if isBlock(in: bytes, from: start, with: root, &steps) || steps > mostSteps { return true }
      start -= 1
    }
    return false
  }

  private static func isBlock(
    in bytes: Span<UInt8>, from start: Int, with root: Range<Int>, _ steps: inout Int
  ) -> Bool {
    var (position, decoded, behind) = (start, 0, 0)
    var counted = start
    var isSeen = false
    while behind < 2, steps <= mostSteps {
      guard position < bytes.count else { return false }
      let token = Int(bytes[position])
      position += 1
      let literals = length(token &>> 4, in: bytes, &position)
      steps += position - counted
      guard let literals, literals <= bytes.count - position else { return false }
      if !isSeen {
        // Not yet there, in it, or past it.
        guard position <= root.lowerBound else { return false }
        isSeen = position + literals >= min(root.lowerBound + 8, root.upperBound)
      }
      position += literals
      decoded += literals
      guard position + 2 <= bytes.count else { return false }
      let distance = Int(bytes[position]) | Int(bytes[position + 1]) &<< 8
      guard distance > 0, distance <= decoded else { return false }
      position += 2
      counted = position
      guard let match = length(token & 15, in: bytes, &position) else {
        steps += position - counted
        return false
      }
      decoded += match + 4
      if isSeen { behind += 1 }
    }
    return behind == 2
  }

  /// Four bits, and where they are all ones, bytes up to the first that is not 255.
  private static func length(_ nibble: Int, in bytes: Span<UInt8>, _ position: inout Int) -> Int? {
    guard nibble == 15 else { return nibble }
    var sum = nibble
    while position < bytes.count, sum < 1 << 20 {
      let byte = Int(bytes[position])
      position += 1
      sum += byte
      if byte < 255 { return sum }
    }
    return nil
  }
}
