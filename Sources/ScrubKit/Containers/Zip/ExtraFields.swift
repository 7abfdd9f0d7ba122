import Formats

/// The extra fields of one local header or central entry (APPNOTE 4.5): a run of id, length, data.
struct ExtraFields: Sendable {
  struct Field: Sendable {
    var id: UInt16
    /// Relative to the first byte of the run; excludes id and length.
    var data: Range<Int>
    /// Includes id and length.
    var whole: Range<Int> { data.lowerBound - 4..<data.upperBound }
  }
  let bytes: Bytes
  let fields: [Field]

  static let none = ExtraFields()

  private init() {
    bytes = Bytes([])
    fields = []
  }

  /// - Throws: if a field is truncated, or one that replaces header fields occurs twice.
  init(_ bytes: Bytes, section: String) throws(ScrubError) {
    self.bytes = bytes
    // No wheel of the common builders has extra fields.
    if bytes.isEmpty {
      fields = []
      return
    }
    var fields: [Field] = []
    var reader = Reader(bytes.span, order: .little, section: section)
    while !reader.isAtEnd {
      guard reader.remaining >= 4 else { throw ScrubError("extra field is cut", section: section) }
      let id = try reader.u16()
      let length = Int(try reader.u16())
      guard length <= reader.remaining else {
        throw ScrubError("extra field \(Inflate.hex(UInt32(id))) is cut", section: section)
      }
      let isExclusive = id == ZipFormat.Extra.zip64 || id == ZipFormat.Extra.unicodePath
      if isExclusive, fields.contains(where: { $0.id == id }) {
        throw ScrubError("extra field \(Inflate.hex(UInt32(id))) occurs twice", section: section)
      }
      fields.append(Field(id: id, data: reader.offset..<reader.offset + length))
      try reader.skip(length)
    }
    self.fields = fields
  }

  /// The fields, or none if they are damaged and that is tolerated.
  static func read(
    _ bytes: Bytes, section: String, _ defects: inout ZipDefects
  ) throws(ScrubError) -> ExtraFields {
    do throws(ScrubError) { return try ExtraFields(bytes, section: section) } catch {
      try defects.note(.extraField, error)
      return try ExtraFields(bytes[0..<0], section: section)
    }
  }

  /// The same fields with different data of the same lengths.
  init(_ other: ExtraFields, replacedBy bytes: [UInt8]) {
    precondition(bytes.count == other.bytes.count)
    self.bytes = Bytes(bytes)
    fields = other.fields
  }

  func first(_ id: UInt16) -> Bytes? {
    fields.first { $0.id == id }.map { bytes[$0.data] }
  }

  /// The run without its ZIP64 field.
  var withoutZIP64: [UInt8] {
    var result: [UInt8] = []
    for field in fields where field.id != ZipFormat.Extra.zip64 { result.append(bytes[field.whole]) }
    return result
  }
}

/// Sizes and offset of a member: from the header, or from the ZIP64 extra field (APPNOTE 4.5.3) if a header field is
/// full.
struct ZipSizes: Equatable {
  var uncompressed: UInt64
  var compressed: UInt64
  var headerOffset: UInt64

  /// The header's own values.
  /// - Parameter offset: nil for local headers, which have none.
  init(uncompressed: UInt32, compressed: UInt32, offset: UInt32?) {
    self.uncompressed = UInt64(uncompressed)
    self.compressed = UInt64(compressed)
    headerOffset = UInt64(offset ?? 0)
  }

  /// Takes the values of the ZIP64 extra field.
  /// - Throws: if they contradict the header; then nothing has changed.
  mutating func complete(_ extra: ExtraFields, section: String, isLocal: Bool) throws(ScrubError) {
    let plain = ([uncompressed, compressed] + (isLocal ? [] : [headerOffset])).map { UInt32($0) }
    guard let field = extra.first(ZipFormat.Extra.zip64) else { return }
    let needed = plain.filter { $0 == ZipFormat.sentinel32 }.count
    // Only the values of full fields, as the standard says; or all of them, as CPython's zipfile writes local headers.
    let isSparse = field.count == needed * 8
    guard isSparse || (field.count.isMultiple(of: 8) && field.count >= 16 && field.count <= plain.count * 8)
    else {
      throw ScrubError("zip64 extra field has \(field.count) bytes, needs \(needed * 8)", section: section)
    }
    var reader = Reader(field.span, order: .little, section: section)
    var values = plain.map { UInt64($0) }
    for index in values.indices where !reader.isAtEnd {
      if isSparse && plain[index] != ZipFormat.sentinel32 { continue }
      let value = try reader.u64()
      guard plain[index] == ZipFormat.sentinel32 || value == values[index] else {
        throw ScrubError("zip64 extra field says \(value), the header \(values[index])", section: section)
      }
      values[index] = value
    }
    self.uncompressed = values[0]
    self.compressed = values[1]
    if !isLocal { headerOffset = values[2] }
  }
}
