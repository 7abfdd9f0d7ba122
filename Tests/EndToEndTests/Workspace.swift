import Foundation
import Glibc

/// The temporary directory of one test run, and what programs started from it see of the world.
final class Workspace: Sendable {
  static let shared = Workspace()

  /// The directory of Package.swift.
  static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  let path: String
  let environment: [String: String]

  private init() {
    let own = ProcessInfo.processInfo.environment
    path = "\(own["TMPDIR"] ?? "/tmp")/wheelscrub-tests-\(getpid())"
    // Two parents of the same length, so that builds differ in more than pip's own random parts.
    for name in ["home", "t0", "t1"] {
      try? FileManager.default.createDirectory(atPath: path + "/" + name, withIntermediateDirectories: true)
    }
    let clang = Workspace.directory(of: "clang", in: own["PATH"] ?? "")
    environment = [
      "PATH": ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin", clang].compactMap(\.self)
        .joined(separator: ":"),
      "HOME": path + "/home", "TMPDIR": path + "/t0", "LC_ALL": "C.UTF-8", "NO_COLOR": "1",
      "PIP_CONFIG_FILE": "/dev/null", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1",
      "PIP_ROOT_USER_ACTION": "ignore",
    ]
    if own["WHEELSCRUB_KEEP"] == nil { atexit { Workspace.remove() } }
  }

  private static func remove() {
    try? FileManager.default.removeItem(atPath: shared.path)
  }

  private static func directory(of program: String, in search: String) -> String? {
    search.split(separator: ":").map(String.init).first {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
    }
  }

  /// The program under test: the one built together with these tests, or WHEELSCRUB_EXECUTABLE.
  static let wheelscrub: String = {
    if let named = ProcessInfo.processInfo.environment["WHEELSCRUB_EXECUTABLE"] { return named }
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return tests.deletingLastPathComponent().appendingPathComponent("wheelscrub").path
  }()

  /// A new empty directory whose name begins with `label`.
  func scratch(_ label: String) throws -> String {
    let directory = "\(path)/\(label)-\(UUID().uuidString.prefix(13).lowercased())"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    return directory
  }
}

/// The time that fixed wheels get in these tests: 2023-11-14T22:13:20Z.
let sourceDateEpoch = ["SOURCE_DATE_EPOCH": "1700000000"]

/// Runs the program under test.
func wheelscrub(
  _ arguments: [String], in directory: String? = nil, environment: [String: String] = sourceDateEpoch,
  limit seconds: Int = 120
) async throws -> Outcome {
  try await Tools.run(
    Workspace.wheelscrub, arguments, in: directory, environment: environment, limit: seconds)
}

/// The sha256 of every file, in the order given.
func sha256(_ paths: [String]) async throws -> [String] {
  try await Tools.output(of: "sha256sum", ["--"] + paths).lines.map { String($0.prefix(64)) }
}

func sha256(_ path: String) async throws -> String { try await sha256([path])[0] }

/// The names in a directory, sorted.
func names(in directory: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
}
