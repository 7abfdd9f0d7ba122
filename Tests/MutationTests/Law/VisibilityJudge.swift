/// What a kernel, a loader or the program itself can read of a linked 64-bit ELF file or Mach-O image, as a model of its
/// own that shares no code with keys: bytes by the name of what they are. Two files look the same if and only if all of
/// these are the same. Nil for a file that it does not understand.
struct VisibilityJudge: Equatable {
  private var parts: [String: [UInt8]] = [:]

  init?(_ bytes: [UInt8]) {
    if bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]) {
      guard elf(bytes) else { return nil }
    } else if bytes.starts(with: [0xcf, 0xfa, 0xed, 0xfe]) {
      guard machO(bytes) else { return nil }
    } else {
      return nil
    }
  }

  // MARK: - ELF

  private mutating func elf(_ file: [UInt8]) -> Bool {
    guard file.count >= 64, Self.number(file, 16, 2) != 1 else { return false }
    var seen = [Bool](repeating: false, count: file.count)
    var bytes = file
    func inside(_ start: Int, _ size: Int) -> Bool { start >= 0 && size >= 0 && start <= file.count - size }
    func see(_ range: Range<Int>) { for place in range { seen[place] = true } }

    // Segments: their bytes, and the pages that come with them.
    let (headers, count) = (Self.number(file, 32, 8), Self.number(file, 56, 2))
    guard inside(headers, 56 * count) else { return false }
    var ranges: [Range<Int>] = [0..<64, headers..<headers + 56 * count]
    for index in 0..<count {
      let at = headers + 56 * index
      let (offset, size, memory) = (
        Self.number(file, at + 8, 8), Self.number(file, at + 32, 8), Self.number(file, at + 40, 8)
      )
      guard size > 0 else { continue }
      guard inside(offset, size) else { return false }
      var range = offset..<offset + size
      if Self.number(file, at, 4) == 1 {
        let isCleared = memory > size && Self.number(file, at + 4, 4) & 2 != 0
        let end = isCleared ? range.upperBound : (range.upperBound + 4095) & ~4095
        range = offset & ~4095..<min(end, file.count)
      }
      ranges.append(range)
    }
    // The build-id is no part of the program; e_shoff and the counts of sections are for debuggers.
    if let id = Self.buildID(file, headers, count) { for place in id { bytes[place] = 0 } }
    for place in Array(0x28..<0x30) + Array(0x3a..<0x40) { bytes[place] = 0 }
    for (index, range) in ranges.enumerated() {
      parts["segment \(index) at \(range.lowerBound)"] = Array(bytes[range])
      see(range)
    }

    // Sections that are neither debug info nor symbols.
    let (table, sections) = (Self.number(file, 0x28, 8), Self.number(file, 0x3c, 2))
    guard inside(table, 64 * sections) else { return false }
    see(table..<table + 64 * sections)
    let names = table + 64 * Self.number(file, 0x3e, 2)
    for index in 0..<sections {
      let at = table + 64 * index
      let (type, flags) = (Self.number(file, at + 4, 4), Self.number(file, at + 8, 8))
      let (offset, size) = (Self.number(file, at + 24, 8), Self.number(file, at + 32, 8))
      guard type != 0, type != 8 else { continue }
      guard inside(offset, size) else { return false }
      var name: [UInt8] = []
      var place = Self.number(file, names + 24, 8) + Self.number(file, at, 4)
      while place >= 0, place < file.count, file[place] != 0 {
        name.append(file[place])
        place += 1
      }
      let text = String(decoding: name, as: UTF8.self)
      let isDebug =
        text.hasPrefix(".debug_") && text != ".debug_payload" || text.hasPrefix(".gnu_debug")
        || text == ".gdb_index"
      let isHidden = flags & 2 == 0 && (isDebug || type == 2 || type == 3 || type == 18)
      if !isHidden {
        parts["section \(text)", default: []] +=
          [UInt8(truncatingIfNeeded: type)] + Array(bytes[offset..<offset + size])
      }
      see(offset..<offset + size)
    }

    // What nobody claims.
    var stray: [UInt8] = []
    let end = (seen.lastIndex(of: true) ?? -1) + 1
    for place in 0..<end where !seen[place] && file[place] != 0 { stray.append(file[place]) }
    parts["stray"] = stray
    parts["end"] = Array(file[end...])
    return true
  }

  /// The first build-id of a PT_NOTE, of 1 to 64 bytes.
  private static func buildID(_ file: [UInt8], _ headers: Int, _ count: Int) -> Range<Int>? {
    for index in 0..<count where number(file, headers + 56 * index, 4) == 4 {
      let at = headers + 56 * index
      var place = number(file, at + 8, 8)
      let end = place + number(file, at + 32, 8)
      let align = number(file, at + 48, 8) == 8 ? 8 : 4
      while place + 12 <= end {
        let (name, size, type) = (
          number(file, place, 4), number(file, place + 4, 4), number(file, place + 8, 4)
        )
        let start = at8(place + 12 + name, from: number(file, at + 8, 8), align)
        guard start + size <= end else { break }
        if name == 4, type == 3, Array(file[place + 12..<place + 16]) == [0x47, 0x4e, 0x55, 0], size > 0 {
          return size <= 64 ? start..<start + size : nil
        }
        place = at8(start + size, from: number(file, at + 8, 8), align)
      }
    }
    return nil
  }

  private static func at8(_ place: Int, from start: Int, _ align: Int) -> Int {
    start + (place - start + align - 1) / align * align
  }

  // MARK: - Mach-O

  private mutating func machO(_ file: [UInt8]) -> Bool {
    guard file.count >= 32, Self.number(file, 12, 4) != 1, Self.number(file, 12, 4) != 10 else {
      return false
    }
    var bytes = file
    var place = 32
    var symbols: (Int, Int, Int, Int)?
    var ranges = [0..<min(32 + Self.number(file, 20, 4), file.count)]
    var linked: Range<Int>?
    for _ in 0..<Self.number(file, 16, 4) {
      guard place + 8 <= file.count else { return false }
      let (kind, size) = (Self.number(file, place, 4), Self.number(file, place + 4, 4))
      guard size >= 8, place + size <= file.count else { return false }
      func hide(_ range: Range<Int>) { for at in range where at < file.count { bytes[at] = 0 } }
      switch kind & 0xff {
      case 0x19:
        let isLinked = String(decoding: file[place + 8..<place + 18], as: UTF8.self) == "__LINKEDIT"
        let (offset, length) = (Self.number(file, place + 40, 8), Self.number(file, place + 48, 8))
        guard offset <= file.count, length <= file.count - offset else { return false }
        if isLinked {
          linked = offset..<offset + length
          hide(place + 32..<place + 40)
          hide(place + 48..<place + 56)
        } else {
          ranges.append(offset..<offset + length)
        }
      case 0x1b: hide(place + 8..<place + 24)
      case 0x2:
        symbols = (
          Self.number(file, place + 8, 4), Self.number(file, place + 12, 4), Self.number(file, place + 16, 4),
          Self.number(file, place + 20, 4)
        )
        hide(place + 8..<place + 24)
      case 0xb: hide(place + 8..<place + size)
      case 0x22: for word in 0..<10 where word % 2 == 0 { hide(place + 8 + 4 * word..<place + 12 + 4 * word) }
      case 0x1d: hide(place + 8..<place + 16)
      case 0x1e, 0x26, 0x29, 0x2b, 0x33, 0x34: hide(place + 8..<place + 12)
      default: break
      }
      place += size
    }
    for (index, range) in ranges.enumerated() {
      parts["segment \(index) at \(range.lowerBound)"] = Array(bytes[range])
    }
    // Symbols that are no stabs, by name.
    if let (offset, count, strings, size) = symbols {
      guard offset + 16 * count <= file.count, strings + size <= file.count else { return false }
      var list: [UInt8] = []
      for index in 0..<count where file[offset + 16 * index + 4] & 0xe0 == 0 {
        let at = offset + 16 * index
        list += file[at + 4..<at + 16]
        var name = strings + Self.number(file, at, 4)
        while name < strings + size, file[name] != 0 {
          list.append(file[name])
          name += 1
        }
        list.append(0)
      }
      parts["symbols"] = list
    }
    let end = ([linked?.upperBound ?? 0] + ranges.map(\.upperBound)).max() ?? 0
    parts["end"] = Array(file[min(end, file.count)...])
    return true
  }

  /// Little-endian; negative where it lies outside.
  private static func number(_ bytes: [UInt8], _ place: Int, _ width: Int) -> Int {
    guard place >= 0, place <= bytes.count - width else { return -1 }
    let value = (0..<width).reduce(UInt64(0)) { $0 | UInt64(bytes[place + $1]) << UInt64(8 * $1) }
    return value < 1 << 48 ? Int(value) : -1
  }

  /// What the two differ in, for messages.
  func difference(from other: VisibilityJudge) -> String {
    Set(parts.keys).union(other.parts.keys).filter { parts[$0] != other.parts[$0] }.sorted().joined(
      separator: ", ")
  }
}
