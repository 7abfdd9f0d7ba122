/// Reads marshalled data of version 4 and 5 into a list of objects, without recursion.
package struct MarshalReader: ~Escapable {
  private var reader: Reader
  private let version: BytecodeVersion
  private var objects: [MarshalObject] = []
  /// The objects with a reference number, in order.
  private var referable: [Int32] = []
  private var open: [Frame] = []

  /// A container whose content is being read.
  private struct Frame {
    var object: Int32
    var type: MarshalType
    /// Objects still to come; for a dictionary, its end marker decides instead.
    var remaining: Int
    /// For a dictionary: whether the next object is a value.
    var isValue = false
  }

  @_lifetime(copy bytes)
  private init(_ bytes: Span<UInt8>, _ version: BytecodeVersion) {
    reader = Reader(bytes, order: .little, section: "marshal")
    self.version = version
    // Reserve generously instead of growing: an object takes some 16 bytes of a file.
    objects.reserveCapacity(bytes.count / 8)
    referable.reserveCapacity(bytes.count / 16)
  }

  /// - Parameter bytes: the file after its header: one object, and trailing bytes that no interpreter reads.
  /// - Returns: the objects, and how many bytes they take.
  /// - Throws: for anything that an interpreter would not load or that CPython never writes.
  package static func read(
    _ bytes: Bytes, _ version: BytecodeVersion
  ) throws(ScrubError) -> (objects: [MarshalObject], count: Int) {
    guard bytes.count <= Limits.bytecodeSize else {
      throw ScrubError("has \(bytes.count) bytes, the limit is \(Limits.bytecodeSize)", section: "marshal")
    }
    var marshal = MarshalReader(bytes.span, version)
    repeat { try marshal.next() } while !marshal.open.isEmpty
    guard marshal.objects[0].type == .code else {
      throw ScrubError("needs a code object, has another object", section: "marshal", offset: 0)
    }
    return (marshal.objects, marshal.reader.offset)
  }

  /// Reads one object, and opens it if it contains others.
  @_lifetime(self: copy self)
  private mutating func next() throws(ScrubError) {
    if let frame = open.last, frame.type == .code, field(of: frame).kind == .number {
      return try finish(append(.bare, payload: 4))
    }
    let byte = try reader.u8()
    guard let type = MarshalType(rawValue: byte & ~MarshalType.flag), type != .bare,
      type != .slice || version.hasSlices
    else { throw refuse("type 0x\(String(byte, radix: 16)) is not known") }
    let isReferable = byte & MarshalType.flag != 0
    guard !isReferable || type.canBeReferable else {
      throw refuse("type 0x\(String(byte, radix: 16)) can have no references")
    }

    switch type {
    case .bare: break
    case .null:
      guard let frame = open.last, frame.type == .dict, !frame.isValue else { throw refuse("null object") }
      objects[Int(try append(type))].end = Int32(objects.count)
      try finish(open.removeLast().object)
    case .none, .stopIteration, .ellipsis, .false, .true: try finish(append(type))
    case .int: try finish(append(type, isReferable, payload: 4))
    case .binaryFloat: try finish(append(type, isReferable, payload: 8))
    case .binaryComplex: try finish(append(type, isReferable, payload: 16))
    case .long: try long(isReferable)
    case .float, .complex: try textualNumber(type, isReferable)
    case .bytes, .unicode, .interned, .ascii, .asciiInterned, .shortASCII, .shortASCIIInterned:
      try text(type, isReferable)
    case .reference: try reference()
    case .tuple, .smallTuple, .list, .set, .frozenSet:
      let count = try length(type)
      // Each element has at least one byte, so the count is bounded by the file.
      guard count <= reader.remaining else {
        throw refuse("\(count) elements, \(reader.remaining) bytes left")
      }
      try enter(append(type, isReferable), type, remaining: count)
    case .dict: try enter(append(type, isReferable), type, remaining: 0)
    case .slice: try enter(append(type, isReferable), type, remaining: 3)
    case .code: try enter(append(type, isReferable), type, remaining: version.fields.count)
    }
  }

  /// Adds an object and skips its payload.
  @_lifetime(self: copy self)
  private mutating func append(
    _ type: MarshalType, _ isReferable: Bool = false, payload: Int = 0
  ) throws(ScrubError) -> Int32 {
    guard objects.count < Limits.marshalObjects else {
      throw refuse("has more than \(Limits.marshalObjects) objects")
    }
    if objects.count & 1023 == 1023 { try Effort.charge(64 << 10) }
    let index = Int32(objects.count)
    if isReferable { referable.append(index) }
    let start = Int32(reader.offset)
    try reader.skip(payload)
    objects.append(
      MarshalObject(type: type, isReferable: isReferable, start: start, count: Int32(payload)))
    return index
  }

  /// A length or count, which CPython reads as signed.
  @_lifetime(self: copy self)
  private mutating func length(_ type: MarshalType) throws(ScrubError) -> Int {
    let length = Int(try reader.unsigned(type.lengthWidth))
    guard length <= Int(Int32.max) else { throw refuse("length is out of range") }
    return length
  }

  @_lifetime(self: copy self)
  private mutating func text(_ type: MarshalType, _ isReferable: Bool) throws(ScrubError) {
    let index = try append(type, isReferable, payload: length(type))
    if type.isASCII {
      for offset in objects[Int(index)].payload where reader.bytes[offset] >= 0x80 {
        throw refuse("string is not ASCII as its type says")
      }
    }
    try finish(index)
  }

  /// 15 bits per digit; the sign of the count is that of the number.
  @_lifetime(self: copy self)
  private mutating func long(_ isReferable: Bool) throws(ScrubError) {
    let digits = abs(Int(Int32(bitPattern: try reader.u32())))
    guard digits <= reader.remaining / 2 else {
      throw reader.error("needs \(digits * 2) bytes, \(reader.remaining) left")
    }
    let index = try append(.long, isReferable, payload: digits * 2)
    var last: UInt64 = 1
    for offset in stride(from: 0, to: digits * 2, by: 2) {
      last = reader.bytes.unsigned(
        at: Int(objects[Int(index)].start) + offset, width: 2, order: .little)
      guard last < 1 << 15 else { throw refuse("digit of an integer is out of range") }
    }
    guard last != 0 else { throw refuse("integer begins with zero") }
    // Including its count, which holds the sign.
    objects[Int(index)].start -= 4
    objects[Int(index)].count += 4
    try finish(index)
  }

  /// One or two floats as text; only older marshal versions write them.
  @_lifetime(self: copy self)
  private mutating func textualNumber(_ type: MarshalType, _ isReferable: Bool) throws(ScrubError) {
    let start = reader.offset
    for _ in 0..<(type == .complex ? 2 : 1) { try reader.skip(Int(reader.u8())) }
    let end = reader.offset
    try reader.seek(to: start)
    try finish(append(type, isReferable, payload: end - start))
  }

  @_lifetime(self: copy self)
  private mutating func reference() throws(ScrubError) {
    let number = Int(try reader.u32())
    guard number < referable.count else {
      throw refuse("reference to object \(number), there are \(referable.count)")
    }
    let target = referable[number]
    // CPython would create a cycle, and its compiler never does.
    guard objects[Int(target)].end != 0 else { throw refuse("reference to an object that is not complete") }
    let index = try append(.reference)
    objects[Int(index)].target = target
    try finish(index)
  }

  private func field(of frame: Frame) -> CodeField { version.fields[version.fields.count - frame.remaining] }

  /// The object is complete; the objects around it may be too.
  @_lifetime(self: copy self)
  private mutating func finish(_ index: Int32) throws(ScrubError) {
    var index = index
    while true {
      objects[Int(index)].end = Int32(objects.count)
      guard let frame = open.last else { return }
      if frame.type == .code { try check(index, field(of: frame)) }
      if frame.type == .dict {
        open[open.count - 1].isValue.toggle()
        return
      }
      open[open.count - 1].remaining -= 1
      if frame.remaining > 1 { return }
      index = open.removeLast().object
    }
  }

  @_lifetime(self: copy self)
  private mutating func enter(_ index: Int32, _ type: MarshalType, remaining: Int) throws(ScrubError) {
    if remaining == 0, type != .dict { return try finish(index) }
    guard open.count < Limits.marshalDepth else {
      throw refuse("objects lie more than \(Limits.marshalDepth) deep in each other")
    }
    open.append(Frame(object: index, type: type, remaining: remaining))
  }

  /// A field of another type makes the interpreter reject the code object.
  private func check(_ index: Int32, _ field: CodeField) throws(ScrubError) {
    var object = objects[Int(index)]
    if object.type == .reference { object = objects[Int(object.target)] }
    let isRight =
      switch field.kind {
      case .number: object.type == .bare
      case .bytes: object.type == .bytes
      case .tuple: object.type == .tuple || object.type == .smallTuple
      case .string: object.type.isString
      }
    if !isRight { throw refuse("\(field.rawValue) of a code object is of another type") }
  }

  private func refuse(_ message: String) -> ScrubError { reader.error(message) }
}
