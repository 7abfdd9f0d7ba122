import Formats

/// A changed member's new content as it is written into the zip.
struct PackedMember: Sendable {
  let crc: UInt32
  let uncompressedSize: UInt64
  let compressed: Bytes

  init(crc: UInt32, uncompressedSize: UInt64, compressed: Bytes) {
    self.crc = crc
    self.uncompressedSize = uncompressedSize
    self.compressed = compressed
  }

  /// - Throws: if zlib does not have enough memory.
  init(_ content: Bytes, method: ZipMethod) throws(ScrubError) {
    crc = Inflate.crc32(content)
    uncompressedSize = UInt64(content.count)
    compressed =
      switch method {
      case .stored, .unsupported: content
      case .deflate: try Deflate.raw(content)
      }
  }

  /// The inflated content.
  func content(method: ZipMethod) throws(ScrubError) -> Bytes {
    switch method {
    case .stored, .unsupported: compressed
    case .deflate: try Inflate.raw(compressed, size: uncompressedSize, crc: crc)
    }
  }
}

/// Writes a wheel again with some members replaced, dropped or given an earlier time. Everything else is left
/// unchanged: order, names, attributes, extra fields, compressed bytes. Data descriptors and comments are omitted,
/// because PyPI refuses them.
struct WheelWriter {
  let wheel: Wheel
  private let clamp: TimeClamp?
  private var packed: [Int: PackedMember] = [:]
  private var dropped: Set<Int> = []
  private var names: [Int: String] = [:]

  /// - Parameter epoch: SOURCE_DATE_EPOCH; later times become it.
  init(_ wheel: Wheel, epoch: Int64? = nil) {
    self.wheel = wheel
    clamp = epoch.map { TimeClamp(epoch: $0) }
  }

  /// - Parameter name: the member's new name, if it changes.
  mutating func replace(_ member: Wheel.Member, with content: PackedMember, named name: String? = nil) {
    packed[member.index] = content
    names[member.index] = name
  }

  /// Deflates the contents in parallel.
  mutating func replace(
    _ contents: [(member: Wheel.Member, content: Bytes)], workers: Workers
  ) throws(ScrubError) {
    let results = workers.map(contents.map { ($0.member.method, $0.content) }) { method, content in
      Result { () throws(ScrubError) in try PackedMember(content, method: method) }
    }
    for (change, result) in zip(contents, results) {
      do throws(ScrubError) { replace(change.member, with: try result.get()) } catch {
        throw error.inside(path: wheel.path, member: change.member.name)
      }
    }
  }

  /// Whether to rewrite the wheel even if no member changes, to remove what the writer omits.
  var mustWrite = false

  mutating func drop(_ member: Wheel.Member) { dropped.insert(member.index) }

  /// Whether the result intentionally differs from the wheel.
  var hasChanges: Bool {
    mustWrite || !packed.isEmpty || !dropped.isEmpty || wheel.members.contains { clamp?.isLate($0) ?? false }
  }

  var output: WheelOutput { WheelOutput(original: wheel.file, segments: segments()) }

  /// Bytes in front of the first member, which stay: a zipapp has a line for the kernel there.
  private var headSize: Int { wheel.fileOrder.first.map { wheel.members[$0].extent.lowerBound } ?? 0 }

  /// Where each member is and was: file offsets, headers included. Those that stay are left out.
  func ranges() -> [ChangedRange] {
    var ranges: [ChangedRange] = []
    var position = headSize
    for index in wheel.fileOrder {
      let old = wheel.members[index]
      let place = Place(section: old.name)
      if dropped.contains(index) {
        ranges.append(ChangedRange(place: place, reason: .filling, old: old.extent, new: nil))
        continue
      }
      let headers = ZipHeaders(named(old), packed[index], clamp)
      let size =
        headers.isUnchanged
        ? old.extent.count : headers.local().count + (packed[index]?.compressed ?? old.compressed).count
      let new = position..<position + size
      position = new.upperBound
      if headers.isUnchanged, new == old.extent { continue }
      let reason: ChangedRange.Reason =
        packed[index] != nil ? .rewritten : headers.isUnchanged ? .moved : .headers
      ranges.append(ChangedRange(place: place, reason: reason, old: old.extent, new: new))
    }
    let end = segments().reduce(0) { $0 + $1.count }
    let start = wheel.members.map(\.extent.upperBound).max() ?? 0
    ranges.append(
      ChangedRange(
        place: Place(section: "central directory"), reason: .headers, old: start..<wheel.file.bytes.count,
        new: position..<end))
    return ranges
  }

  /// The member with its new name.
  private func named(_ member: Wheel.Member) -> Wheel.Member {
    guard let name = names[member.index] else { return member }
    var renamed = member
    renamed.name = name
    renamed.nameBytes = Bytes(Array(name.utf8))
    return renamed
  }

  /// The result, in order; adjacent copied runs are one segment.
  func segments() -> [WheelOutput.Segment] {
    var segments: [WheelOutput.Segment] = []
    var position: UInt64 = 0
    func add(_ range: Range<Int>) {
      position += UInt64(range.count)
      if case .copy(let last)? = segments.last, last.upperBound == range.lowerBound {
        segments[segments.count - 1] = .copy(last.lowerBound..<range.upperBound)
      } else {
        segments.append(.copy(range))
      }
    }
    func add(_ bytes: Bytes) {
      position += UInt64(bytes.count)
      segments.append(.bytes(bytes))
    }
    if headSize > 0 { add(0..<headSize) }
    var offsets = [UInt64](repeating: 0, count: wheel.members.count)
    for index in wheel.fileOrder where !dropped.contains(index) {
      let member = named(wheel.members[index])
      offsets[index] = position
      let headers = ZipHeaders(member, packed[index], clamp)
      if headers.isUnchanged {
        add(member.extent)
      } else if let content = packed[index] {
        add(Bytes(headers.local()))
        add(content.compressed)
      } else {
        add(Bytes(headers.local()))
        let start = member.extent.lowerBound + member.localHeader.count
        add(start..<start + member.compressed.count)
      }
    }
    let directoryOffset = position
    var directory: [UInt8] = []
    var count: UInt64 = 0
    for member in wheel.members where !dropped.contains(member.index) {
      ZipHeaders(named(member), packed[member.index], clamp).appendCentral(
        to: &directory, offset: offsets[member.index])
      count += 1
    }
    let size = UInt64(directory.count)
    ZipHeaders.appendEnd(
      to: &directory, members: count, directoryOffset: directoryOffset, directorySize: size)
    add(Bytes(directory))
    return segments
  }
}
