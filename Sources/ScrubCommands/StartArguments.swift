internal import CStart

/// What the process was started with, as the kernel handed it over: Swift's `CommandLine` asks `/proc`.
public enum StartArguments {
  /// With the program's name, if there is one.
  public static var all: [String] {
    (0..<count).compactMap { index in
      unsafe start_arguments()[index].map { unsafe String(cString: $0) }
    }
  }

  static var count: Int { Int(start_argument_count()) }

  /// One argument's bytes; they live as long as the process.
  static func unsafePointer(_ index: Int) -> UnsafeMutablePointer<CChar>? { unsafe start_arguments()[index] }

  /// To be called first: what only Swift's runtime needed to start is not for the programs that this one starts.
  public static func begin() { start_restore_environment() }
}
