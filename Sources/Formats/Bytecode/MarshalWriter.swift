/// Writes objects as CPython would: types, lengths and reference numbers are recomputed from what was read.
package struct MarshalWriter {
  /// What replaces an object.
  package enum Role: Sendable {
    /// Another string, with the type that it requires.
    case string([UInt8], isInterned: Bool, isReferable: Bool)
    /// The content of another object, which contains no others.
    case content(of: Int)
    /// A reference to what is written at an earlier place.
    case reference(to: Int)
  }

  private let image: BytecodeImage
  private let roles: [Int: Role]
  private var output: [UInt8] = []
  /// The number by which references name what is written at each place.
  private var numbers: [Int32]
  private var count: Int32 = 0

  private init(_ image: BytecodeImage, _ roles: [Int: Role]) {
    self.image = image
    self.roles = roles
    numbers = Array(repeating: -1, count: image.objects.count)
    output.reserveCapacity(image.bytes.count + 256)
  }

  /// The marshalled data, without a header.
  package static func write(_ image: BytecodeImage, _ roles: [Int: Role] = [:]) -> [UInt8] {
    var writer = MarshalWriter(image, roles)
    for index in image.objects.indices {
      if !roles.isEmpty, let role = roles[index] {
        writer.write(role, at: index)
      } else {
        writer.write(index)
      }
    }
    return writer.output
  }

  private mutating func write(_ role: Role, at index: Int) {
    switch role {
    case .string(let text, let isInterned, let isReferable):
      let type = MarshalType.ofString(text, isInterned: isInterned)
      begin(type, isReferable, at: index)
      append(length: text.count, type)
      output += text
    case .content(let other): write(content: image.objects[other], at: index)
    case .reference(let target): reference(to: target)
    }
  }

  private mutating func write(_ index: Int) {
    let object = image.objects[index]
    switch object.type {
    case .reference: reference(to: Int(object.target))
    case .tuple, .smallTuple, .list, .set, .frozenSet:
      begin(object.type, object.isReferable, at: index)
      append(length: elementCount(index), object.type)
    default: write(content: object, at: index)
    }
  }

  private mutating func write(content object: MarshalObject, at index: Int) {
    if object.type != .bare { begin(object.type, object.isReferable, at: index) }
    append(length: Int(object.count), object.type)
    output.append(image.marshal[object.payload])
  }

  private func elementCount(_ index: Int) -> Int {
    var (count, child) = (0, index + 1)
    while child < Int(image.objects[index].end) {
      child = Int(image.objects[child].end)
      count += 1
    }
    return count
  }

  private mutating func begin(_ type: MarshalType, _ isReferable: Bool, at index: Int) {
    output.append(type.rawValue | (isReferable ? MarshalType.flag : 0))
    guard isReferable else { return }
    numbers[index] = count
    count += 1
  }

  private mutating func reference(to target: Int) {
    output.append(MarshalType.reference.rawValue)
    output.append(little: UInt32(bitPattern: numbers[target]))
  }

  private mutating func append(length: Int, _ type: MarshalType) {
    switch type.lengthWidth {
    case 4: output.append(little: UInt32(truncatingIfNeeded: length))
    case 1: output.append(UInt8(truncatingIfNeeded: length))
    default: break
    }
  }
}
