/// Whether a kernel would find each page as signed, and whether the signature's parts agree: written from
/// `cs_blobs.h` and from what codesign(1) and ld write, apart from the program under test.
struct CodeSignatureChecker {
  /// What is known of the file's signature from elsewhere; a signature does not seal these itself.
  var identifier: String?
  /// Whether each slice has a signature; nil where both are right.
  var isSigned: Bool?
  /// Slots for files beside the image (Info.plist, resources) cannot be checked without them.
  var mayReferToFiles = false

  /// Every fault of a file's slices; empty where all are valid or unsigned.
  func faults(inFile file: MachBytes) throws -> [String] {
    let slices = try MachSlice.all(in: file)
    let uuids = try slices.compactMap { try $0.uuid() }
    return try slices.enumerated().flatMap { index, slice in
      try faults(in: slice, uuids: uuids).map { "slice \(index): \($0)" }
    }
  }

  /// - Parameter uuids: those of all slices, one of which an identifier may hold.
  func faults(in slice: MachSlice, uuids: [String]) throws -> [String] {
    guard let signature = try CodeSignature(slice) else { return isSigned == true ? ["unsigned"] : [] }
    if isSigned == false { return ["signed"] }
    var faults = signature.faults
    try place(of: signature, in: slice, &faults)
    try blobs(of: signature, &faults)
    for directory in signature.directories {
      var own = directory.faults
      try fields(of: directory, signature, slice, uuids, &own)
      try pages(of: directory, slice.data, &own)
      try specialSlots(of: directory, signature, slice, &own)
      faults += own.map { "CodeDirectory \(String(directory.slot, radix: 16)): \($0)" }
    }
    return faults
  }

  /// The signature ends the slice and __LINKEDIT.
  private func place(of signature: CodeSignature, in slice: MachSlice, _ faults: inout [String]) throws {
    if signature.range.lowerBound % 16 != 0 { faults.append("signature at \(signature.range.lowerBound)") }
    if signature.range.upperBound != slice.data.count {
      faults.append("signature ends at \(signature.range.upperBound) of \(slice.data.count)")
    }
    guard let linkedit = try slice.segment("__LINKEDIT") else {
      faults.append("no __LINKEDIT")
      return
    }
    if linkedit.fileOffset + linkedit.fileSize != signature.range.upperBound {
      faults.append("__LINKEDIT ends at \(linkedit.fileOffset + linkedit.fileSize)")
    }
    if linkedit.memorySize < linkedit.fileSize { faults.append("__LINKEDIT is not mapped whole") }
  }

  /// Slots and magics that belong together, each slot once.
  private func blobs(of signature: CodeSignature, _ faults: inout [String]) throws {
    let magics = [
      0: 0xfade_0c02, 2: 0xfade_0c01, 5: 0xfade_7171, 7: 0xfade_7172, CodeSignature.cmsSlot: 0xfade_0b01,
    ]
    if Set(signature.blobs.map(\.slot)).count != signature.blobs.count { faults.append("a slot twice") }
    for blob in signature.blobs {
      let expected = (0x1000...0x1004).contains(blob.slot) ? 0xfade_0c02 : magics[blob.slot]
      if blob.magic != expected {
        faults.append("slot \(String(blob.slot, radix: 16)) with magic \(String(blob.magic, radix: 16))")
      }
    }
    let slots = signature.directories.map(\.slot)
    if slots.isEmpty || slots != [0] + slots.indices.dropLast().map({ 0x1000 + $0 }) {
      faults.append("directories in the slots \(slots)")
    }
    let first = signature.directories.first
    for other in signature.directories.dropFirst() {
      if other.identifier != first?.identifier || other.flags != first?.flags || other.team != first?.team
        || other.version != first?.version
      {
        faults.append("two directories of one signature disagree")
      }
    }
  }

