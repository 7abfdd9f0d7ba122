/// NVIDIA's fat binaries (`.nv_fatbin`): images for several GPUs, whose code is LZ4 blocks without a frame. A block has
/// no magic and no checksum, but its entry states both of its sizes.
///
/// The layout is not specified anywhere; this is the one that `cuobjdump` and the CUDA driver read.
package enum Fatbin {
  package static func isOne(_ section: String) -> Bool {
    [".nv_fatbin", "__nv_relfatbin"].contains { section.hasSuffix($0) }
  }

  /// The compressed entries of all fat binaries in a section, ascending.
  package static func payloads(_ content: Bytes, _ budget: inout PayloadBudget) -> [Payload] {
    var payloads: [Payload] = []
    var position = 0
    let span = content.span
    while let found = content[position..<content.count].span.firstIndex(of: [0x50, 0xed, 0x55, 0xba]) {
      let start = position + found
      position = start + 4
      guard start + 16 <= content.count else { break }
      let headerSize = Int(span.unsigned(at: start + 6, width: 2, order: .little))
      let size = span.unsigned(at: start + 8, width: 8, order: .little)
      guard headerSize >= 16, let body = content.slice(at: UInt64(start + headerSize), length: size) else {
        continue
      }
      position = start + headerSize
      let end = position + body.count
      while let entry = Entry(content, at: position, before: end) {
        if let payload = entry.payload(content, &budget) { payloads.append(payload) }
        position = entry.end
      }
    }
    return payloads
  }

  private struct Entry {
    var start: Int
    var data: Range<Int>
    var end: Int
    var isLZ4: Bool
    var contentSize: UInt64

    init?(_ content: Bytes, at start: Int, before limit: Int) {
      guard start + 64 <= limit else { return nil }
      let span = content.span
      func field(_ offset: Int, _ width: Int) -> UInt64 {
        span.unsigned(at: start + offset, width: width, order: .little)
      }
      // PTX (1), an image (2), and others that later drivers know.
      let (kind, headerSize, padded, size) = (field(0, 2), field(4, 4), field(8, 8), field(16, 4))
      let room = UInt64(limit - start)
      guard kind > 0, kind < 0x100, headerSize >= 64, headerSize <= room, padded > 0,
        padded <= room - headerSize, size <= padded
      else { return nil }
      self.start = start
      let first = start + Int(headerSize)
      data = first..<first + Int(size)
      end = first + Int(padded)
      isLZ4 = field(40, 8) & 0x2000 != 0
      contentSize = field(56, 8)
    }

    func payload(_ content: Bytes, _ budget: inout PayloadBudget) -> Payload? {
      guard isLZ4, !data.isEmpty, contentSize > 0 else { return nil }
      // An LZ4 block cannot expand to more than 255 times its size.
      guard contentSize <= UInt64(data.count) * 255 else { return nil }
      var payload = Payload(name: "LZ4 block", extent: data)
      guard contentSize <= UInt64(budget.limit), !budget.isSpent else {
        payload.unread = "its content has more than \(budget.limit) bytes, which is the limit here"
        return payload
      }
      budget.charge(data.count + Int(contentSize))
      guard let block = Lz4Decoder.block(content[data], size: Int(contentSize)) else { return nil }
      budget.keep(block.count)
      payload.data = data
      payload.content = block
      return payload
    }
  }
}
