import Formats
import FoundationEssentials
import ScrubKit

/// One run of one command: where it prints and who does the work.
struct Session: Sendable {
  var console: Console
  var engine: Engine

  /// The command line's paths as files to work on, without those that are excluded.
  func inputs(_ shared: SharedOptions, _ options: Options) -> (
    files: [InputFile], errors: [ScrubError], leftovers: [Leftover], skipped: [Note]
  ) {
    let progress = progressLine(shared)
    defer { progress?.end() }
    let found = engine.count?(shared.paths) { progress?.found($0) } ?? engine.expand(shared.paths)
    func isExcluded(_ file: InputFile) -> Bool {
      !file.isExplicit && options.paths.excludes(Place(path: file.path))
    }
    let skipped = found.files.filter(isExcluded).map { Note(skipped: "excluded", at: Place(path: $0.path)) }
    return (
      skipped.isEmpty ? found.files : found.files.filter { !isExcluded($0) }, found.errors, found.leftovers,
      skipped
    )
  }

  /// The bound that the configuration sets, where the command line has none.
  func limitMemory(_ shared: SharedOptions, _ settings: Settings) {
    guard shared.memory.limit == nil, settings.memoryLimit != nil || settings.jobs != nil else { return }
    // A tree can bring a configuration: it may not ask for all there is.
    let most = Int(clamping: ProcessInfo.processInfo.physicalMemory / 2)
    engine.limitMemory(settings.memoryLimit.map { min($0.value.bytes, most) }, shared.jobCount)
  }

  /// Works on all files side by side, with a progress line where somebody watches. In the order of `files`.
  func process(
    _ files: [InputFile], shared: SharedOptions, workers: Workers, work: @escaping Engine.Work
  ) -> [FileReport] {
    guard let progress = progressLine(shared, total: files.count) else {
      return engine.map(workers, files, work)
    }
    defer { progress.end() }
    return engine.map(workers, files) { file in
      progress.begin(file.path)
      return work(file)
    }
  }

  /// Without the files of a tree that are only searched, and in which nothing was found.
  /// - Parameters:
  ///   - reports: one for each file, and perhaps others behind them.
  ///   - skipped: takes what was passed over in the files that are not mentioned.
  static func mentioned(
    _ files: [InputFile], _ reports: [FileReport], _ skipped: inout [Note]
  ) -> [FileReport] {
    var mentioned: [FileReport] = []
    for (index, report) in reports.enumerated() {
      if index >= files.count || !files[index].isOther || !report.isClean
        || !report.notes.allSatisfy(\.isSkip)
      {
        mentioned.append(report)
      } else {
        skipped += report.notes
      }
    }
    return mentioned
  }

  /// Prints what was done and says how it ended.
  func finish(_ outcome: Outcome, _ format: OutputFormat, shared: SharedOptions) -> ExitStatus {
    let presentation = Presentation(console: console, shared: shared)
    let lines = format.reporter.render(outcome, presentation)
    // Whoever reads only the exit code has to hear of it.
    if outcome.isEmpty { presentation.print(.empty(shared.paths, fails: outcome.failsOnEmpty), on: console) }
    return print(lines, shared: shared) ?? ExitStatus(of: outcome)
  }

  /// Prints a report where it belongs. Returns a status only where it could not be written.
  func print(_ lines: [Line], shared: SharedOptions) -> ExitStatus? {
    let presentation = Presentation(console: console, shared: shared)
    guard let path = shared.outputFile else {
      for line in lines { presentation.print(line, on: console) }
      return nil
    }
    for line in lines where line.stream == .error { presentation.print(line, on: console) }
    let text = lines.filter { $0.stream == .output }.reduce(into: "") {
      $0 += presentation.text(of: $1) + "\n"
    }
    guard let error = OutputFile(path: path).write(text) else { return nil }
    presentation.print(.error(error), on: console)
    return .failure
  }

  /// Nil where nobody watches: not in logs, and not in those of CI systems that pretend to be a terminal.
  /// - Parameter total: nil while nobody knows.
  func progressLine(_ shared: SharedOptions, total: Int? = nil) -> Progress? {
    let environment = console.environment
    let isCI = environment["CI"].map { !["", "false", "0"].contains($0) } ?? false
    guard console.errorIsTerminal, !shared.quiet, environment["TERM"] != "dumb", !isCI else { return nil }
    let progress = Progress(total: total, columns: console.columns, now: console.now) { [console] in
      console.write($0, to: .error)
    }
    progress.start(console.later)
    return progress
  }
}
