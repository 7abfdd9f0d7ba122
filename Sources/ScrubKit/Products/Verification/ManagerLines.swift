import Formats

/// All output of package managers, by path.
struct ManagerLines: Sendable {
  struct Entry: Sendable {
    var path: String
    var complaint: ManagerLine.Complaint
    var isConfiguration: Bool
  }

  /// In line order; each path once, with the worst complaint.
  private(set) var entries: [Entry] = []
  /// Files that were compared and match. Empty if the manager only prints problems.
  private(set) var verified: Set<[UInt8]> = []
  private(set) var odd: [VerificationReport.OddLine] = []
  private(set) var furtherOdd = 0

  /// How many odd lines are kept.
  private static let oddLimit = 20
  /// How many bytes of one are shown.
  private static let shownLength = 200

  /// - Parameter input: at most `Limits.managerOutput` bytes.
  init(_ input: Bytes) {
    var places: [[UInt8]: Int] = [:]
    var start = 0
    var number = 0
    while start < input.count {
      number += 1
      let end = input.span.firstIndex(of: 0x0a, from: start) ?? input.count
      // Progress output overwrites itself, and a complaint may follow on the same line.
      var part = start
      while part <= end {
        let partEnd = min(input.span.firstIndex(of: 0x0d, from: part) ?? end, end)
        add(input[part..<partEnd], number, &places)
        part = partEnd + 1
      }
      start = end + 1
    }
  }

  private mutating func add(_ line: Bytes, _ number: Int, _ places: inout [[UInt8]: Int]) {
    guard line.count <= Limits.managerLine, let text = String(validating: line.array(), as: UTF8.self) else {
      return addOdd(line, number)
    }
    switch ManagerLine(Substring(text)) {
    case .nothing: break
    case .odd: addOdd(line, number)
    case .verified(let path): verified.insert(Array(path.utf8))
    case .complaint(let complaint, let path, let isConfiguration):
      let entry = Entry(path: path, complaint: complaint, isConfiguration: isConfiguration)
      if let known = places[Array(path.utf8)] {
        if case .attributes = entries[known].complaint { entries[known] = entry }
      } else {
        places[Array(path.utf8)] = entries.count
        entries.append(entry)
      }
    }
  }

  private mutating func addOdd(_ line: Bytes, _ number: Int) {
    guard odd.count < Self.oddLimit else {
      furtherOdd += 1
      return
    }
    let shown = line[0..<min(line.count, Self.shownLength)]
    let text = String(decoding: shown.array(), as: UTF8.self) + (line.count > shown.count ? "…" : "")
    odd.append(VerificationReport.OddLine(number: number, text: text))
  }
}
