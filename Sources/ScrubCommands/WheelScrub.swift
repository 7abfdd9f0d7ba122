import ArgumentParser

/// The command line as a library: tests call it as `main` does.
public enum WheelScrub {
  /// Runs one command and returns its exit code: 0 clean, 1 findings, 2 could not process.
  public static func run(_ arguments: [String]) -> Int32 { 2 }
}
