package import CDwarf

extension DwarfHandle {
  /// The macros of the unit, including imported macro units (DWARF 5 section 6.3).
  package func macros(
    of die: Dwarf_Die, _ body: (Role, Text?) throws(ScrubError) -> Void
  ) throws(ScrubError) {
    var error: Dwarf_Error?
    var imports: [Dwarf_Unsigned] = []
    var seen: Set<Dwarf_Unsigned> = []
    var version: Dwarf_Unsigned = 0
    var context: Dwarf_Macro_Context?
    var (offset, operations, length): (Dwarf_Unsigned, Dwarf_Unsigned, Dwarf_Unsigned) = (0, 0, 0)
    var result = unsafe dwarf_get_macro_context(
      die, &version, &context, &offset, &operations, &length, &error)
    seen.insert(offset)
    while true {
      if result == DW_DLV_ERROR { throw unsafe failure(error) }
      if result == DW_DLV_OK, let unit = unsafe context {
        defer { unsafe dwarf_dealloc_macro_context(unit) }
        try unsafe macroUnit(unit, operations, &imports, body)
      }
      guard let next = imports.popLast() else { return }
      guard seen.insert(next).inserted else {
        result = DW_DLV_NO_ENTRY
        continue
      }
      unsafe context = nil
      result = unsafe dwarf_get_macro_context_by_offset(
        die, next, &version, &context, &operations, &length, &error)
    }
  }

  private func macroUnit(
    _ unit: Dwarf_Macro_Context, _ operations: Dwarf_Unsigned, _ imports: inout [Dwarf_Unsigned],
    _ body: (Role, Text?) throws(ScrubError) -> Void
  ) throws(ScrubError) {
    var error: Dwarf_Error?
    for index in 0..<operations {
      var (start, line, stringIndex, offset):
        (Dwarf_Unsigned, Dwarf_Unsigned, Dwarf_Unsigned, Dwarf_Unsigned) =
          (0, 0, 0, 0)
      var (operation, forms): (Dwarf_Half, Dwarf_Half) = (0, 0)
      var codes: UnsafePointer<Dwarf_Small>?
      guard unsafe dwarf_get_macro_op(unit, index, &start, &operation, &forms, &codes, &error) == DW_DLV_OK
      else { throw unsafe failure(error) }
      switch Int32(operation) {
      case DW_MACRO_define, DW_MACRO_undef, DW_MACRO_define_strp, DW_MACRO_undef_strp, DW_MACRO_define_strx,
        DW_MACRO_undef_strx:
        var pointer: UnsafePointer<CChar>?
        let result = unsafe dwarf_get_macro_defundef(
          unit, index, &line, &stringIndex, &offset, &forms, &pointer, &error)
        if result == DW_DLV_ERROR { throw unsafe failure(error) }
        if result == DW_DLV_OK, let pointer = unsafe pointer {
          try body(.macro(line: line), unsafe text(pointer))
        }
      case DW_MACRO_import:
        var target: Dwarf_Unsigned = 0
        if unsafe dwarf_get_macro_import(unit, index, &target, &error) == DW_DLV_OK { imports.append(target) }
      default: break
      }
    }
  }
}
