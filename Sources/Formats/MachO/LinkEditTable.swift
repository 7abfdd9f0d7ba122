/// A table that a load command points to, in `__LINKEDIT` or at the end of an object file (<mach-o/loader.h>).
package enum LinkEditTable: Hashable, Sendable {
  case symbolTable, stringTable
  // LC_DYSYMTAB
  case tableOfContents, moduleTable, externalReferences, indirectSymbols, externalRelocations,
    localRelocations
  // LC_DYLD_INFO
  case rebaseInfo, bindInfo, weakBindInfo, lazyBindInfo, exportInfo
  // struct linkedit_data_command
  case codeSignature, segmentSplitInfo, functionStarts, dataInCode, codeSigningRequirements
  case linkerOptimizationHints, exportsTrie, chainedFixups, atomInfo
  case twoLevelHints, note
  /// The relocations of one section, given by its label.
  case relocations(of: String)

  /// The name in reports.
  package var name: String {
    switch self {
    case .symbolTable: "symbol table"
    case .stringTable: "string table"
    case .tableOfContents: "table of contents"
    case .moduleTable: "module table"
    case .externalReferences: "external references"
    case .indirectSymbols: "indirect symbols"
    case .externalRelocations: "external relocations"
    case .localRelocations: "local relocations"
    case .rebaseInfo: "rebase info"
    case .bindInfo: "bind info"
    case .weakBindInfo: "weak bind info"
    case .lazyBindInfo: "lazy bind info"
    case .exportInfo: "export info"
    case .codeSignature: "code signature"
    case .segmentSplitInfo: "segment split info"
    case .functionStarts: "function starts"
    case .dataInCode: "data in code"
    case .codeSigningRequirements: "code signing requirements"
    case .linkerOptimizationHints: "linker optimization hints"
    case .exportsTrie: "exports trie"
    case .chainedFixups: "chained fixups"
    case .atomInfo: "atom info"
    case .twoLevelHints: "two-level hints"
    case .note: "note"
    case .relocations(let section): "relocations of \(section)"
    }
  }

  /// Whether its entries are symbol indices, which change when symbols are removed.
  package var numbersSymbols: Bool {
    switch self {
    case .tableOfContents, .externalReferences, .externalRelocations, .relocations: true
    default: false
    }
  }
}

extension MachOImage {
  /// A table and its file range.
  package struct Part: Sendable {
    package let table: LinkEditTable
    package let range: Range<Int>

    package init(_ table: LinkEditTable, _ range: Range<Int>) {
      self.table = table
      self.range = range
    }

    package var name: String { table.name }
  }

  /// The first table of a kind: valid images have one of each, except for relocations.
  package func part(_ table: LinkEditTable) -> Part? { parts.first { $0.table == table } }
}
