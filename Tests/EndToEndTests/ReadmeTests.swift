import Foundation
import Testing

/// The examples of README.md do what they show.
@Suite(.timeLimit(.minutes(60)))
struct ReadmeTests {
  @Test
  func `the before and after is true`() async throws {
    let steps = Example.all(
      in: try String(contentsOfFile: Workspace.repository + "/README.md", encoding: .utf8))
    #expect(steps.count >= 4)

    // The reader's directory: two wheels of one sdist, built in two random directories.
    let directory = try Workspace.shared.scratch("readme")
    for (index, name) in ["first", "second"].enumerated() {
      let wheel = try await WheelBuilder.shared.wheels("plainc")[index]
      let place = "\(directory)/\(name)"
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        atPath: wheel, toPath: place + "/" + (wheel as NSString).lastPathComponent)
      // For what is said of them before they were fixed.
      try FileManager.default.createDirectory(
        atPath: directory + "/unfixed", withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: wheel, toPath: "\(directory)/unfixed/\(name).whl")
    }
    for step in steps {
      let fault = try await step.fault(in: directory)
      #expect(fault == nil, "README.md: \(fault ?? "")")
    }
  }

  @Test
  func `every command of the Makefile that the documents name is there`() throws {
    let makefile = try String(contentsOfFile: Workspace.repository + "/Makefile", encoding: .utf8)
    for document in ["README.md", "CONTRIBUTING.md"] {
      let text = try String(contentsOfFile: "\(Workspace.repository)/\(document)", encoding: .utf8)
      for match in text.matches(of: /`make ([a-z-]+)`/) {
        #expect(makefile.contains("\n\(match.1): "), "\(document) names make \(match.1)")
      }
    }
  }
}
