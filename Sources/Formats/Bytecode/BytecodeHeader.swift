/// The first bytes of a `.pyc`: what it was compiled for, and from what (PEP 552).
package struct BytecodeHeader: Hashable, Sendable {
  /// How an interpreter determines whether the source has changed since.
  package enum Validation: Hashable, Sendable {
    /// The source's modification time in seconds since 1970 and its size in bytes, each modulo 2^32.
    case timestamp(UInt32, size: UInt32)
    /// The source's hash; `isChecked` if the interpreter compares it on each import.
    case hash(UInt64, isChecked: Bool)
  }

  package var version: BytecodeVersion
  package var validation: Validation

  /// The file offset of the first of the two validation numbers.
  package var validationOffset: Int { version.headerSize - 8 }

  /// - Throws: `notUnderstood` for an interpreter that is not known here; a failure for what PEP 552 forbids.
  package init(_ bytes: Bytes) throws(ScrubError) {
    var reader = Reader(bytes.span, order: .little, section: "header")
    let magic = try reader.u16()
    guard let version = BytecodeVersion.of(magic: magic) else {
      throw ScrubError(
        "magic number \(magic) is of no CPython from 3.6 to 3.14", section: "header", offset: 0,
        kind: .notUnderstood)
    }
    guard try reader.u16() == 0x0a0d else { throw reader.error("magic number does not end with CR LF") }
    self.version = version
    let flags = version.headerSize == 16 ? try reader.u32() : 0
    switch flags {
    case 0: validation = .timestamp(try reader.u32(), size: try reader.u32())
    case 1, 3: validation = .hash(try reader.u64(), isChecked: flags == 3)
    default: throw ScrubError("flags are \(flags), needs 0, 1 or 3", section: "header", offset: 4)
    }
  }

  /// The same file's header with another validation.
  package func replacing(_ validation: Validation) -> BytecodeHeader {
    var header = self
    header.validation = validation
    return header
  }

  /// The header's bytes in a file.
  package var bytes: [UInt8] {
    var result: [UInt8] = []
    result.append(little: UInt32(version.magic) | 0x0a0d_0000)
    switch validation {
    case .timestamp(let time, let size):
      if version.headerSize == 16 { result.append(little: UInt32(0)) }
      result.append(little: time)
      result.append(little: size)
    case .hash(let hash, let isChecked):
      result.append(little: UInt32(isChecked ? 3 : 1))
      result.append(little: hash)
    }
    return result
  }
}

extension BytecodeHeader.Validation: CustomStringConvertible {
  package var description: String {
    switch self {
    case .timestamp(let time, let size):
      "source of \(CalendarTime(seconds: Int64(time))), \(size) bytes"
    case .hash(let hash, let isChecked):
      "\(isChecked ? "checked" : "unchecked") hash of the source " + String(hash, radix: 16)
    }
  }
}

extension BytecodeVersion {
  /// The hash of a source file that its `.pyc` holds (`_imp.source_hash`); nil in 3.6.
  package func sourceHash(_ source: Bytes) -> UInt64? {
    guard let (compression, finalization) = hashRounds else { return nil }
    return SipHash(
      key: (UInt64(magic) | 0x0a0d_0000, 0), compression: compression, finalization: finalization
    )
    .hash(source.span)
  }
}
