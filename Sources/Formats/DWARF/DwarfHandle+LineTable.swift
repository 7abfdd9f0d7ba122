package import CDwarf

extension DwarfHandle {
  /// The directories and files of the unit's line number program (DWARF 5 section 6.2.4); nothing if another unit had
  /// the same program: type units share one, and a malicious file can make thousands of units share a long one.
  package func lineTable(
    of die: Dwarf_Die, _ body: (Role, Text?) throws(ScrubError) -> Void
  ) throws(ScrubError) {
    var error: Dwarf_Error?
    let offset = try unsafe lineTableOffset(of: die)
    if let offset, !readLineTables.insert(offset).inserted { return }
    if offset != nil || isPackage { try cost.chargeLineTable(at: offset) }
    var version: Dwarf_Unsigned = 0
    var tableCount: Dwarf_Small = 0
    var context: Dwarf_Line_Context?
    let result = unsafe dwarf_srclines_b(die, &version, &tableCount, &context, &error)
    if result == DW_DLV_ERROR { throw unsafe failure(error) }
    guard result == DW_DLV_OK, let context = unsafe context else { return }
    defer { unsafe dwarf_srclines_dealloc_b(context) }

    var directories: Dwarf_Signed = 0
    guard unsafe dwarf_srclines_include_dir_count(context, &directories, &error) == DW_DLV_OK else {
      throw unsafe failure(error)
    }
    // DWARF 5 numbers its directories from 0, earlier versions from 1 (section 6.2.4).
    let firstDirectory: Dwarf_Signed = version >= 5 ? 0 : 1
    for index in stride(from: firstDirectory, to: firstDirectory + directories, by: 1) {
      var name: UnsafePointer<CChar>?
      guard unsafe dwarf_srclines_include_dir_data(context, index, &name, &error) == DW_DLV_OK,
        let name = unsafe name
      else { throw unsafe failure(error) }
      try body(.includeDirectory(Int(index)), unsafe text(name))
    }

    var (first, count, end): (Dwarf_Signed, Dwarf_Signed, Dwarf_Signed) = (0, 0, 0)
    guard unsafe dwarf_srclines_files_indexes(context, &first, &count, &end, &error) == DW_DLV_OK else {
      throw unsafe failure(error)
    }
    for index in stride(from: first, to: end, by: 1) {
      var name: UnsafePointer<CChar>?
      var (directory, time, length): (Dwarf_Unsigned, Dwarf_Unsigned, Dwarf_Unsigned) = (0, 0, 0)
      var md5: UnsafeMutablePointer<Dwarf_Form_Data16>?
      let found = unsafe dwarf_srclines_files_data_b(
        context, index, &name, &directory, &time, &length, &md5, &error)
      guard found == DW_DLV_OK else { throw unsafe failure(error) }
      guard let name = unsafe name else { continue }
      try body(.file(Int(index)), unsafe text(name))
      try body(.shape(directory), nil)
    }
  }

  private var isPackage: Bool { dwarf[".debug_cu_index"] != nil || dwarf[".debug_tu_index"] != nil }

  /// `DW_AT_stmt_list`, in bytes from the start of `.debug_line`; nil if there is none, and in a package, where it is
  /// relative to the unit's own contribution (DWARF 5 section 7.3.5.3).
  private func lineTableOffset(of die: Dwarf_Die) throws(ScrubError) -> UInt64? {
    var error: Dwarf_Error?
    if isPackage { return nil }
    var attribute: Dwarf_Attribute?
    let result = unsafe dwarf_attr(die, Dwarf_Half(DW_AT_stmt_list), &attribute, &error)
    if result == DW_DLV_ERROR { throw unsafe failure(error) }
    guard result == DW_DLV_OK, let attribute = unsafe attribute else { return nil }
    defer { unsafe dwarf_dealloc_attribute(attribute) }
    var offset: Dwarf_Off = 0
    guard unsafe dwarf_global_formref(attribute, &offset, &error) == DW_DLV_OK else {
      throw unsafe failure(error)
    }
    return offset
  }
}
