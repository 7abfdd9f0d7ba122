@testable import Formats
@testable import ScrubKit

/// Writes zips as tests need them, with lies where wanted. Independent of `WheelWriter`.
struct TestZip {
  struct Entry {
    var name: [UInt8]
    var content: [UInt8]
    var method: UInt16 = 8
    var flags: UInt16 = 0
    var time: UInt32 = 0x5821_0000
    var mode: UInt32 = 0o100644
    var extra: [UInt8] = []
    var localExtra: [UInt8]?
    var comment: [UInt8] = []
    /// Changes the finished local header or central entry.
    var editLocal: (inout [UInt8]) -> Void = { _ in }
    var editCentral: (inout [UInt8]) -> Void = { _ in }
    /// The descriptor behind the data: nil for none, else whether it has a signature and 8-byte sizes.
    var descriptor: (signature: Bool, wide: Bool)?
    /// Bytes behind data and descriptor.
    var gap: [UInt8] = []

    init(_ name: String, _ content: String = "") {
      self.name = Array(name.utf8)
      self.content = Array(content.utf8)
      if name.hasSuffix("/") {
        method = 0
        mode = 0o040755
      }
    }
  }

  var entries: [Entry] = []
  var prefix: [UInt8] = []
  var comment: [UInt8] = []
  var suffix: [UInt8] = []
  var zip64End = false
  var editEnd: (inout [UInt8]) -> Void = { _ in }

  init(_ entries: [Entry]) { self.entries = entries }

  func bytes() -> [UInt8] {
    var result = prefix
    var directory: [UInt8] = []
    for entry in entries {
      let content = Bytes(entry.content)
      let data = entry.method == 8 ? try! Deflate.raw(content).array() : entry.content
      let crc = Inflate.crc32(content)
      let offset = UInt32(result.count)
      let flags = entry.flags | (entry.descriptor == nil ? 0 : 8)
      func common(isLocal: Bool) -> [UInt8] {
        var part: [UInt8] = []
        let isDeferred = isLocal && entry.descriptor != nil
        part.append(little: UInt16(20))
        part.append(little: flags)
        part.append(little: entry.method)
        part.append(little: entry.time)
        part.append(little: isDeferred ? 0 : crc)
        part.append(little: isDeferred ? 0 : UInt32(data.count))
        part.append(little: isDeferred ? 0 : UInt32(entry.content.count))
        part.append(little: UInt16(entry.name.count))
        part.append(little: UInt16(isLocal ? (entry.localExtra ?? entry.extra).count : entry.extra.count))
        return part
      }
      var local: [UInt8] = []
      local.append(little: ZipFormat.localSignature)
      local += common(isLocal: true) + entry.name + (entry.localExtra ?? entry.extra)
      entry.editLocal(&local)
      result += local + data
      if let (signature, wide) = entry.descriptor {
        if signature { result.append(little: ZipFormat.descriptorSignature) }
        result.append(little: crc)
        for size in [data.count, entry.content.count] {
          if wide { result.append(little: UInt64(size)) } else { result.append(little: UInt32(size)) }
        }
      }
      result += entry.gap
      var central: [UInt8] = []
      central.append(little: ZipFormat.centralSignature)
      central.append(little: UInt16(3 << 8 | 20))
      central += common(isLocal: false)
      central.append(little: UInt16(entry.comment.count))
      central.append(little: UInt16(0))
      central.append(little: UInt16(0))
      central.append(little: entry.mode << 16)
      central.append(little: offset)
      central += entry.name + entry.extra + entry.comment
      entry.editCentral(&central)
      directory += central
    }
    let offset = result.count
    result += directory
    if zip64End {
      let position = result.count
      result.append(little: ZipFormat.end64Signature)
      result.append(little: UInt64(44))
      result.append(little: UInt16(45))
      result.append(little: UInt16(45))
      result.append(little: UInt64(0))
      result.append(little: UInt64(entries.count))
      result.append(little: UInt64(entries.count))
      result.append(little: UInt64(directory.count))
      result.append(little: UInt64(offset))
      result.append(little: ZipFormat.locator64Signature)
      result.append(little: UInt32(0))
      result.append(little: UInt64(position))
      result.append(little: UInt32(1))
    }
    var end: [UInt8] = []
    end.append(little: ZipFormat.endSignature)
    end.append(little: UInt32(0))
    end.append(little: UInt16(entries.count))
    end.append(little: UInt16(entries.count))
    end.append(little: UInt32(directory.count))
    end.append(little: zip64End ? ZipFormat.sentinel32 : UInt32(offset))
    end.append(little: UInt16(comment.count))
    editEnd(&end)
    return result + end + comment + suffix
  }
}

extension [UInt8] {
  /// Overwrites a little-endian number of 2 or 4 bytes.
  mutating func put(_ value: UInt32, at offset: Int, width: Int) {
    for index in 0..<width { self[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index)) }
  }
}
