/// The process's environment, `NAME=value` as bytes.
public struct Environment {
  public private(set) var variables: [Bytes]

  public init(_ variables: [Bytes]) { self.variables = variables }

  public subscript(_ name: StaticString) -> Bytes? {
    get { index(of: name).map { variables[$0].dropped(name.utf8CodeUnitCount + 1) } }
    set {
      let entry = newValue.map { Bytes(name) + [Ascii.equals] + $0 }
      switch (index(of: name), entry) {
      case (let index?, let entry?): variables[index] = entry
      case (let index?, nil): variables.remove(at: index)
      case (nil, let entry?): variables.append(entry)
      case (nil, nil): break
      }
    }
  }

  private func index(of name: StaticString) -> Int? {
    let length = name.utf8CodeUnitCount
    return variables.firstIndex { $0.count > length && $0[length] == Ascii.equals && $0.hasPrefix(name) }
  }
}
