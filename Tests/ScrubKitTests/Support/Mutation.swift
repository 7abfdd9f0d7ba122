import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Damages bytes the way disks, tools and attackers do.
enum Mutation {
  /// Damaged copies of `input`, each from a seed of its own: a test says which one fails, and `WHEELSCRUB_MUTANT=<name>`
  /// makes that one alone. `WHEELSCRUB_MUTANT=all` prints each name before its turn, for one that ends the process.
  /// - Parameter focus: ranges where most of the damage goes; everywhere alike where it is empty.
  static func each<E: Error>(
    of input: [UInt8], times: Int, seed: UInt64, focus: [Range<Int>] = [],
    _ body: (_ mutant: [UInt8], _ name: Comment) throws(E) -> Void
  ) throws(E) {
    for number in 0..<times {
      let name = "\(seed).\(number)"
      if let wanted, wanted != name, wanted != "all" { continue }
      if wanted != nil { print("mutant \(name)") }
      // Neighbouring seeds of this generator give sequences that overlap; its output does not.
      var seeds = Generator(seed: seed &<< 32 | UInt64(number))
      var generator = Generator(seed: seeds.next())
      let ranges = focus.isEmpty ? [0..<input.count] : focus
      try body(random(of: input, focus: ranges, using: &generator), "mutant \(name)")
    }
  }

  private static let wanted = ProcessInfo.processInfo.environment["WHEELSCRUB_MUTANT"]

  /// Whether all mutants are tried: one alone need not show both, errors and results.
  static var triesAll: Bool { wanted == nil || wanted == "all" }

  /// - Parameter focus: ranges where most of the damage goes, so that it is not wasted on code.
  private static func random(
    of input: [UInt8], focus: [Range<Int>], using generator: inout Generator
  ) -> [UInt8] {
    var bytes = input
    func place() -> Int {
      let range = Bool.random(using: &generator) ? focus.randomElement(using: &generator) : nil
      return Int.random(in: range ?? 0..<input.count, using: &generator)
    }
    switch Int.random(in: 0..<10, using: &generator) {
    case 0:  // cut
      bytes.removeLast(Int.random(in: 1...input.count, using: &generator))
    case 1:  // splice
      let from = place()
      let to = place()
      let count = min(Int.random(in: 1...200, using: &generator), input.count - max(from, to))
      bytes.replaceSubrange(to..<to + count, with: input[from..<from + count])
    case 2:  // remove from the middle
      let from = place()
      let count = min(Int.random(in: 1...64, using: &generator), input.count - from)
      bytes.removeSubrange(from..<from + count)
    case 3:  // headers
      for _ in 0..<3 {
        bytes[Int.random(in: 0..<min(512, input.count), using: &generator)] = .random(
          in: 0...255, using: &generator)
      }
    case 4:  // section headers, at the end
      for _ in 0..<3 {
        bytes[Int.random(in: max(0, input.count - 2600)..<input.count, using: &generator)] = .random(
          in: 0...255, using: &generator)
      }
    case 5:  // extreme values
      let at = place()
      for index in at..<min(at + 4, input.count) { bytes[index] = 0xff }
    default:  // flips
      for _ in 0...Int.random(in: 0..<8, using: &generator) {
        bytes[place()] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      }
    }
    return bytes
  }
}

/// Damages an image again and again: each time it is refused, or what is written is clean but for what was left with
/// a reason.
func survive(
  _ input: [UInt8], times: Int, seed: UInt64, focus: [Range<Int>],
  _ scrub: (Bytes) throws(ScrubError) -> ImageScrub.Outcome
) throws {
  var (errors, results) = (0, 0)
  Mutation.each(of: input, times: times, seed: seed, focus: focus) { mutant, name in
    do throws(ScrubError) {
      let outcome = try scrub(Bytes(mutant))
      results += 1
      guard let output = outcome.output else { return }
      let left = outcome.findings.count { !$0.isFixable }
      let again = (try? Hits.all(in: ElfImage(output).regions(), .default).count) ?? -1
      #expect(again == left, name)
    } catch {
      errors += 1
    }
  }
  #expect(errors > 0 && results > 0 || !Mutation.triesAll)
}
