import Formats

/// A string table that depends only on the set of its strings: each once, sorted by the reversed bytes in descending
/// order; a string that ends another one shares its bytes (ELF gABI "String Table").
struct CanonicalTable: Sendable {
  /// The table's bytes, including each string's NUL.
  var bytes: [UInt8]
  /// Where each input string begins, in bytes from the table's start.
  var offsets: [UInt32]
  /// How many strings own their bytes.
  var ownerCount: Int

  /// One string without its NUL, in memory that outlives the table's construction.
  struct Entry {
    fileprivate var end: UInt
    fileprivate var length: UInt32
    fileprivate var index: UInt32
  }

  /// Where the strings would lie one behind the other: as many offsets, and no bytes, for whoever asks only whether there
  /// can be a table. Nil where only the sorted one may be short enough.
  init?(unsorted strings: [Range<Int>]) {
    bytes = []
    offsets = []
    offsets.reserveCapacity(strings.count)
    ownerCount = strings.count
    var end = 0
    for string in strings {
      guard end + string.count < Int(UInt32.max) else { return nil }
      offsets.append(UInt32(end))
      end += string.count + 1
    }
  }

  /// Lays out strings that stand in two places: untouched ones in `table`, rewritten ones in `arena`.
  /// - Parameter strings: ranges into `table` followed by `arena`; positions from `table.count` on lie in
  ///   the latter.
  /// - Parameter sharesEnds: whether a string that ends another one shares its bytes; else only equal ones do.
  /// - Parameter keepsStart: whether no string may lie at offset 0, because there 0 means that there is none.
  init(
    table: Bytes, arena: Bytes, strings: [Range<Int>], sharesEnds: Bool = true, keepsStart: Bool = false
  ) throws(ScrubError) {
    guard strings.count < Int(UInt32.max) else {
      throw ScrubError("\(strings.count) strings are too many to rebuild", kind: .notUnderstood)
    }
    let base = unsafe table.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
    let arenaBase = unsafe arena.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
    var entries: [Entry] = []
    entries.reserveCapacity(strings.count)
    for (index, range) in strings.enumerated() {
      let end =
        range.lowerBound < table.count
        ? base + UInt(range.upperBound) : arenaBase + UInt(range.upperBound - table.count)
      entries.append(Entry(end: end, length: UInt32(range.count), index: UInt32(index)))
    }
    Self.sort(&entries)

    bytes = keepsStart ? [0] : []
    offsets = [UInt32](repeating: 0, count: entries.count)
    ownerCount = 0
    var owner: (entry: Entry, offset: Int)?
    for entry in entries {
      if let owner, sharesEnds || owner.entry.length == entry.length, Self.ends(owner.entry, with: entry) {
        offsets[Int(entry.index)] = UInt32(owner.offset + Int(owner.entry.length - entry.length))
        continue
      }
      let offset = bytes.count
      guard offset + Int(entry.length) < Int(UInt32.max) else {
        throw ScrubError("the table would exceed 4 GiB", kind: .notUnderstood)
      }
      unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(Self.pointer(entry)))
      bytes.append(0)
      offsets[Int(entry.index)] = UInt32(offset)
      ownerCount += 1
      owner = (entry, offset)
    }
    // The entries hold addresses into these two.
    extendLifetime(table)
    extendLifetime(arena)
  }

  private static func pointer(_ entry: Entry) -> UnsafeBufferPointer<UInt8> {
    unsafe UnsafeBufferPointer(
      start: UnsafePointer(bitPattern: entry.end - UInt(entry.length)), count: Int(entry.length))
  }

  private static func ends(_ longer: Entry, with shorter: Entry) -> Bool {
    guard shorter.length <= longer.length else { return false }
    return unsafe pointer(longer).suffix(Int(shorter.length)).elementsEqual(pointer(shorter))
  }

  /// The byte at `depth` from the end, or -1 before the string's start.
  @inline(__always)
  private static func key(_ entry: Entry, _ depth: UInt32) -> Int {
    if depth >= entry.length { return -1 }
    return unsafe Int(
      UnsafePointer<UInt8>(bitPattern: entry.end &- UInt(depth) &- 1).unsafelyUnwrapped.pointee)
  }

  /// Three-way radix quicksort on the reversed strings, descending: names in one table share long endings, which a
  /// comparison sort would read again and again. The work list replaces recursion, so that no content can exhaust the
  /// stack.
  private static func sort(_ entries: inout [Entry]) {
    var work: [(range: Range<Int>, depth: UInt32)] = [(0..<entries.count, 0)]
    while let (range, depth) = work.popLast() {
      if range.count < 2 { continue }
      if range.count < 12 {
        insertionSort(&entries, range, depth)
        continue
      }
      let first = key(entries[range.lowerBound], depth)
      let middle = key(entries[range.lowerBound + range.count / 2], depth)
      let last = key(entries[range.upperBound - 1], depth)
      let pivot = max(min(first, middle), min(max(first, middle), last))
      var above = range.lowerBound
      var below = range.upperBound
      var index = range.lowerBound
      while index < below {
        let value = key(entries[index], depth)
        if value > pivot {
          entries.swapAt(above, index)
          above &+= 1
          index &+= 1
        } else if value < pivot {
          below &-= 1
          entries.swapAt(below, index)
        } else {
          index &+= 1
        }
      }
      work.append((range.lowerBound..<above, depth))
      work.append((below..<range.upperBound, depth))
      // Strings that all ended here are equal; the rest continue one byte further toward the start.
      if pivot >= 0 { work.append((above..<below, depth + 1)) }
    }
  }

  private static func insertionSort(_ entries: inout [Entry], _ range: Range<Int>, _ depth: UInt32) {
    for index in range.dropFirst() {
      let entry = entries[index]
      var hole = index
      while hole > range.lowerBound, precedes(entry, entries[hole - 1], depth) {
        entries[hole] = entries[hole - 1]
        hole -= 1
      }
      entries[hole] = entry
    }
  }

  private static func precedes(_ left: Entry, _ right: Entry, _ start: UInt32) -> Bool {
    var depth = start
    while true {
      let a = key(left, depth)
      let b = key(right, depth)
      if a != b { return a > b }
      if a < 0 { return false }
      depth &+= 1
    }
  }
}
