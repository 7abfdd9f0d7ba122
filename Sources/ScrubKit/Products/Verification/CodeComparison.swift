import Formats

/// Compares the meaning of two modules: references, sharing, interning and the file name do not count.
struct CodeComparison {
  /// The number of differences worth listing; with more, everything has changed.
  static let limit = 10

  private let graph: MarshalGraph
  private let version: BytecodeVersion
  private(set) var differences: [CodeDifference] = []
  private(set) var hasMore = false

  /// Two objects at the same place.
  private struct Pair {
    var found: Int32
    var expected: Int32
    var function: String
    /// `co_consts[3]`; empty for the module.
    var field: String
    /// The prefix for the name of a function here.
    var scope = ""
  }

  /// - Parameters:
  ///   - found: the file.
  ///   - expected: the compiled source, from the same interpreter.
  init(_ found: BytecodeImage, _ expected: BytecodeImage) {
    var graph = MarshalGraph(sharesEverything: true)
    let left = graph.add(found, names: Self.withoutFilenames(found))
    let right = graph.add(expected, names: Self.withoutFilenames(expected))
    self.graph = graph
    version = found.header.version
    if left != right { walk(Pair(found: left, expected: right, function: "<module>", field: "")) }
  }

  var isSame: Bool { differences.isEmpty }

  /// Every file name made equal.
  private static func withoutFilenames(_ image: BytecodeImage) -> [Int: [UInt8]] {
    Dictionary(image.codes().map { ($0.filename, []) }) { first, _ in first }
  }

  /// The first code object whose file name differs from the module's. CPython's compiler gives all code of a module the
  /// same one.
  static func mixedFilename(_ image: BytecodeImage) -> CodeDifference? {
    let codes = image.codes()
    guard let module = codes.first else { return nil }
    let expected = image.text(module.filename)
    guard let other = codes.first(where: { image.text($0.filename) != expected }) else { return nil }
    return CodeDifference(
      function: String(decoding: image.text(other.name), as: UTF8.self), field: "co_filename",
      found: quoted(image.text(other.filename)), expected: quoted(expected))
  }

  /// Walks both sides in parallel; equal parts are one node, so only differences are visited.
  private mutating func walk(_ root: Pair) {
    var open = [root]
    // Shared nested tuples could be visited again and again without end.
    var seen: Set<[Int32]> = []
    while let pair = open.popLast() {
      guard pair.found != pair.expected, seen.insert([pair.found, pair.expected]).inserted else { continue }
      guard differences.count < Self.limit else {
        hasMore = true
        return
      }
      let (found, expected) = (graph.nodes[Int(pair.found)], graph.nodes[Int(pair.expected)])
      guard found.type == expected.type, found.children.count == expected.children.count,
        !found.children.isEmpty
      else {
        name(pair, found, expected)
        continue
      }
      let isModule = pair.field.isEmpty
      let isCode = expected.type == .code
      let function = isModule ? pair.function : functionName(of: expected, in: pair)
      let scope = isCode ? scope(of: expected, named: function, isModule: isModule) : pair.scope
      for index in found.children.indices.reversed() {
        var child = Pair(
          found: found.children[index], expected: expected.children[index], function: function,
          field: "\(pair.field)[\(index)]", scope: scope)
        if isCode {
          child.field = "co_\(version.fields[index].rawValue)"
        }
        open.append(child)
      }
    }
  }

  /// The name of a function that is a constant of another one, as in `__qualname__`. Derived from the nesting and not
  /// from the field, which older versions lack.
  private func functionName(of code: MarshalGraph.Node, in pair: Pair) -> String {
    guard code.type == .code, let position = version.fields.firstIndex(of: .name) else {
      return pair.function
    }
    let name = String(decoding: graph.nodes[Int(code.children[position])].payload, as: UTF8.self)
    return pair.scope + name
  }

  /// The prefix for names of functions in this one: empty in a module, `Class.`, `function.<locals>.`.
  private func scope(of code: MarshalGraph.Node, named function: String, isModule: Bool) -> String {
    guard !isModule, let position = version.fields.firstIndex(of: .flags) else { return "" }
    // CO_OPTIMIZED: a function, whose names are local; the body of a class does not have the flag.
    let isFunction = Self.number(graph.nodes[Int(code.children[position])].payload) & 1 != 0
    return isFunction ? "\(function).<locals>." : "\(function)."
  }

  private mutating func name(_ pair: Pair, _ found: MarshalGraph.Node, _ expected: MarshalGraph.Node) {
    var difference = CodeDifference(
      function: pair.function, field: pair.field, found: describe(found), expected: describe(expected))
    if found.type == .bytes, expected.type == .bytes {
      let common = zip(found.payload, expected.payload).prefix { $0 == $1 }.count
      difference.field += "+0x\(String(common, radix: 16))"
      difference.found = Self.bytes(found.payload, from: common)
      difference.expected = Self.bytes(expected.payload, from: common)
    }
    if difference.found == difference.expected { difference.found += ", written in another way" }
    differences.append(difference)
  }

  private func describe(_ node: MarshalGraph.Node) -> String {
    switch node.type {
    case .none: return "None"
    case .true: return "True"
    case .false: return "False"
    case .ellipsis: return "..."
    case .bare, .int: return String(Int32(truncatingIfNeeded: Self.number(node.payload)))
    case .binaryFloat: return "\(Double(bitPattern: Self.number(node.payload)))"
    case .unicode: return Self.quoted(node.payload)
    case .bytes: return "\(node.payload.count) bytes"
    case .tuple, .smallTuple: return "a tuple of \(node.children.count)"
    case .frozenSet: return "a set of \(node.children.count)"
    case .code:
      guard let position = version.fields.firstIndex(of: .name) else { return "a function" }
      return
        "the code of \(String(decoding: graph.nodes[Int(node.children[position])].payload, as: UTF8.self))"
    case .long: return "an integer of \((node.payload.count - 4) / 2) digits"
    default: return "another object (\(Character(Unicode.Scalar(node.type.rawValue))))"
    }
  }

  private static func number(_ payload: [UInt8]) -> UInt64 {
    payload.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func bytes(_ payload: [UInt8], from offset: Int) -> String {
    if offset >= payload.count { return "ends" }
    return payload[offset...].prefix(8).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined(separator: " ")
  }

  private static func quoted(_ text: [UInt8]) -> String {
    let shown = String(decoding: text.prefix(60), as: UTF8.self)
    return "'\(shown)\(text.count > 60 ? "…" : "")'"
  }
}
