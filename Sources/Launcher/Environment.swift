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

  /// Each variable's name and value; what has no `=` is none.
  var pairs: [(name: Bytes, value: Bytes)] {
    variables.compactMap { variable in
      guard let end = variable.firstIndex(of: Ascii.equals) else { return nil }
      return (Bytes(variable[..<end]), variable.dropped(end + 1))
    }
  }

  /// The same variables with other values.
  func map(_ value: (Bytes, Bytes) -> Bytes) -> Environment {
    Environment(
      variables.map { variable in
        guard let end = variable.firstIndex(of: Ascii.equals) else { return variable }
        return variable[...end] + value(Bytes(variable[..<end]), variable.dropped(end + 1))
      })
  }

  private func index(of name: StaticString) -> Int? {
    let length = name.utf8CodeUnitCount
    return variables.firstIndex { $0.count > length && $0[length] == Ascii.equals && $0.hasPrefix(name) }
  }
}
