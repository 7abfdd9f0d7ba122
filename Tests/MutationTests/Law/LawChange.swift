/// Eight kinds of changes to a file, as tools, damage and attackers make them. Knows nothing of keys.
enum LawChange: CaseIterable, Sendable {
  case flip, append, insert, truncate, addSection, headerField, segmentSize, noteSize

  func applied(to input: [UInt8], using generator: inout Generator) -> [UInt8] {
    switch self {
    case .flip: Self.flip(input, &generator)
    case .append: input + Self.random(Int.random(in: 1...64, using: &generator), &generator)
    case .insert: Self.insert(input, &generator)
    case .truncate: Array(input.dropLast(Int.random(in: 1...min(512, input.count), using: &generator)))
    case .addSection: Self.addSection(input, &generator)
    case .headerField: Self.headerField(input, &generator)
    case .segmentSize: Self.segmentSize(input, &generator)
    case .noteSize: Self.noteSize(input, &generator)
    }
  }

  private static func insert(_ input: [UInt8], _ generator: inout Generator) -> [UInt8] {
    let place = Int.random(in: 0...input.count, using: &generator)
    let new = random(Int.random(in: 1...16, using: &generator), &generator)
    return Array(input[..<place]) + new + Array(input[place...])
  }

  /// Half of the time zeros, which alignment could be.
  private static func random(_ count: Int, _ generator: inout Generator) -> [UInt8] {
    let isZero = Bool.random(using: &generator)
    return (0..<count).map { _ in isZero ? 0 : UInt8.random(in: 0...255, using: &generator) }
  }

  /// A bit anywhere; or a letter of a random directory's name, which `fix` takes out.
  private static func flip(_ input: [UInt8], _ generator: inout Generator) -> [UInt8] {
    var bytes = input
    let roots = places(of: Array("/pip-install-".utf8), in: input)
    if let root = roots.randomElement(using: &generator), Bool.random(using: &generator) {
      let place = root + 13 + Int.random(in: 0..<8, using: &generator)
      if place < bytes.count, bytes[place] != UInt8(ascii: "q") {
        bytes[place] = UInt8(ascii: "q")
        return bytes
      }
    }
    bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^=
      1 << UInt8.random(in: 0..<8, using: &generator)
    return bytes
  }

  private static func headerField(_ input: [UInt8], _ generator: inout Generator) -> [UInt8] {
    var bytes = input
    // Mach-O's load commands are its program headers.
    let size = isMachO(input) ? 900 : 64
    let place = Int.random(in: 0..<min(size, bytes.count), using: &generator)
    bytes[place] = Bool.random(using: &generator) ? bytes[place] ^ 1 : .random(in: 0...255, using: &generator)
    return bytes
  }

  // MARK: - What formats have

