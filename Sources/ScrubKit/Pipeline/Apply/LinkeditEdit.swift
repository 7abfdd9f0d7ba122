import Formats

/// Rewrites the end of an image: symbol table, strings, and an empty signature of the right size.
struct LinkeditEdit {
  /// With all edits that keep its size applied.
  let image: MachOImage
  let plan: MachOPlan

  private var order: ByteOrder { image.header.order }

  func apply() throws(ScrubError) -> EditBuffer {
    guard let symbols = plan.symbols, let strings = symbols.strings, let table = image.symbolTable,
      let linkedit = image.segments.last(where: { $0.name == "__LINKEDIT" })
    else { return try resignInPlace() }

    // The parts, in their final order.
    let fixed = table.symbols.lowerBound
    let entries = entries(table, symbols)
    let middle = middle(table, symbols)
    let stringStart = fixed + entries.count + middle.count
    let stringEnd = stringStart + strings.count
    var signature: [UInt8] = []
    var signatureStart = stringEnd
    if image.signature != nil {
      signatureStart = (stringEnd + 15) & ~15
      signature = try newSignature(codeLimit: signatureStart)
      signature += [UInt8](repeating: 0, count: (16 - signature.count % 16) % 16)
    }
    guard signatureStart + signature.count < Int(UInt32.max) else {
      throw ScrubError("the image would exceed 4 GiB", section: "__LINKEDIT")
    }

    let output = EditBuffer(count: signatureStart + signature.count)
    output.replace(at: 0, with: image.bytes[0..<fixed])
    output.replace(at: fixed, with: entries)
    output.replace(at: fixed + entries.count, with: middle)
    output.replace(at: stringStart, with: strings)
    output.replace(at: signatureStart, with: signature)

    // The commands that give their offsets.
    let command = table.commandPosition
    output.store(UInt64(table.count - symbols.dropped.count), at: command + 12, width: 4, order: order)
    output.store(UInt64(stringStart), at: command + 16, width: 4, order: order)
    output.store(UInt64(strings.count), at: command + 20, width: 4, order: order)
    if !symbols.dropped.isEmpty {
      renumber(symbols, by: table.symbols.count - entries.count, in: output)
    }
    if let place = image.signature {
      output.store(UInt64(signatureStart), at: place.commandPosition + 8, width: 4, order: order)
      output.store(UInt64(signature.count), at: place.commandPosition + 12, width: 4, order: order)
    }
    let size = signatureStart + signature.count - linkedit.fileRange.lowerBound
    output.storeSizes(of: linkedit, fileSize: UInt64(size), in: image)
    return output
  }

  /// The remaining symbols, with the new offsets of their names.
  private func entries(_ table: MachOImage.SymbolTable, _ plan: SymbolTablePlan) -> [UInt8] {
    var entries: [UInt8] = []
    entries.reserveCapacity(table.symbols.count)
    let size = image.symbolSize
    var nextDropped = 0
    for index in 0..<table.count {
      if nextDropped < plan.dropped.count, plan.dropped[nextDropped] == index {
        nextDropped += 1
        continue
      }
      let old = table.symbols.lowerBound + index * size
      let start = entries.count
      entries += image.bytes[old..<old + size].array()
      entries.store(UInt64(plan.names[index]), at: start, width: 4, order: order)
      if let target = plan.targets[index] {
        entries.store(UInt64(target), at: start + 8, width: size - 8, order: order)
      }
    }
    return entries
  }

  /// What lies between symbols and strings: the indices of the symbols that stubs stand for.
  private func middle(_ table: MachOImage.SymbolTable, _ plan: SymbolTablePlan) -> [UInt8] {
    let start = table.symbols.upperBound
    var middle = image.bytes[start..<table.strings.lowerBound].array()
    guard !plan.dropped.isEmpty,
      let part = image.part(.indirectSymbols), part.range.lowerBound >= start
    else { return middle }
    for position in stride(from: part.range.lowerBound - start, to: part.range.upperBound - start, by: 4) {
      let entry = image.bytes.span.unsigned(at: start + position, width: 4, order: order)
      guard entry & MachOImage.noSymbol == 0 else { continue }
      middle.store(UInt64(plan.newIndex(Int(entry))), at: position, width: 4, order: order)
    }
    return middle
  }

  /// `LC_DYSYMTAB`: the ranges of local, external and undefined symbols, and where the indirect ones begin.
  private func renumber(_ plan: SymbolTablePlan, by shift: Int, in output: borrowing EditBuffer) {
    guard let start = image.dynamicSymbols else { return }
    let span = image.bytes.span
    for pair in 0..<3 {
      let position = start + 8 * pair
      let first = Int(span.unsigned(at: position, width: 4, order: order))
      let end = first + Int(span.unsigned(at: position + 4, width: 4, order: order))
      output.store(UInt64(plan.newIndex(first)), at: position, width: 4, order: order)
      output.store(
        UInt64(plan.newIndex(end) - plan.newIndex(first)), at: position + 4, width: 4, order: order)
    }
    let position = start + 48
    let offset = Int(span.unsigned(at: position, width: 4, order: order))
    if let table = image.symbolTable, offset >= table.symbols.upperBound {
      output.store(UInt64(offset - shift), at: position, width: 4, order: order)
    }
  }

  private func newSignature(codeLimit: Int) throws(ScrubError) -> [UInt8] {
    guard let signature = try image.readSignature() else { return [] }
    return plan.resigns
      ? try AdHocSignature(image, replacing: signature).bytes(codeLimit: codeLimit)
      : signature.resized(codeLimit: codeLimit)
  }

  /// An ad hoc signature in the space of the old one.
  private func resignInPlace() throws(ScrubError) -> EditBuffer {
    let copy = EditBuffer(copying: image.bytes)
    guard plan.resigns, let place = image.signature else { return copy }
    let signature = try newSignature(codeLimit: place.range.lowerBound)
    guard signature.count <= place.range.count else {
      throw ScrubError(
        "an ad hoc signature needs \(signature.count) bytes, there are \(place.range.count)",
        section: "code signature")
    }
    copy.zero(place.range)
    copy.replace(at: place.range.lowerBound, with: signature)
    return copy
  }
}
