import ArgumentParser

/// `--color`.
enum ColorChoice: String, CaseIterable, ExpressibleByArgument, Sendable {
  case auto, always, never

  /// Whether a stream is coloured. The flag decides; then FORCE_COLOR and CLICOLOR_FORCE; then NO_COLOR
  /// (no-color.org: present and not empty); then whether somebody watches.
  func isColored(isTerminal: Bool, environment: [String: String]) -> Bool {
    switch self {
    case .always: return true
    case .never: return false
    case .auto: break
    }
    let isForced = ["FORCE_COLOR", "CLICOLOR_FORCE"].contains { name in
      environment[name].map { !$0.isEmpty && $0 != "0" } ?? false
    }
    if isForced { return true }
    if environment["NO_COLOR"].map({ !$0.isEmpty }) ?? false { return false }
    return isTerminal && environment["TERM"] != "dumb"
  }
}
