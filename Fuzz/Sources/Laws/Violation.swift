/// A promise that an input breaks: what the fuzzer looks for beside traps.
public struct Violation: Error, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}

func require(_ isTrue: Bool, _ what: @autoclosure () -> String) throws(Violation) {
  guard isTrue else { throw Violation(what()) }
}
