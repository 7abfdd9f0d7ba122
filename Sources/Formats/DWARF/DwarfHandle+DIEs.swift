package import CDwarf

extension DwarfHandle {
  /// The strings of one DIE's attributes.
  package func strings(
    of die: Dwarf_Die, withShape: Bool, _ body: (Role, Text?) throws(ScrubError) -> Void
  ) throws(ScrubError) {
    var error: Dwarf_Error?
    var tag: Dwarf_Half = 0
    var offset: Dwarf_Off = 0
    guard unsafe dwarf_tag(die, &tag, &error) == DW_DLV_OK,
      unsafe dwarf_dieoffset(die, &offset, &error) == DW_DLV_OK
    else { throw unsafe failure(error) }
    if withShape {
      try body(.shape(offset), nil)
      try body(.shape(UInt64(tag)), nil)
    }
    var list: UnsafeMutablePointer<Dwarf_Attribute?>?
    var count: Dwarf_Signed = 0
    let result = unsafe dwarf_attrlist(die, &list, &count, &error)
    if result == DW_DLV_ERROR { throw unsafe failure(error) }
    guard result == DW_DLV_OK, let list = unsafe list else { return }
    try cost.chargeEntry(attributes: Int(count), at: offset)
    defer {
      for index in 0..<Int(count) { unsafe dwarf_dealloc_attribute(list[index]) }
      unsafe dwarf_dealloc(debug, list, Dwarf_Unsigned(DW_DLA_LIST))
    }
    for index in 0..<Int(count) {
      guard let attribute = unsafe list[index] else { continue }
      var name: Dwarf_Half = 0
      var form: Dwarf_Half = 0
      guard unsafe dwarf_whatattr(attribute, &name, &error) == DW_DLV_OK,
        unsafe dwarf_whatform(attribute, &form, &error) == DW_DLV_OK
      else { throw unsafe failure(error) }
      if withShape { try body(.shape(UInt64(name) << 16 | UInt64(form)), nil) }
      guard Self.stringForms.contains(form) else { continue }
      var pointer: UnsafeMutablePointer<CChar>?
      guard unsafe dwarf_formstring(attribute, &pointer, &error) == DW_DLV_OK, let pointer = unsafe pointer
      else {
        throw unsafe failure(error)
      }
      try body(.attribute(name, tag: tag, die: offset), unsafe text(pointer))
    }
  }

  /// Forms whose string is in this file.
  private static let stringForms: Set<Dwarf_Half> = Set(
    [DwarfForm.string, .strp, .strx, .lineStrp, .strx1, .strx2, .strx3, .strx4, .gnuStrIndex]
      .map { Dwarf_Half($0.rawValue) })

  /// Depth first, with an explicit stack: the file determines the nesting.
  package func children(
    of root: Dwarf_Die, _ body: (Role, Text?) throws(ScrubError) -> Void
  ) throws(ScrubError) {
    var stack: [(die: Dwarf_Die, first: Int)] = unsafe []
    defer { while let entry = unsafe stack.popLast() { unsafe dwarf_dealloc_die(entry.die) } }
    // Number of entries so far.
    var count = 0
    var error: Dwarf_Error?
    var next: Dwarf_Die?
    var result = unsafe dwarf_child(root, &next, &error)
    while true {
      if result == DW_DLV_ERROR { throw unsafe failure(error) }
      if result == DW_DLV_OK, let die = unsafe next {
        unsafe stack.append((die, count))
        count += 1
        try unsafe strings(of: die, withShape: true, body)
        unsafe next = nil
        result = unsafe dwarf_child(die, &next, &error)
        continue
      }
      guard let (die, first) = unsafe stack.popLast() else { return }
      defer { unsafe dwarf_dealloc_die(die) }
      try body(.shape(.max), nil)
      try cost.chargeSibling(below: count - first)
      unsafe next = nil
      result = unsafe dwarf_siblingof_b(debug, die, isInfo, &next, &error)
    }
  }
}
