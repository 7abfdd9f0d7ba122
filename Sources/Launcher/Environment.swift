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

  /// ccache's direct mode remembers which headers a compile read, not those that it would read if they were there. In
  /// one directory that is its user's own risk; we are who lets another directory, with other headers, hit. Its other
  /// mode compares what the preprocessor makes of them. Depend mode is a kind of direct mode, and never hits without it.
  mutating func distrustDirectMode(_ baseDirectory: Bytes?) {
    self["CCACHE_DIRECT"] = nil
    self["CCACHE_DEPEND"] = nil
    self["CCACHE_NODIRECT"] = Bytes("1")
    self["CCACHE_NODEPEND"] = Bytes("1")
    if let baseDirectory, self["CCACHE_BASEDIR"] == nil { self["CCACHE_BASEDIR"] = baseDirectory }
  }

  private func index(of name: StaticString) -> Int? {
    let length = name.utf8CodeUnitCount
    return variables.firstIndex { $0.count > length && $0[length] == Ascii.equals && $0.hasPrefix(name) }
  }
}
