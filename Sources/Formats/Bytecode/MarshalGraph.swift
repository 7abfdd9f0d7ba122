/// The meaning of marshalled data, however it is shared: equal values are one node, references are resolved, sets have
/// a canonical order. Two files with the same root in one graph differ in nothing that a program can see.
package struct MarshalGraph {
  package struct Node {
    package var type: MarshalType
    /// For strings: whether any of them is interned.
    package var isInterned: Bool
    /// A string's bytes or a number's digits.
    package var payload: [UInt8]
    package var children: [Int32]
  }

  package private(set) var nodes: [Node] = []
  private var known: [Key: Int32] = [:]
  /// Whether code objects and mutable objects (lists, dictionaries, sets) are merged if they are equal, as for a
  /// comparison; otherwise only if they are the same object.
  private let sharesEverything: Bool
  /// Bytes that may still be spent on describing elements of sets: shared nested tuples could be unbounded.
  private var room = 0

  private struct Key: Hashable {
    var type: MarshalType
    var payload: [UInt8]
    var children: [Int32]
    /// Distinguishes an object from its equals; -1 for values.
    var identity: Int32
  }

  package init(sharesEverything: Bool) { self.sharesEverything = sharesEverything }

  /// Adds all objects of a file.
  ///
  /// - Parameter names: replacements for the strings in fields of code objects.
  /// - Returns: the module's node.
  package mutating func add(_ image: BytecodeImage, names: [Int: [UInt8]]) -> Int32 {
    // Unshared elements need less; those that references lead to may occur several times.
    room += 1 << 16 + 16 * image.marshal.count
    var ids = [Int32](repeating: -1, count: image.objects.count)
    var open: [(index: Int, children: [Int32])] = []
    var last: Int32 = -1
    for (index, object) in image.objects.enumerated() {
      switch object.type {
      case .reference: ids[index] = ids[Int(object.target)]
      case _ where Int(object.end) > index + 1:
        open.append((index, []))
        continue
      default: ids[index] = node(image, index, [])
      }
      last = ids[index]
      if let name = names[index] { last = string(name, isInterned: nodes[Int(last)].isInterned) }
      // Each object that ends here is complete now.
      while let top = open.last {
        open[open.count - 1].children.append(last)
        guard Int(image.objects[top.index].end) == index + 1 else { break }
        let (done, children) = open.removeLast()
        last = node(image, done, children)
        ids[done] = last
      }
    }
    return last
  }

  private mutating func node(_ image: BytecodeImage, _ index: Int, _ children: [Int32]) -> Int32 {
    let object = image.objects[index]
    let payload = image.marshal[object.payload].array()
    if object.type.isString { return string(payload, isInterned: object.type.isInterned) }
    var identity: Int32 = -1
    switch object.type {
    case .code, .list, .dict, .set: if !sharesEverything { identity = Int32(index) }
    default: break
    }
    let sorted = object.type == .frozenSet ? sorted(children) : children
    return intern(Key(type: object.type, payload: payload, children: sorted, identity: identity))
  }

  private mutating func string(_ text: [UInt8], isInterned: Bool) -> Int32 {
    let id = intern(Key(type: .unicode, payload: text, children: [], identity: -1))
    if isInterned { nodes[Int(id)].isInterned = true }
    return id
  }

  private mutating func intern(_ key: Key) -> Int32 {
    if let id = known[key] { return id }
    let id = Int32(nodes.count)
    nodes.append(Node(type: key.type, isInterned: false, payload: key.payload, children: key.children))
    known[key] = id
    return id
  }
}

extension MarshalGraph {
  /// Elements in the order of their values. An interpreter orders them by hash. For strings, hashes differ in each
  /// process; for numbers they do not, and a program can see the order, so it is kept.
  private mutating func sorted(_ elements: [Int32]) -> [Int32] {
    var keys: [(key: [UInt8], id: Int32)] = []
    var hasOnlyNumbers = true
    for id in elements {
      var key: [UInt8] = []
      guard describe(id, &key, &hasOnlyNumbers) else { return elements }
      keys.append((key, id))
    }
    if hasOnlyNumbers { return elements }
    return keys.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.id)
  }

  /// A value as bytes that are the same in every file: tuples with their elements, no references.
  /// - Returns: false if it is too large; shared nested tuples could be unbounded.
  private mutating func describe(
    _ id: Int32, _ key: inout [UInt8], _ hasOnlyNumbers: inout Bool
  ) -> Bool {
    var stack = [id]
    while let next = stack.popLast() {
      let node = nodes[Int(next)]
      room -= node.payload.count + 9 + node.children.count
      guard room > 0 else { return false }
      switch node.type {
      case .int, .long, .float, .binaryFloat, .complex, .binaryComplex, .true, .false, .tuple, .smallTuple:
        break
      default: hasOnlyNumbers = false
      }
      key.append(node.type.rawValue)
      key.append(little: UInt32(truncatingIfNeeded: node.payload.count))
      key += node.payload
      key.append(little: UInt32(truncatingIfNeeded: node.children.count))
      stack += node.children.reversed()
    }
    return true
  }

  /// Marshalled data of these nodes: equal values once, FLAG_REF only where a reference follows.
  package func write(root: Int32) -> [UInt8] {
    var uses = [Int32](repeating: 0, count: nodes.count)
    for node in nodes { for child in node.children { uses[Int(child)] += 1 } }
    var numbers = [Int32](repeating: -1, count: nodes.count)
    var count: Int32 = 0
    var output: [UInt8] = []
    var stack = [root]
    while let id = stack.popLast() {
      let node = nodes[Int(id)]
      if numbers[Int(id)] >= 0 {
        output.append(MarshalType.reference.rawValue)
        output.append(little: UInt32(bitPattern: numbers[Int(id)]))
        continue
      }
      let type =
        node.type == .unicode
        ? MarshalType.ofString(node.payload, isInterned: node.isInterned) : node.type
      if type != .bare {
        let isReferable = type.canBeReferable && uses[Int(id)] > 1
        output.append(type.rawValue | (isReferable ? MarshalType.flag : 0))
        if isReferable {
          numbers[Int(id)] = count
          count += 1
        }
      }
      let length = type.isString || type == .bytes ? node.payload.count : node.children.count
      switch type.lengthWidth {
      case 4: output.append(little: UInt32(truncatingIfNeeded: length))
      case 1: output.append(UInt8(truncatingIfNeeded: length))
      default: break
      }
      output += node.payload
      stack += node.children.reversed()
    }
    return output
  }
}
