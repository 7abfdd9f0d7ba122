/// How much the payloads of one image may cost: in proportion to the image, so that neither bombs nor headers that lie
/// make it hang.
struct PayloadBudget {
  /// Bytes that decoders may still read and write, failures included; bytes of slow decoders count several times.
  private(set) var work: Int
  /// Bytes of decoded content that may still be held.
  private(set) var memory: Int

  /// - Parameter size: bytes of the image.
  init(for size: Int) {
    work = Limits.payloadWork + Limits.payloadWorkRatio * min(size, 1 << 40)
    memory = min(Limits.payloadMemory + Limits.payloadRatio * min(size, 1 << 40), Limits.payloadTotal)
  }

  var isSpent: Bool { work <= 0 }

  /// Bytes that the next payload may have. Never nothing: what only looks like a payload has to be told from one.
  var limit: Int { max(memory, 4096) }

  mutating func charge(_ bytes: Int) { work -= min(bytes, max(work, 0)) }

  mutating func keep(_ bytes: Int) { memory -= min(bytes, memory) }
}