  private func fields(
    of directory: CodeDirectory, _ signature: CodeSignature, _ slice: MachSlice, _ uuids: [String],
    _ faults: inout [String]
  ) throws {
    if directory.codeLimit != signature.range.lowerBound {
      faults.append("codeLimit \(directory.codeLimit), signature at \(signature.range.lowerBound)")
    }
    let isByLinker = signature.blobs.count == 1
    let flags = directory.flags & ~(signature.isByCertificate ? CodeDirectory.runtime : 0)
    let expected =
      signature.isByCertificate
      ? 0 : isByLinker ? CodeDirectory.adHoc | CodeDirectory.linkerSigned : CodeDirectory.adHoc
    if flags != expected { faults.append("flags \(String(directory.flags, radix: 16))") }
    if (directory.team != nil) != signature.isByCertificate {
      faults.append("team \(directory.team ?? "none")")
    }
    if let executable = directory.executable {
      let text = try slice.segment("__TEXT")
      // The segment's size; some linkers (seen in published wheels) write that of the section of code.
      let limits = [text?.fileSize, text?.sections.first { $0.name == "__text" }?.size]
      if executable.start != text?.fileOffset || !limits.contains(executable.limit) {
        faults.append("executable segment \(executable.start) + \(executable.limit)")
      }
      // MH_EXECUTE is the main binary of a process.
      if executable.flags != (slice.fileType == 2 ? 1 : 0) {
        faults.append("flags of the executable segment")
      }
    }
    if directory.identifier.isEmpty || !directory.identifier.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) {
      faults.append("identifier \(directory.identifier)")
    }
    if let identifier, directory.identifier != identifier {
      faults.append("identifier \(directory.identifier)")
    }
    // codesign's own identifier: `name-55554944<UUID>`, where 55554944 is "UUID".
    if let start = directory.identifier.ranges(of: "-55554944").last {
      let embedded = directory.identifier[start.upperBound...].uppercased()
      if !uuids.contains(embedded) { faults.append("identifier with another UUID, \(embedded)") }
    }
  }

  /// Every page of the code: whole ones, and the rest.
  private func pages(of directory: CodeDirectory, _ data: MachBytes, _ faults: inout [String]) throws {
    let size = directory.hash.size
    let count = (directory.codeLimit + directory.pageSize - 1) / directory.pageSize
    guard directory.codeSlots.count == count * size else {
      faults.append("\(directory.codeSlots.count / size) slots for \(count) pages")
      return
    }
    for page in 0..<count {
      let start = page * directory.pageSize
      let bytes = try data[start..<min(start + directory.pageSize, directory.codeLimit)]
      let slot = directory.codeSlots.lowerBound + page * size
      if try !directory.hash(bytes).elementsEqual(data[slot..<slot + size]) { faults.append("page \(page)") }
    }
  }

  /// Slot -n holds the hash of blob n. Without a blob it is zero, but for what lies in other files.
  private func specialSlots(
    of directory: CodeDirectory, _ signature: CodeSignature, _ slice: MachSlice, _ faults: inout [String]
  ) throws {
    let size = directory.hash.size
    let count = directory.specialSlots.count / size
    for blob in signature.blobs where (1...11).contains(blob.slot) && blob.slot > count {
      faults.append("no special slot for blob \(blob.slot)")
    }
    for number in stride(from: 1, through: count, by: 1) {
      let start = directory.specialSlots.upperBound - number * size
      let slot = try slice.data[start..<start + size]
      if let blob = signature.blob(number) {
        if try !directory.hash(slice.data[blob.range]).elementsEqual(slot) {
          faults.append("special slot -\(number)")
        }
      } else if slot.contains(where: { $0 != 0 }) {
        let information = try slice.segment("__TEXT")?.sections.first { $0.name == "__info_plist" }
        if number == 1, let information {
          let bytes = try slice.data[slice.data.range(information.offset, information.size)]
          if !directory.hash(bytes).elementsEqual(slot) { faults.append("special slot -1, __info_plist") }
        } else if !(mayReferToFiles && (number == 1 || number == 3)) {
          faults.append("special slot -\(number) of nothing")
        }
      }
    }
  }
}
