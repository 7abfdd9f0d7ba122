import Formats

extension Wheel {
  /// One member: its central directory entry (APPNOTE 4.3.12), its local header (4.3.7) and where its bytes are.
  struct Member: Sendable {
    /// Index in the central directory.
    let index: Int
    var name: String
    var nameBytes: Bytes
    /// The system in the high byte, the version in the low one (4.4.2).
    let versionMadeBy: UInt16
    let versionNeeded: UInt16
    let flags: UInt16
    let method: ZipMethod
    /// The method as the header has it.
    let methodNumber: UInt16
    let time: DOSTime
    let crc: UInt32
    let compressedSize: UInt64
    let uncompressedSize: UInt64
    let internalAttributes: UInt16
    /// Unix mode in the high half where the system is 3 (4.4.15).
    let externalAttributes: UInt32
    let headerOffset: UInt64
    let extra: ExtraFields
    let comment: Bytes
    /// The raw entry in the file.
    let centralEntry: Bytes

    /// Filled in when local headers are checked.
    var localTime: DOSTime
    var localExtra: ExtraFields
    /// The raw local header in the file.
    var localHeader: Bytes
    var compressed: Bytes
    /// From the local header to the next one, in bytes of the file.
    var extent: Range<Int>
    /// Whether its content cannot be relied on; only where defects are tolerated.
    var isUnreadable: Bool
  }
}

extension Wheel.Member {
  var isDirectory: Bool { name.utf8.last == 0x2f }

  /// The Unix mode with its type bits, 0 where another system wrote the member.
  var mode: UInt32 { versionMadeBy >> 8 == 3 ? externalAttributes >> 16 : 0 }

  var isSymbolicLink: Bool { mode & 0o170000 == 0o120000 }

  var hasDescriptor: Bool { flags & ZipFormat.Flag.descriptor != 0 }

  /// The inflated bytes; stored ones are not copied.
  /// - Throws: if size or CRC-32 differs from what the directory says.
  func content() throws(ScrubError) -> Bytes {
    do throws(ScrubError) {
      switch method {
      case .stored:
        let sum = Inflate.crc32(compressed)
        guard sum == crc else {
          throw ScrubError("needs CRC-32 \(Inflate.hex(crc)), content has \(Inflate.hex(sum))")
        }
        return compressed
      case .deflate:
        return try Inflate.raw(compressed, size: uncompressedSize, crc: crc)
      case .unsupported: throw ScrubError("compression method \(methodNumber) is neither stored nor deflate")
      }
    } catch { throw error.inside(path: "", member: name) }
  }

  /// Its inflated size in bytes, capped at a plausible value: images shrink to a fifth at best.
  var plausibleSize: Int { Int(min(uncompressedSize, 8 &* compressedSize, 1 << 40)) }

  /// The first `count` inflated bytes, or all of a shorter member, without inflating the rest.
  func prefix(_ count: Int) throws(ScrubError) -> [UInt8] {
    let wanted = Int(min(UInt64(count), uncompressedSize))
    switch method {
    case .unsupported: return []
    case .stored: return compressed[0..<wanted].array()
    case .deflate:
      do throws(ScrubError) { return try Inflate.prefix(compressed, count: wanted) } catch {
        throw error.inside(path: "", member: name)
      }
    }
  }
}
