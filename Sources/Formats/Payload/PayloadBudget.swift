/// How much the payloads of one image may cost: in proportion to the image, so that neither bombs nor false headers
/// make it hang.
package struct PayloadBudget {
  /// Bytes that decoders may still read and write, including failed attempts; bytes of slow decoders count several
  /// times.
  package private(set) var work: Int
  /// Bytes of decoded content that may still be held.
  package private(set) var memory: Int

  /// - Parameter size: size of the image in bytes.
  package init(for size: Int) {
    work = Limits.payloadWork + Limits.payloadWorkRatio * min(size, 1 << 40)
    memory = min(Limits.payloadMemory + Limits.payloadRatio * min(size, 1 << 40), Limits.payloadTotal)
  }

  package var isSpent: Bool { work <= 0 }

  /// The maximum size of the next payload in bytes. Never zero, because a real payload must still be distinguished from
  /// what only looks like one.
  package var limit: Int { max(memory, 4096) }

  package mutating func charge(_ bytes: Int) { work -= min(bytes, max(work, 0)) }

  package mutating func keep(_ bytes: Int) { memory -= min(bytes, memory) }
}
