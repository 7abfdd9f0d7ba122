internal import BuildRoots
internal import CElf
import Formats

/// What happens to build roots that the dynamic linker follows (rule BP401). Rewriting them like other strings would
/// name one more directory that the user does not own; so they stay with a reason, or their entry is removed.
struct RunPathPlan: Sendable {
  private struct Mark: Sendable {
    var context: String
    var fate: Finding.Fate
  }

  /// By index of the hit.
  private var marks: [Int: Mark] = [:]
  /// Where the plan edits a marked root.
  private struct EditPlace: Hashable, Sendable {
    var section: Int?
    var offset: Int
  }

  private var places: Set<EditPlace> = []
  private var edits: [InPlaceEdit] = []
  /// The effect of `edits`, for the report.
  private(set) var changes: [Change] = []

  /// A list of directories of which some hold roots.
  private struct List {
    var text: DynamicSection.Text
    var hits: [(index: Int, root: Range<Int>)] = []
  }

  /// No decisions.
  init() {}

  /// - Parameter remove: plan the removal of entries with roots; otherwise they are only reported.
  init(_ image: ElfImage, regions: [Region], hits: [Hit], remove: Bool) {
    guard let dynamic = DynamicSection(image) else { return }
    // Among strings that share their ending, the longest holds the root.
    var longest: [Int: DynamicSection.Text] = [:]
    for text in dynamic.texts where longest[text.range.upperBound] == nil {
      longest[text.range.upperBound] = text
    }
    var lists: [List] = []
    var end = 0
    for (index, hit) in hits.enumerated() {
      guard let file = regions[hit.region].fileRange else { continue }
      let root = file.lowerBound + hit.root.range.lowerBound..<file.lowerBound + hit.root.range.upperBound
      guard dynamic.table.contains(root.lowerBound) else { continue }
      // Hits are ascending: most share their string with the previous one.
      if root.lowerBound >= end || end == 0 {
        end = image.bytes.span.firstIndex(of: 0, from: root.lowerBound) ?? image.bytes.count
      }
      guard let text = longest[end], text.range.lowerBound <= root.lowerBound else { continue }
      places.insert(
        EditPlace(
          section: regions[hit.region].section,
          offset: image.offset(of: hit.root.range.lowerBound, in: regions[hit.region])))
      guard text.isRunPath else {
        marks[index] = Mark(context: text.name, fate: .left(reason: Reason.name))
        continue
      }
      if lists.last?.text.range != text.range { lists.append(List(text: text)) }
      lists[lists.count - 1].hits.append((index, root))
    }
    guard !lists.isEmpty else { return }
    let editor = RunPathEditor(image: image, dynamic: dynamic)
    var removed: [Int] = []
    for list in lists {
      let reason = remove ? editor.obstacle(to: list.text, among: lists.count) : Reason.runPath
      plan(list, editor, reason, &removed)
    }
    if !removed.isEmpty { edits.append(editor.removing(removed)) }
  }

  /// - Parameter reason: why the list is left unchanged; nil if its entries with roots are removed.
  private mutating func plan(
    _ list: List, _ editor: RunPathEditor, _ reason: String?, _ removed: inout [Int]
  ) {
    let directories = editor.directories(of: list.text)
    var leaking: Set<Int> = []
    var number = 0
    for hit in list.hits {
      while directories[number].upperBound <= hit.root.lowerBound { number += 1 }
      leaking.insert(number)
      marks[hit.index] = Mark(
        context: "\(list.text.name) entry \(number + 1) of \(directories.count)",
        fate: reason.map { .left(reason: $0) } ?? .removed)
    }
    guard reason == nil else { return }
    let kept = directories.indices.filter { !leaking.contains($0) }.map { directories[$0] }
    let (edit, text) = editor.keeping(kept, of: list.text)
    edits.append(edit)
    // If the list becomes empty, its dynamic entry is removed as well.
    if text.isEmpty { removed += editor.entries(of: list.text) }
    var change = Change(
      place: Place(section: list.text.name),
      kind: .runPath(before: editor.string(list.text.range), after: text.isEmpty ? nil : text))
    change.rule = Rule.runPath.code
    // Loaded bytes never move.
    (change.old, change.new) = (list.text.range, list.text.range)
    changes.append(change)
  }

  /// Adds the decisions to the plan's edits and fates.
  func revise(_ inPlace: inout [InPlaceEdit], _ fates: inout [Finding.Fate]) {
    guard !marks.isEmpty else { return }
    inPlace.removeAll { places.contains(EditPlace(section: $0.section, offset: $0.offset)) }
    inPlace += edits
    for (index, mark) in marks { fates[index] = mark.fate }
  }

