/// A complete `.pyc`: its header and every object after it.
package struct BytecodeImage: Sendable {
  package let bytes: Bytes
  package let header: BytecodeHeader
  /// The code object; object offsets are relative to its start.
  package let marshal: Bytes
  /// The bytes after it. Python imports such a file without reading them; CPython never writes any.
  package let trailing: Bytes
  package let objects: [MarshalObject]

  /// - Throws: for a header or data that is damaged; `notUnderstood` for another interpreter's.
  package init(_ bytes: Bytes) throws(ScrubError) {
    self.bytes = bytes
    header = try BytecodeHeader(bytes)
    let start = header.version.headerSize
    let count: Int
    (objects, count) = try MarshalReader.read(bytes[start..<bytes.count], header.version)
    marshal = bytes[start..<start + count]
    trailing = bytes[start + count..<bytes.count]
  }

  /// The object itself, or the one that a reference leads to.
  package func resolved(_ index: Int) -> Int {
    objects[index].type == .reference ? Int(objects[index].target) : index
  }

  /// A string's bytes: ASCII, or UTF-8 with surrogates.
  package func text(_ index: Int) -> [UInt8] { marshal[objects[resolved(index)].payload].array() }

  /// A code object's untyped field of four bytes.
  private func number(_ index: Int) -> UInt32 {
    marshal[objects[index].payload].array().reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// One code object, with the positions of its fields.
  package struct Code: Sendable {
    package var index: Int
    /// The objects of the fields that matter here; possibly references.
    package var filename: Int
    /// The qualified name if there is one.
    package var name: Int
    package var constants: Int
    /// `co_names`: global names and attributes, in the order of their first use.
    package var names: Int
    /// `co_flags`, with the names used by `inspect`.
    package var flags: UInt32

    package var isFunction: Bool { flags & 0x1 != 0 }  // CO_OPTIMIZED
    package var hasDocstring: Bool { flags & 0x400_0000 != 0 }  // CO_HAS_DOCSTRING, since 3.14
  }

  /// The innermost code object around each object, as an index into the list of code objects.
  package func owners(_ codes: [Code]) -> [Int] {
    var owners = [Int](repeating: 0, count: objects.count)
    var open: [Int] = []
    var next = 0
    for index in objects.indices {
      while let last = open.last, Int(objects[codes[last].index].end) <= index { open.removeLast() }
      owners[index] = open.last ?? 0
      if next < codes.count, codes[next].index == index {
        open.append(next)
        next += 1
      }
    }
    return owners
  }

  /// Every code object, in file order: the module first.
  package func codes() -> [Code] {
    var codes: [Code] = []
    for index in objects.indices where objects[index].type == .code {
      var code = Code(index: index, filename: 0, name: 0, constants: 0, names: 0, flags: 0)
      var child = index + 1
      for field in header.version.fields {
        switch field {
        case .filename: code.filename = child
        case .name, .qualname: code.name = child
        case .consts: code.constants = child
        case .names: code.names = child
        case .flags: code.flags = number(child)
        default: break
        }
        child = Int(objects[child].end)
      }
      codes.append(code)
    }
    return codes
  }
}
