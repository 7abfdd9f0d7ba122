internal import BuildRoots
import Formats

/// The changes that split DWARF needs before its strings are rewritten: new ids in units and indexes, and strings
/// numbered in a canonical order. All of it in place, so that the plan for the strings sees an ordinary image.
struct SplitPlan {
  private(set) var edits: [InPlaceEdit] = []
  /// The ids that change, each once.
  private(set) var changes: [(unit: SplitUnits.Unit, new: UInt64)] = []
  private(set) var notes: [Note] = []

  var isEmpty: Bool { edits.isEmpty }

  /// - Parameters:
  ///   - ids: the new id for each old one.
  ///   - renumber: whether to renumber strings, which only an image that changes anyway needs.
  init(
    _ image: ElfImage, _ groups: [DwarfSections], _ units: SplitUnits, ids: [UInt64: UInt64], renumber: Bool,
    roots: RootMap
  ) throws(ScrubError) {
    var known: Set<UInt64> = []
    for unit in units.skeletons + units.split.compactMap(\.unit) {
      guard let new = ids[unit.id], new != unit.id else { continue }
      var bytes = [UInt8](repeating: 0, count: 8)
      bytes.store(new, at: 0, width: 8, order: image.header.order)
      edits.append(
        InPlaceEdit(section: unit.section, offset: unit.position, replacement: bytes))
      if known.insert(unit.id).inserted { changes.append((unit, new)) }
    }
    for dwarf in groups where dwarf.isSplit {
      for section in dwarf.sections where section.name == ".debug_cu_index" {
        if let edit = try Self.index(section, dwarf.order, ids) { edits.append(edit) }
      }
      guard renumber || !changes.isEmpty else { continue }
      do throws(ScrubError) {
        let indexes = try StringIndexPlan(dwarf, roots: roots)
        edits += indexes.edits
        notes += indexes.notes
      } catch {
        guard error.kind == .notUnderstood else { throw error }
        notes.append(
          Note(
            "\(error.message); strings keep their numbers", at: error.place, divergence: .debugInfo))
      }
    }
  }

  /// The hash table with new signatures, each in the slot that DWARF 5 section 7.3.5.3 assigns when the rows are
  /// entered in order; nil if none changes.
  private static func index(
    _ section: DwarfSections.Section, _ order: ByteOrder, _ ids: [UInt64: UInt64]
  ) throws(ScrubError) -> InPlaceEdit? {
    let index = try UnitIndexSection(section, order)
    let used = index.slots.filter { $0.row != 0 }
    guard used.contains(where: { ids[$0.signature] != nil }) else { return nil }
    let slots = index.slots.count
    guard slots & (slots - 1) == 0, used.count <= slots else {
      throw ScrubError(
        "\(used.count) units in \(slots) slots are no hash table", section: section.label,
        offset: UInt64(index.signaturesPosition))
    }
    var table = [(signature: UInt64, row: UInt32)](repeating: (0, 0), count: slots)
    let mask = UInt64(slots - 1)
    var probes = 0
    for (old, row) in used.sorted(by: { $0.row < $1.row }) {
      let signature = ids[old] ?? old
      var slot = signature & mask
      let step = (signature >> 32) & mask | 1
      // The step is odd and the table has a free slot: every slot is tried before one repeats.
      while table[Int(slot)].row != 0 {
        slot = (slot + step) & mask
        probes += 1
      }
      // Signatures are hashes, so long probing means a table made to be slow.
      guard probes <= 64 * slots else {
        throw ScrubError(
          "signatures collide too often", section: section.label, offset: UInt64(index.signaturesPosition))
      }
      table[Int(slot)] = (signature, row)
    }
    var bytes = [UInt8](repeating: 0, count: slots * 12)
    for (slot, entry) in table.enumerated() {
      bytes.store(entry.signature, at: 8 * slot, width: 8, order: order)
      bytes.store(UInt64(entry.row), at: 8 * slots + 4 * slot, width: 4, order: order)
    }
    return InPlaceEdit(
      section: section.index, offset: index.signaturesPosition, replacement: bytes)
  }
}
