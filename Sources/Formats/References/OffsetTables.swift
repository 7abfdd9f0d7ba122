/// Tables of 32-bit offsets relative to the table's own start: this is how compilers implement a `switch` over strings
/// if addresses are not known before the program is loaded.
///
/// A table is looked for wherever code takes the address of aligned data. It ends at the first entry that leads out of
/// the image's data, or where the next table begins: each word is read once.
package struct OffsetTables {
  /// Loaded data that is not code.
  private let stretches: [LoadedStretch]
  /// One bit for each word of each stretch: whether code takes its address.
  private var bases: [[UInt64]]

  package init(_ stretches: [LoadedStretch]) {
    self.stretches = stretches.sorted { $0.address < $1.address }
    bases = self.stretches.map { [UInt64](repeating: 0, count: $0.bytes.count / 256 + 1) }
  }

  @inline(__always)
  package mutating func addBase(_ address: UInt64) {
    guard address & 3 == 0 else { return }
    mark(address)
  }

  private mutating func mark(_ address: UInt64) {
    let index = stretches.partition { $0.end <= address }
    guard index < stretches.count, address >= stretches[index].address else { return }
    // The stretches of a malicious file may overlap.
    guard address - stretches[index].address < UInt64(stretches[index].bytes.count) else { return }
    let word = Int(address - stretches[index].address) / 4
    // A stretch that begins at an odd address has no aligned words.
    guard stretches[index].address & 3 == 0 else { return }
    bases[index][word / 64] |= 1 << UInt64(word % 64)
  }

  /// Reads all tables.
  package func read(_ order: ByteOrder, into references: inout References) {
    guard let first = stretches.first, let last = stretches.last else { return }
    let data = first.address..<max(first.address, last.end)
    for (index, stretch) in stretches.enumerated() {
      let content = stretch.bytes.span
      var table: Table?
      for word in 0..<content.count / 4 {
        let place = stretch.address &+ UInt64(word * 4)
        if bases[index][word / 64] >> UInt64(word % 64) & 1 != 0 {
          if let table { refer(table, stretch, &references) }
          table = Table(base: place)
        }
        guard let base = table?.base else { continue }
        let raw = Int32(truncatingIfNeeded: content.unsigned(at: word * 4, width: 4, order: order))
        let target = base &+ UInt64(bitPattern: Int64(raw))
        if data.contains(target), raw != 0 {
          table?.add(target, at: place, references.hull)
        } else {
          if let table { refer(table, stretch, &references) }
          table = nil
        }
      }
      if let table { refer(table, stretch, &references) }
    }
  }

  private struct Table {
    let base: UInt64
    var count: UInt64 = 0
    /// Targets of the first entries, which tell what the others are.
    var targets: [UInt64] = []
    /// Entries that may lead to a queried range.
    var leads: [(target: UInt64, place: UInt64)] = []

    init(base: UInt64) { self.base = base }

    mutating func add(_ target: UInt64, at place: UInt64, _ hull: Range<UInt64>) {
      count += 1
      if targets.count < 16 { targets.append(target) }
      if hull.contains(target) { leads.append((target, place)) }
    }
  }

  /// Numbers can look like offsets too. So a table has several entries, none leads into the table, all lead to text,
  /// and at least some lead to the beginning of a string or to the end of a queried path. Only some are required,
  /// because the others may share their bytes with strings as well.
  private func refer(_ table: Table, _ stretch: LoadedStretch, _ references: inout References) {
    guard table.count > 1, !table.leads.isEmpty else { return }
    let own = table.base..<table.base &+ 4 * table.count
    guard table.targets.allSatisfy({ !own.contains($0) && isText($0) }) else { return }
    let known = table.targets.count { isBeginning($0) || references.isInside($0) }
    guard known * 8 >= table.targets.count else { return }
    for entry in table.leads {
      references.point(
        to: entry.target, References.Origin(name: "table of offsets in \(stretch.name)", place: entry.place))
    }
  }

  private func isBeginning(_ address: UInt64) -> Bool {
    let index = stretches.partition { $0.end < address }
    guard index < stretches.count, address > stretches[index].address,
      address - stretches[index].address <= UInt64(stretches[index].bytes.count)
    else { return index < stretches.count && address == stretches[index].address }
    return stretches[index].bytes[Int(address - stretches[index].address) - 1] == 0
  }

  /// Whether a string continues or begins there; code is never among strings.
  private func isText(_ address: UInt64) -> Bool {
    let index = stretches.partition { $0.end <= address }
    guard index < stretches.count, address >= stretches[index].address else { return false }
    let position = address - stretches[index].address
    let bytes = stretches[index].bytes
    guard position < UInt64(bytes.count) else { return false }
    let content = bytes.span
    for place in Int(position)..<min(Int(position) + 64, content.count) {
      let byte = content[place]
      if byte == 0 { return true }
      // The only control characters in text: tab to carriage return, and escape.
      if byte < 0x20 && !(9...13).contains(byte) && byte != 0x1b || byte == 0x7f { return false }
    }
    return true
  }
}
