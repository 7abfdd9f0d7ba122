package import CDwarf
import Dispatch
import Platform

/// Owns one libdwarf session over sections in memory; the only place where libdwarf's pointers live.
///
/// The sections are passed through libdwarf's object-access interface, so that inflated sections, zip members and
/// Mach-O all look alike to it. Handles are created, used and released inside `exclusively`.
@safe package final class DwarfHandle {
  /// Keeps the sections' bytes alive and tells which section contains a string that libdwarf returned.
  package let dwarf: DwarfSections
  private let table: UnsafeMutablePointer<wheelscrub_dwarf_section>
  private let object: UnsafeMutablePointer<wheelscrub_dwarf_object>
  private let interface: UnsafeMutablePointer<wheelscrub_dwarf_interface>
  package private(set) var debug: Dwarf_Debug?
  /// 1 while the units of .debug_info are read, 0 for those of .debug_types.
  package private(set) var isInfo: Dwarf_Bool = 1
  /// Where the line number programs that were read begin, in bytes from the start of their section.
  package var readLineTables: Set<UInt64> = []
  package var cost: LibdwarfCost
  /// Where the next unit begins, in bytes from the start of its section.
  private var nextUnitOffset: UInt64 = 0

  /// libdwarf keeps errors that belong to no session in one process-wide list, which is cleared whenever a session
  /// ends: with broken input, two threads free each other's errors. So only one thread may enter at a time.
  private static let turn = DispatchSemaphore(value: 1)

  package static func exclusively<R>(_ body: () throws(ScrubError) -> R) throws(ScrubError) -> R {
    turn.wait()
    defer { turn.signal() }
    return try body()
  }

  /// A string as libdwarf read it: its bytes without the NUL, and their location.
  package struct Text {
    package var bytes: Bytes
    /// Index into `DwarfSections.sections`, and bytes from that section's start.
    package var section: Int?
    package var offset: Int

    package init(
      bytes: Bytes, section: Int? = nil, offset: Int
    ) {
      self.bytes = bytes
      self.section = section
      self.offset = offset
    }
  }

  /// What a string is in the unit.
  package enum Role: Hashable {
    /// An attribute of the DIE at `die` (an offset into the unit's section).
    case attribute(UInt16, tag: UInt16, die: UInt64)
    case includeDirectory(Int)
    case file(Int)
    /// A macro defined at `line` of a source file.
    case macro(line: UInt64)
    /// Anything that is not a string but belongs to the unit's shape: a DIE's tag or an attribute's form.
    case shape(UInt64)
  }

  /// The sections from which strings, units and file tables are read. libdwarf loads every section that it knows as
  /// soon as it sees it, and 20210528 frees memory twice if `.debug_rnglists` is broken, so unneeded sections are not
  /// passed on.
  private static let wanted: Set<String> = [
    ".debug_abbrev", ".debug_addr", ".debug_info", ".debug_line", ".debug_line_str", ".debug_macro",
    ".debug_str",
    ".debug_cu_index", ".debug_str_offsets", ".debug_tu_index", ".debug_types",
  ]

  package init(_ dwarf: DwarfSections) throws(ScrubError) {
    self.dwarf = dwarf
    cost = LibdwarfCost(dwarf)
    let count = dwarf.sections.count + 1
    let table = UnsafeMutablePointer<wheelscrub_dwarf_section>.allocate(capacity: count)
    unsafe self.table = table
    unsafe table.initialize(to: wheelscrub_dwarf_section(name: strdup(""), data: nil, size: 0))
    for (index, section) in dwarf.sections.enumerated() {
      unsafe section.content.withUnsafeBytes { buffer in
        unsafe (table + index + 1).initialize(
          to: wheelscrub_dwarf_section(
            name: strdup(Self.wanted.contains(section.name) ? Self.name(of: section, dwarf) : ".unread"),
            data: buffer.baseAddress!.assumingMemoryBound(to: UInt8.self),
            size: UInt64(buffer.count)))
      }
    }
    unsafe object = .allocate(capacity: 1)
    unsafe object.initialize(
      to: wheelscrub_dwarf_object(
        sections: table, count: UInt64(count),
        total_size: dwarf.sections.reduce(0) { $0 + UInt64($1.content.count) },
        big_endian: dwarf.order == .big ? 1 : 0, address_size: dwarf.addressSize))
    unsafe interface = .allocate(capacity: 1)
    unsafe interface.initialize(to: wheelscrub_dwarf_make(object))

    var error: Dwarf_Error?
    var session: Dwarf_Debug?
    let result = unsafe dwarf_object_init_b(interface, nil, nil, UInt32(DW_GROUPNUMBER_ANY), &session, &error)
    guard result == DW_DLV_OK else { throw unsafe failure(error) }
    unsafe debug = session
  }

  /// libdwarf distinguishes split sections by their names.
  private static func name(of section: DwarfSections.Section, _ dwarf: DwarfSections) -> String {
    dwarf.isSplit && !section.name.hasSuffix("_index") ? section.name + ".dwo" : section.name
  }

  deinit {
    if let debug = unsafe debug { unsafe wheelscrub_dwarf_finish(debug) }
    for index in 0...dwarf.sections.count {
      unsafe free(UnsafeMutableRawPointer(mutating: table[index].name))
    }
    unsafe table.deallocate()
    unsafe object.deallocate()
    unsafe interface.deallocate()
  }

  package func failure(_ error: Dwarf_Error?) -> ScrubError {
    guard let error = unsafe error else { return ScrubError("libdwarf has no reason to give") }
    let reason = unsafe dwarf_errmsg(error).map { unsafe String(cString: $0) } ?? "unknown error"
    if let debug = unsafe debug { unsafe dwarf_dealloc_error(debug, error) }
    return ScrubError("libdwarf: \(reason)")
  }

  /// The location of a string that libdwarf returned; libdwarf returns pointers into the sections themselves.
  package func text(_ pointer: UnsafePointer<CChar>) -> Text {
    let address = UInt(bitPattern: pointer)
    for (index, section) in dwarf.sections.enumerated() {
      let base = unsafe section.content.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
      guard address >= base, address < base + UInt(section.content.count) else { continue }
      let offset = Int(address - base)
      let end = section.content.span.firstIndex(of: 0, from: offset) ?? section.content.count
      return Text(bytes: section.content[offset..<end], section: index, offset: offset)
    }
    return unsafe Text(
      bytes: Bytes(Array(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer)))), offset: 0)
  }

  /// Reads the next unit: its root DIE's strings, its line table's directories and files, its macros.
  /// - Parameter everyDIE: also reads every string and the shape of every DIE below.
  /// - Returns: false after the last unit.
  package func nextUnit(
    everyDIE: Bool = false, macros: Bool = false, _ body: (Role, Text?) throws(ScrubError) -> Void
  ) throws(ScrubError) -> Bool {
    var error: Dwarf_Error?
    var abbreviations: Dwarf_Off = 0
    while true {
      var length: Dwarf_Unsigned = 0
      var version: Dwarf_Half = 0
      var (addressSize, offsetSize, extensionSize): (Dwarf_Half, Dwarf_Half, Dwarf_Half) = (0, 0, 0)
      var signature = Dwarf_Sig8()
      var typeOffset: Dwarf_Unsigned = 0
      var next: Dwarf_Unsigned = 0
      var unitType: Dwarf_Half = 0
      let result = unsafe dwarf_next_cu_header_d(
        debug, isInfo, &length, &version, &abbreviations, &addressSize, &offsetSize, &extensionSize,
        &signature, &typeOffset, &next, &unitType, &error)
      if result == DW_DLV_ERROR { throw unsafe failure(error) }
      if result == DW_DLV_OK {
        let offset = nextUnitOffset
        nextUnitOffset = next
        try cost.chargeUnit(
          at: offset, in: isInfo == 1 ? ".debug_info" : ".debug_types", abbreviations: abbreviations)
        break
      }
      if isInfo == 0 { return false }
      isInfo = 0
      nextUnitOffset = 0
    }
    var root: Dwarf_Die?
    let result = unsafe dwarf_siblingof_b(debug, nil, isInfo, &root, &error)
    if result == DW_DLV_ERROR { throw unsafe failure(error) }
    guard result == DW_DLV_OK, let root = unsafe root else { return true }
    defer { unsafe dwarf_dealloc_die(root) }
    try unsafe strings(of: root, withShape: everyDIE, body)
    try unsafe lineTable(of: root, body)
    if macros { try unsafe self.macros(of: root, body) }
    if everyDIE { try unsafe children(of: root, body) }
    return true
  }
}

extension DwarfHandle {
  /// `DW_AT_comp_dir` for 0x1b; the number for one that libdwarf does not know.
  package static func name(ofAttribute attribute: UInt16) -> String {
    var name: UnsafePointer<CChar>?
    guard unsafe dwarf_get_AT_name(UInt32(attribute), &name) == DW_DLV_OK, let name = unsafe name else {
      return "attribute 0x\(String(attribute, radix: 16))"
    }
    return unsafe String(cString: name)
  }
}