  /// Sets rule and context of the findings, one for each hit.
  func relabel(_ findings: inout [Finding]) {
    for (index, mark) in marks {
      findings[index].followedByLinker()
      findings[index].context = mark.context
      if mark.fate == .removed { findings[index].replacement = "" }
    }
  }

  private enum Reason {
    static let runPath =
      "anyone may create this directory and put a library there; --fix-rpath removes it from the run path"
    static let name = "the dynamic linker opens this very name; link again without the build directory in it"
  }
}

/// Edits of run paths that keep their length.
private struct RunPathEditor {
  let image: ElfImage
  let dynamic: DynamicSection

  func string(_ range: Range<Int>) -> String { String(decoding: image.bytes[range].array(), as: UTF8.self) }

  /// The parts between colons, as file ranges.
  func directories(of text: DynamicSection.Text) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var start = text.range.lowerBound
    for offset in text.range where image.bytes[offset] == UInt8(ascii: ":") {
      parts.append(start..<offset)
      start = offset + 1
    }
    return parts + [start..<text.range.upperBound]
  }

  /// The entries that refer to this run path: an old linker writes both tags.
  func entries(of text: DynamicSection.Text) -> [Int] {
    dynamic.texts.filter { $0.isRunPath && $0.range == text.range }.map(\.entry)
  }

  /// The remaining directories, at the string's start; NULs after them.
  func keeping(_ kept: [Range<Int>], of text: DynamicSection.Text) -> (InPlaceEdit, String) {
    var list: [UInt8] = []
    for (index, directory) in kept.enumerated() {
      if index > 0 { list.append(UInt8(ascii: ":")) }
      list += image.bytes[directory].array()
    }
    let filling = [UInt8](repeating: 0, count: text.range.count - list.count)
    return (
      edit(text.range, list + filling),
      String(decoding: list, as: UTF8.self)
    )
  }

  /// Why the string's bytes, or the array after its entry, cannot be changed; nil if they can.
  /// - Parameter count: the number of run paths with roots; a linker writes at most two.
  func obstacle(to text: DynamicSection.Text, among count: Int) -> String? {
    if count > 2 { return "the image has \(count) run paths" }
    guard let end = dynamic.end else { return "the dynamic section has no end" }
    // DT_MIPS_RLD_MAP_REL is relative to its own place.
    if image.header.machine == UInt16(EM_MIPS) { return "entries of this machine depend on their place" }
    let array = (dynamic.entries.first?.position ?? end)..<end + dynamic.entrySize
    let segment = image.segments.first { $0.type == UInt32(PT_DYNAMIC) }
    guard segment?.offset == UInt64(array.lowerBound) else {
      return "section and program header disagree about the dynamic section"
    }
    if array.overlaps(text.range) { return "the string lies in the dynamic section" }
    do throws(ScrubError) {
      return try isShared(text) ? "another name of .dynstr shares its bytes; link again without -rpath" : nil
    } catch {
      return error.message
    }
  }

  /// Whether anything else uses one of the string's bytes: linkers let a name that ends another one share its bytes.
  private func isShared(_ text: DynamicSection.Text) throws(ScrubError) -> Bool {
    let own = Set(entries(of: text))
    if dynamic.texts.contains(where: {
      $0.range.upperBound == text.range.upperBound && !own.contains($0.entry)
    }) {
      return true
    }
    // A longer name may end with this one: it begins after the preceding NUL.
    var start = text.range.lowerBound
    while start > dynamic.table.lowerBound, image.bytes[start - 1] != 0 { start -= 1 }
    let base = dynamic.table.lowerBound
    let offsets = UInt64(start - base)..<UInt64(text.range.upperBound - base)
    return try DynamicStringUsers(image: image).offsets(in: dynamic.table).contains { offsets.contains($0) }
  }

  /// The array without these entries: what follows moves up, and `DT_NULL` fills the end, as patchelf does it.
  func removing(_ entries: [Int]) -> InPlaceEdit {
    let gone = Set(entries)
    let first = dynamic.entries[gone.min()!].position
    let end = dynamic.end!
    var array: [UInt8] = []
    for (index, entry) in dynamic.entries.enumerated() where entry.position >= first && !gone.contains(index)
    {
      array += image.bytes[entry.position..<entry.position + dynamic.entrySize].array()
    }
    array += [UInt8](repeating: 0, count: end - first - array.count)
    return edit(first..<end, array)
  }

  private func edit(_ range: Range<Int>, _ replacement: [UInt8]) -> InPlaceEdit {
    guard let section = image.sections.first(where: { $0.fileRange.map { $0.contains(range) } ?? false })
    else {
      return InPlaceEdit(section: nil, offset: range.lowerBound, replacement: replacement)
    }
    return InPlaceEdit(
      section: section.index, offset: range.lowerBound - Int(section.offset), replacement: replacement)
  }
}
