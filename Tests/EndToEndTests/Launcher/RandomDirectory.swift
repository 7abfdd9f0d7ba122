import Foundation

/// What the tests of the launcher share.
enum RandomDirectory {
  /// A new directory with a name as pip makes it.
  static func make(_ name: String = "pkg") throws -> String {
    let digits = UUID().uuidString.lowercased().filter { $0 != "-" }
    let directory =
      "\(try Workspace.shared.scratch("launch"))/pip-wheel-\(digits.prefix(8))/\(name)_\(digits)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    return directory
  }
}

/// The compiler launcher beside the program under test.
let launcher = (Workspace.wheelscrub as NSString).deletingLastPathComponent + "/wheelscrub-cc"

/// Runs a script that stops at the first command that fails, with the launcher as `$cc` and its log in `$log`.
func script(
  _ text: String, in directory: String, environment: [String: String] = [:], limit: Int = 120
) async throws -> (outcome: Outcome, log: [String]) {
  let log = try Workspace.shared.scratch("log") + "/log"
  let settings = ["cc": launcher, "log": log, "WHEELSCRUB_CC_LOG": log]
  let outcome = try await Tools.run(
    "/bin/bash", ["-euc", text], in: directory, environment: settings.merging(environment) { $1 },
    limit: limit)
  // Not every byte of a path is UTF-8, but the log is ASCII.
  return (outcome, (try? String(contentsOfFile: log, encoding: .ascii))?.lines ?? [])
}

func isInstalled(_ programs: String...) -> Bool {
  programs.allSatisfy { Tools.firstInstalled([$0]) != nil }
}