  private static func isElf(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]) }
  private static func isMachO(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0xcf, 0xfa, 0xed, 0xfe]) }

  private static func segmentSize(_ input: [UInt8], _ generator: inout Generator) -> [UInt8] {
    var fields: [Int] = []
    if isElf(input) {
      let start = number(input, 32, 8)
      for index in 0..<number(input, 56, 2) {
        // p_filesz and p_memsz.
        fields += [start + 56 * index + 32, start + 56 * index + 40]
      }
    } else if isMachO(input) {
      // vmsize and filesize of LC_SEGMENT_64.
      fields = commands(input).filter { $0.kind == 0x19 }.flatMap { [$0.start + 32, $0.start + 48] }
    }
    return changed(input, fields, width: 8, &generator)
  }

  private static func noteSize(_ input: [UInt8], _ generator: inout Generator) -> [UInt8] {
    var fields: [Int] = []
    if isElf(input) {
      // namesz and descsz in front of `GNU`, and what p_filesz of PT_NOTE claims.
      for name in places(of: [0x47, 0x4e, 0x55, 0], in: input) where name >= 12 {
        fields += [name - 12, name - 8]
      }
      let start = number(input, 32, 8)
      for index in 0..<number(input, 56, 2) where number(input, start + 56 * index, 4) == 4 {
        fields += [start + 56 * index + 32]
      }
      return changed(input, fields, width: 4, &generator)
    }
    if isMachO(input) {
      // Sizes of tables that load commands name: their last word.
      fields = commands(input).filter { [0x1d, 0x26, 0x29, 0x2b].contains($0.kind & 0xff) }
        .map { $0.start + 12 }
    }
    return changed(input, fields, width: 4, &generator)
  }

  /// One of the numbers, a little different or much; without any, a byte of the header.
  private static func changed(
    _ input: [UInt8], _ fields: [Int], width: Int, _ generator: inout Generator
  ) -> [UInt8] {
    guard let field = fields.filter({ $0 >= 0 && $0 + width <= input.count }).randomElement(using: &generator)
    else { return headerField(input, &generator) }
    let old = number(input, field, width)
    let deltas = [-64, -16, -8, -4, -1, 1, 4, 8, 16, 40, 64, 0x100, 0x1000, 0x4000, 1 << 20]
    return stored(max(old + deltas.randomElement(using: &generator)!, 0), in: input, field, width)
  }

  /// A section with bytes of its own at the file's end, under a name that says something or nothing.
  private static func addSection(_ input: [UInt8], _ generator: inout Generator) -> [UInt8] {
    let payload = random(Int.random(in: 1...48, using: &generator), &generator)
    if isMachO(input) { return addNote(input, payload) }
    guard isElf(input) else { return input + payload }
    let (start, count, names) = (number(input, 40, 8), number(input, 60, 2), number(input, 62, 2))
    guard names < count, start + 64 * count <= input.count else { return input + payload }
    let table = start + 64 * names
    let (offset, size) = (number(input, table + 24, 8), number(input, table + 32, 8))
    guard offset + size <= input.count else { return input + payload }
    let name = ["payload", ".debug_payload", ".debug_str", ".comment", ".rodata"].randomElement(
      using: &generator)!
    let newNames = Array(input[offset..<offset + size]) + Array(name.utf8) + [0]
    var bytes = input + payload
    let namesAt = bytes.count
    bytes += newNames
    while bytes.count % 8 != 0 { bytes.append(0) }
    let tableAt = bytes.count
    bytes += input[start..<start + 64 * count]
    var header = [UInt8](repeating: 0, count: 64)
    header = stored(size, in: header, 0, 4)
    header = stored(1, in: header, 4, 4)
    header = stored(input.count, in: header, 24, 8)
    header = stored(payload.count, in: header, 32, 8)
    header = stored(1, in: header, 48, 8)
    bytes += header
    bytes = stored(namesAt, in: bytes, tableAt + 64 * names + 24, 8)
    bytes = stored(newNames.count, in: bytes, tableAt + 64 * names + 32, 8)
    bytes = stored(tableAt, in: bytes, 40, 8)
    return stored(count + 1, in: bytes, 60, 2)
  }

  /// `LC_NOTE`, whose bytes stand at the file's end.
  private static func addNote(_ input: [UInt8], _ payload: [UInt8]) -> [UInt8] {
    let end = 32 + number(input, 20, 4)
    guard end + 40 <= input.count, input[end..<end + 40].allSatisfy({ $0 == 0 }) else {
      return input + payload
    }
    var bytes = stored(0x31, in: input + payload, end, 4)
    bytes = stored(40, in: bytes, end + 4, 4)
    bytes = stored(input.count, in: bytes, end + 24, 8)
    bytes = stored(payload.count, in: bytes, end + 32, 8)
    bytes = stored(number(input, 16, 4) + 1, in: bytes, 16, 4)
    return stored(number(input, 20, 4) + 40, in: bytes, 20, 4)
  }

  // MARK: - Bytes

  private static func commands(_ bytes: [UInt8]) -> [(kind: Int, start: Int)] {
    var found: [(Int, Int)] = []
    var place = 32
    for _ in 0..<number(bytes, 16, 4) where place + 8 <= bytes.count {
      found.append((number(bytes, place, 4), place))
      place += max(number(bytes, place + 4, 4), 8)
    }
    return found
  }

  /// Little-endian; 0 where it lies outside or is beyond an Int.
  private static func number(_ bytes: [UInt8], _ place: Int, _ width: Int) -> Int {
    guard place >= 0, place + width <= bytes.count else { return 0 }
    let value = (0..<width).reduce(UInt64(0)) { $0 | UInt64(bytes[place + $1]) << UInt64(8 * $1) }
    return Int(exactly: value) ?? 0
  }

  private static func stored(_ value: Int, in bytes: [UInt8], _ place: Int, _ width: Int) -> [UInt8] {
    var bytes = bytes
    for index in 0..<width where place + index < bytes.count {
      bytes[place + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
    }
    return bytes
  }

  private static func places(of needle: [UInt8], in bytes: [UInt8]) -> [Int] {
    guard bytes.count >= needle.count else { return [] }
    return (0...bytes.count - needle.count).filter {
      bytes[$0] == needle[0] && bytes[$0...].starts(with: needle)
    }
  }
}
