import Foundation
import Synchronization
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct WorkersTests {
  @Test(arguments: [0, 1, 2, 7, 64])
  func orderIsKept(_ jobs: Int) {
    let workers = Workers(jobs: jobs)
    for count in [0, 1, 2, 1000] {
      #expect(workers.map(Array(0..<count)) { $0 * $0 } == (0..<count).map { $0 * $0 })
    }
  }

  @Test func oneJobIsTheCallingThread() {
    let caller = pthread_self()
    #expect(Workers(jobs: 1).map(Array(0..<50)) { _ in pthread_self() == caller }.allSatisfy { $0 })
  }

  @Test(arguments: [1, 2, 3, 5])
  func nestedCallsShareTheBound(_ jobs: Int) {
    let workers = Workers(jobs: jobs)
    let running = Atomic(0)
    let most = Atomic(0)
    let result = workers.map(Array(0..<8)) { outer in
      workers.map(Array(0..<8)) { inner in
        let now = running.add(1, ordering: .relaxed).newValue
        _ = most.max(now, ordering: .relaxed)
        usleep(200)
        running.subtract(1, ordering: .relaxed)
        return outer * 8 + inner
      }
    }
    #expect(result.flatMap { $0 } == Array(0..<64))
    #expect(most.load(ordering: .relaxed) <= jobs)
    #expect(jobs == 1 || most.load(ordering: .relaxed) > 1)
  }

  /// Objects that the body makes or captures are gone with the call.
  @Test func nothingIsRetained() {
    final class Token: Sendable {}
    weak var captured: Token?
    weak var made: Token?
    do {
      let token = Token()
      captured = token
      let results = Workers(jobs: 4).map(Array(0..<100)) { index in
        _ = token
        return Token()
      }
      made = results[50]
      #expect(made != nil)
    }
    #expect(captured == nil)
    #expect(made == nil)
  }
}
