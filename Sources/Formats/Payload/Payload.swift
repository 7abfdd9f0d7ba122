/// Something that was embedded in an image as a whole: a compressed stream, a zip member. If any byte of it changed,
/// the program that reads it would reject it or read other text.
package struct Payload {
  /// What it is, for places: `zstd`, `zip member pkg/x.py`.
  package var name: String
  /// From the first byte of its header to the last of its checksum, from the start of the region.
  package var extent: Range<Int>
  /// The part of the extent that decodes to `content`.
  package var data: Range<Int>?
  /// The decoded content; nil if there is none, or it was not decoded.
  package var content: Bytes?
  /// Why it was not decoded: `it is encrypted`.
  package var unread: String?

  /// Why a root in it stays.
  package static let reason =
    "it stands in a compressed or checksummed payload inside this file, which is not rewritten; prevent with "
    + "-ffile-prefix-map=<build directory>=. or a TMPDIR of one name, or make the payload after fix, not before"

  /// A stream that was decoded completely.
  package static func stream(_ name: String, at start: Int, header: Int = 0, size: Int, _ content: Bytes)
    -> Payload
  {
    let extent = start..<start + size
    return Payload(name: name, extent: extent, data: start + header..<extent.upperBound, content: content)
  }
}

/// Opens one payload after another; a header's claims are believed only after all of it was decoded.
package struct PayloadOpener {
  private let decoders = StreamDecoders()
  package var budget: PayloadBudget

  package init(_ budget: PayloadBudget) { self.budget = budget }

  /// The payload that begins at the candidate's start; nil if there is none.
  package mutating func open(_ candidate: PayloadCandidate, in region: Bytes) -> Payload? {
    let input = region[candidate.start..<region.count]
    switch candidate.format {
    case .zlib: return stream("zlib", input, at: candidate.start, decoders.zlib)
    case .gzip:
      guard let header = GzipHeader.length(input) else { return nil }
      return stream("gzip", input, at: candidate.start, header: header, decoders.gzip)
    case .zstd: return zstd(input, at: candidate.start)
    case .xz: return stream("xz", input, at: candidate.start, decoders.xz)
    case .bzip2: return stream("bzip2", input, at: candidate.start, decoders.bzip2)
    case .lz4:
      if decoders.lz4.needsDictionary(input) {
        return unread("LZ4", input, at: candidate.start, size: nil, because: "it needs a dictionary")
      }
      return stream("LZ4", input, at: candidate.start, decoders.lz4)
    case .zipMember: return zipMember(input, at: candidate.start)
    case .zipDirectory:
      return ZipRecord.directoryEntrySize(input).map {
        Payload(name: "zip directory", extent: candidate.start..<candidate.start + $0)
      }
    }
  }

  private mutating func stream(
    _ name: String, _ input: Bytes, at start: Int, header: Int = 0, known size: Int? = nil,
    _ decoder: some StreamDecoder
  ) -> Payload? {
    switch decoder.decode(input, &budget) {
    case .whole(let content, let size):
      return .stream(name, at: start, header: header, size: size, content)
    case .none: return nil
    case .tooLarge: return unread(name, input, at: start, size: size, because: tooLarge)
    case .refused: return unread(name, input, at: start, size: size, because: "it needs too much memory")
    }
  }

  private mutating func zstd(_ input: Bytes, at start: Int) -> Payload? {
    guard let size = ZstdDecoder.frameSize(input) else { return nil }
    let frame = input[0..<size]
    if ZstdDecoder.needsDictionary(frame) {
      return unread("zstd", input, at: start, size: size, because: "it needs a dictionary")
    }
    // The headers of its blocks tell where it ends, whatever they contain.
    return stream("zstd", frame, at: start, known: size, decoders.zstd)
  }

  private mutating func zipMember(_ input: Bytes, at start: Int) -> Payload? {
    guard let record = ZipRecord(input) else { return nil }
    let name = "zip member \(record.name)"
    if let obstacle = record.obstacle {
      return unread(name, input, at: start, size: record.size, because: obstacle)
    }
    let data = input[record.dataOffset..<input.count]
    let (decoded, encoded) = member(record, data)
    switch decoded {
    case .none: return nil
    case .tooLarge: return unread(name, input, at: start, size: record.size, because: tooLarge)
    case .refused:
      return unread(name, input, at: start, size: record.size, because: "it needs too much memory")
    case .whole(let content, let size):
      guard encoded.map({ $0 == size }) ?? true,
        let end = record.end(in: input, encoded: size, content: content)
      else { return nil }
      budget.charge(content.count)
      return Payload(
        name: name, extent: start..<start + end,
        data: start + record.dataOffset..<start + record.dataOffset + size, content: content)
    }
  }

  /// - Returns: its content, and the number of bytes that encode it; nil if only the data itself tells.
  private mutating func member(_ record: ZipRecord, _ data: Bytes) -> (Decoded, size: Int?) {
    if record.method == .stored {
      guard let size = record.encodedSize ?? record.storedSize(data, &budget) else { return (.none, nil) }
      return (.whole(data[0..<size], size: size), size)
    }
    let size = record.encodedSize
    let input = size.map { data[0..<$0] } ?? data
    switch record.method {
    case .stored: return (.none, nil)
    case .deflated: return (decoders.deflate.decode(input, &budget), size)
    case .bzip2: return (decoders.bzip2.decode(input, &budget), size)
    case .zstd: return (decoders.zstd.decode(input, &budget), size)
    case .xz: return (decoders.xz.decode(input, &budget), size)
    }
  }

  private var tooLarge: String { "its content has more than \(budget.limit) bytes, which is the limit here" }

  /// A payload that is known to exist but whose content is unknown.
  /// - Parameter size: nil if it may extend to the end of the region.
  private func unread(
    _ name: String, _ input: Bytes, at start: Int, size: Int?, because reason: String
  ) -> Payload {
    Payload(name: name, extent: start..<start + (size ?? input.count), unread: reason)
  }
}

/// RFC 1952 section 2.3: the file's name, a comment and an extra field precede the data, uncompressed.
package enum GzipHeader {
  /// Size of the header in bytes; nil if it does not end.
  package static func length(_ input: Bytes) -> Int? {
    do throws(ScrubError) {
      var reader = Reader(input.span, order: .little, section: "gzip")
      try reader.skip(3)
      let flags = try reader.u8()
      try reader.skip(6)
      if flags & 4 != 0 {
        let extra = try reader.u16()
        try reader.skip(Int(extra))
      }
      if flags & 8 != 0 { _ = try reader.cString() }
      if flags & 16 != 0 { _ = try reader.cString() }
      if flags & 2 != 0 { try reader.skip(2) }
      return reader.offset
    } catch {
      return nil
    }
  }
}
