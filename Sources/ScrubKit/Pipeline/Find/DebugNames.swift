internal import BuildRoots
internal import CDwarf
import Formats

/// Describes the debug strings that hold a root, using libdwarf, unit by unit.
struct DebugNames {
  /// A hit in a debug section, and the range of its root there.
  struct Query {
    /// Index into `DwarfSections.sections`.
    var section: Int
    var root: Range<Int>
  }

  private struct Answer {
    var first: String
    var uses: Int
  }

  /// One description for each query; nil if no unit mentions the string.
  /// - Throws: an error for what libdwarf could not read.
  static func describe(
    _ queries: [Query], in dwarf: DwarfSections, roots: RootMap
  ) throws(ScrubError) -> [String?] {
    try DwarfHandle.exclusively { () throws(ScrubError) in try ask(queries, in: dwarf, roots: roots) }
  }

  private static func ask(
    _ queries: [Query], in dwarf: DwarfSections, roots: RootMap
  ) throws(ScrubError) -> [String?] {
    var answers = [Answer?](repeating: nil, count: queries.count)
    // Queries of one section, ascending by the start of their root.
    var bySection: [Int: [(start: Int, query: Int)]] = [:]
    for (index, query) in queries.enumerated() {
      bySection[query.section, default: []].append((query.root.lowerBound, index))
    }
    for key in bySection.keys { bySection[key]?.sort { $0.start < $1.start } }
    // Macros are numerous; they are read only if a macro can be the answer.
    let macros = dwarf.sections.contains { $0.name == ".debug_macro" }

    // Names need directories and files, but not rows.
    let handle = try DwarfHandle(dwarf.withoutLineRows())
    var uses: [(query: Int, role: DwarfHandle.Role)] = []
    var unit: String?
    var more = true
    while more {
      uses.removeAll(keepingCapacity: true)
      unit = nil
      more = try handle.nextUnit(macros: macros) { role, text throws(ScrubError) in
        guard let text else { return }
        if case .attribute(UInt16(DW_AT_name), _, _) = role, unit == nil {
          unit = stable(text.bytes, roots)
        }
        guard let section = text.section, let candidates = bySection[section] else { return }
        let string = text.offset..<text.offset + text.bytes.count
        var index = candidates.partition { $0.start < text.offset }
        // A suffix-merged string may begin inside the root.
        if index > 0, queries[candidates[index - 1].query].root.contains(text.offset) { index -= 1 }
        while index < candidates.count, candidates[index].start < string.upperBound {
          uses.append((candidates[index].query, role))
          index += 1
        }
      }
      for use in uses {
        if answers[use.query] == nil {
          answers[use.query] = Answer(first: describe(use.role, unit: unit), uses: 1)
        } else {
          answers[use.query]?.uses += 1
        }
      }
    }
    return answers.map { answer in
      answer.map { $0.uses > 1 ? "\($0.first) and \($0.uses - 1) more" : $0.first }
    }
  }

  /// A unit's name with its own roots replaced by stable paths, so that reports of two builds can be compared.
  private static func stable(_ name: Bytes, _ roots: RootMap) -> String {
    String(decoding: roots.clean(name.span) ?? name.array(), as: UTF8.self)
  }

  private static func describe(_ role: DwarfHandle.Role, unit: String?) -> String {
    let suffix = unit.map { " of unit \($0)" } ?? ""
    switch role {
    case .attribute(let attribute, let tag, let die):
      let name = DwarfHandle.name(ofAttribute: attribute)
      // The root DIE represents the unit; any other is identified by its offset.
      return tag == UInt16(DW_TAG_compile_unit) || tag == UInt16(DW_TAG_partial_unit)
        ? name + suffix : "\(name) of the DIE at 0x\(String(die, radix: 16))" + suffix
    case .includeDirectory(let index): return "include directory \(index)" + suffix
    case .file(let index): return "file \(index)" + suffix
    case .macro(let line): return "macro of line \(line)" + suffix
    case .shape: return "unit" + suffix
    }
  }
}
