import Formats
import ScrubKit

/// One way to print a report that is not about findings.
struct PlainReporter<Report>: Sendable {
  var render: @Sendable (Report, Presentation) -> [Line]

  /// How reports of this kind are printed.
  struct Table: Sendable {
    var full: PlainReporter
    var concise: PlainReporter
    var json: PlainReporter

    subscript(format: PlainFormat) -> PlainReporter {
      switch format {
      case .full: full
      case .concise: concise
      case .json: json
      }
    }
  }
}

extension Line {
  /// A document for programs.
  static func document(_ value: JSONValue) -> [Line] { [.verbatim(value.text)] }

  static func error(_ error: ScrubError) -> Line {
    let line: Line = "\("error:", .error) \(located(error.place, error.message))"
    return line.onError
  }

  static func note(_ note: Note) -> Line { Self.note(note, note.isSkip ? "skipped:" : "note:") }

  /// What was looked for and not found, so that nobody takes it for clean.
  static func empty(_ paths: [String], fails: Bool) -> Line {
    let what = paths.count == 1 ? paths[0] : "\(paths.count) paths"
    let line: Line =
      "\(fails ? "error:" : "warning:", fails ? .error : .stays) nothing was checked: no wheel, package or native extension in \(what)"
    return line.onError
  }

  /// - Parameter label: what the note is about.
  static func note(_ note: Note, _ label: String) -> Line {
    "\(label, .note) \(located(note.place, note.message))"
  }

  private static func located(_ place: Place, _ message: String) -> Line {
    let place = place.description
    return place.isEmpty ? "\(message)" : "\(place, .path): \(message)"
  }
}
