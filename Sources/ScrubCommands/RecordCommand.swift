import ArgumentParser
import Formats
import ScrubKit

/// `wheelscrub record verify|update PATH...`.
struct RecordCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract:
      "Compare RECORD with the files it is about, in wheels and in installed packages, or write it anew.",
    subcommands: [Verify.self, Update.self])

  struct Verify: ReportingCommand {
    static let configuration = CommandConfiguration(
      commandName: "verify",
      abstract: "Show the rows of RECORD that are not true.",
      discussion: """
        A path is a wheel, or a directory with installed packages. Rows that lead out of the directory are not \
        followed. Exits with 0 if every row is true, 1 if one is not, 2 if something could not be processed. \
        For example: wheelscrub record verify dist/x.whl
        """)

    @OptionGroup var shared: SharedOptions

    @Option(help: "How results are printed.")
    var outputFormat = OutputFormat.full

    func run(in session: Session) throws(SettingError) -> ExitStatus {
      try shared.checkOutputFile(against: shared.paths)
      return session.finish(RecordCommand.outcome(.check, shared, session), outputFormat, shared: shared)
    }
  }

  struct Update: ReportingCommand {
    static let configuration = CommandConfiguration(
      commandName: "update",
      abstract: "Write the rows of RECORD anew that are not true.",
      discussion: """
        Rows that are true keep their bytes and their order. A missing RECORD stays missing. Exits with 0 if every \
        row is true now, 1 if one is not, 2 if something could not be processed. \
        For example: wheelscrub record update dist/x.whl
        """)

    @OptionGroup var shared: SharedOptions

    @Option(help: "How results are printed.")
    var outputFormat = OutputFormat.full

    func run(in session: Session) throws(SettingError) -> ExitStatus {
      try shared.checkOutputFile(against: shared.paths)
      return session.finish(RecordCommand.outcome(.fix, shared, session), outputFormat, shared: shared)
    }
  }

  private static func outcome(_ action: Outcome.Action, _ shared: SharedOptions, _ session: Session)
    -> Outcome
  {
    let workers = Workers(jobs: shared.jobCount)
    return Outcome(
      action: action, reports: shared.paths.flatMap { session.engine.record(workers, $0, action == .fix) })
  }
}
