/// Every string and every run of bytes in a `.pyc`, separated from each other: in the file, a path is directly followed
/// by the type and length of the next object, which would be mistaken for a part of it.
package struct BytecodeStrings {
  /// All of them, each followed by a NUL.
  package let region: Region
  /// Where each begins in the region, ascending, and its object.
  private let starts: [Int]
  private let owners: [Int]

  package init(_ image: BytecodeImage) {
    var (starts, owners, content): ([Int], [Int], [UInt8]) = ([], [], [])
    content.reserveCapacity(image.marshal.count)
    for (index, object) in image.objects.enumerated() where object.type.isString || object.type == .bytes {
      starts.append(content.count)
      owners.append(index)
      content.append(image.marshal[object.payload])
      content.append(0)
    }
    self.starts = starts
    self.owners = owners
    region = Region(name: "marshal", section: nil, content: Bytes(content), fileRange: nil)
  }

  /// The object that contains a position of the region, and the offset in it.
  package func object(at offset: Int) -> (object: Int, offset: Int) {
    let position = starts.partition { $0 <= offset } - 1
    return (owners[position], offset - starts[position])
  }
}
