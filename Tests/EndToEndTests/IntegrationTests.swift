import Foundation
import Testing

/// The files that make other programs run wheelscrub: understood by their readers, and doing what they say.
@Suite(.timeLimit(.minutes(60)))
struct IntegrationTests {
  private let integrations = Workspace.repository + "/integrations"
  private let path = [
    "PATH": (Workspace.wheelscrub as NSString).deletingLastPathComponent + ":"
      + Workspace.shared.environment["PATH"]!
  ]

  private func yaml(_ file: String) async throws -> Any {
    let program = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))"
    let text = try await Tools.output(of: Tools.python, ["-c", program, "\(Workspace.repository)/\(file)"])
    return try JSONSerialization.jsonObject(with: Data(text.utf8))
  }

  // MARK: pre-commit

  @Test
  func `pre-commit's hooks are manual and run the program`() async throws {
    let hooks = try #require(try await yaml(".pre-commit-hooks.yaml") as? [[String: Any]])
    #expect(hooks.map { $0["id"] as? String } == ["wheelscrub", "wheelscrub-system"])
    let wheel = try await WheelBuilder.shared.wheels("plainc")[0]
    for hook in hooks {
      #expect(hook["stages"] as? [String] == ["manual"])
      let files = try Regex(try #require(hook["files"] as? String))
      for name in [
        "dist/x-1.0-cp311-abi3-linux_x86_64.whl", "_a.cpython-311.so", "lib/libz.so.1.3", "lib/libz.a",
        "lib/libz.dylib", "pkg/__pycache__/mod.cpython-311.pyc",
      ] {
        #expect(name.firstMatch(of: files) != nil, "\(name)")
      }
      for name in ["src/a.c", "whl.py", "README.md", "a.so.py", "a.pyc.txt"] {
        #expect(name.firstMatch(of: files) == nil, "\(name)")
      }
      // As pre-commit runs it: the entry, then names.
      let entry = try #require(hook["entry"] as? String)
      let run = try await Tools.run("bash", ["-c", "\(entry) \"$0\"", wheel], environment: path)
      #expect(run.status == 1 && run.output.contains("BP101"), "\(run.transcript)")
    }
  }

  // MARK: GitHub

  @Test
  func `the action hands its inputs over and never splices them`() async throws {
    let action = try #require(try await yaml("action.yml") as? [String: Any])
    let inputs = try #require(action["inputs"] as? [String: [String: Any]])
    #expect(
      inputs.keys.sorted() == ["args", "html-file", "mode", "paths", "sarif-file", "version", "wheel-dir"])
    let runs = try #require(action["runs"] as? [String: Any])
    #expect(runs["using"] as? String == "composite")
    let steps = try #require(runs["steps"] as? [[String: Any]])
    let script = try String(contentsOfFile: integrations + "/github-action", encoding: .utf8)
    var handed: [String] = []
    for step in steps {
      let command = try #require(step["run"] as? String)
      #expect(!command.contains("${{"), "an input in a script is a way to run anything")
      #expect(step["shell"] as? String == "bash")
      let environment = try #require(step["env"] as? [String: String])
      for name in environment.keys { #expect(script.contains("${\(name)"), "\(name)") }
      handed += environment.values
    }
    #expect(handed.sorted() == inputs.keys.sorted().map { "${{ inputs.\($0) }}" })
    #expect(!script.contains("swift"), "the action builds nothing")
  }

  /// What GitHub gives to a step, and `dist` with a wheel that leaks.
  private func runner(_ name: String) async throws -> (directory: String, wheel: String, [String: String]) {
    let directory = try Workspace.shared.scratch(name)
    let wheel = try await WheelBuilder.shared.wheels("plainc")[0]
    try FileManager.default.createDirectory(atPath: directory + "/dist", withIntermediateDirectories: true)
    let file = (wheel as NSString).lastPathComponent
    try FileManager.default.copyItem(atPath: wheel, toPath: "\(directory)/dist/\(file)")
    return (directory, file, path.merging(["GITHUB_OUTPUT": directory + "/output"]) { $1 })
  }

  private func action(_ directory: String, _ environment: [String: String]) async throws -> Outcome {
    try await Tools.run(integrations + "/github-action", ["run"], in: directory, environment: environment)
  }

  @Test
  func `the action's check annotates and writes its files`() async throws {
    var (directory, wheel, environment) = try await runner("action")
    environment.merge([
      "WHEELSCRUB_PATHS": "dist/*.whl\n", "WHEELSCRUB_ARGS": "-j\n1\n",
      "WHEELSCRUB_SARIF": "r.sarif", "WHEELSCRUB_HTML": "r.html",
    ]) { $1 }
    let run = try await action(directory, environment)
    #expect(run.status == 1, "\(run.transcript)")
    #expect(run.output.hasPrefix("::warning file=dist/\(wheel),title=BP101 "), "\(run.transcript)")
    #expect(try String(contentsOfFile: directory + "/output", encoding: .utf8) == "exit-code=1\n")
    #expect(try names(in: directory) == ["dist", "output", "r.html", "r.sarif"])

    environment["WHEELSCRUB_PATHS"] = "none/*.whl\n$(touch pwned)\n"
    let missing = try await action(directory, environment)
    #expect(missing.status == 2, "\(missing.transcript)")
    #expect(try !names(in: directory).contains("pwned"))
  }

  @Test
  func `the action's fix writes beside or in place`() async throws {
    var (directory, wheel, environment) = try await runner("action-fix")
    environment["WHEELSCRUB_MODE"] = "fix"
    let before = try await sha256("\(directory)/dist/\(wheel)")
    environment["WHEELSCRUB_WHEEL_DIR"] = "fixed"
    let beside = try await action(directory, environment)
    #expect(beside.succeeded, "\(beside.transcript)")
    #expect(try await sha256("\(directory)/dist/\(wheel)") == before)
    environment["WHEELSCRUB_WHEEL_DIR"] = ""
    let inPlace = try await action(directory, environment)
    #expect(inPlace.succeeded, "\(inPlace.transcript)")
    #expect(try await sha256("\(directory)/dist/\(wheel)") == sha256("\(directory)/fixed/\(wheel)"))
    environment["WHEELSCRUB_MODE"] = "check"
    #expect(try await action(directory, environment).status == 0)

    environment["WHEELSCRUB_MODE"] = "mend"
    let unknown = try await action(directory, environment)
    #expect(unknown.status == 2 && unknown.output.contains("check, fix or install"), "\(unknown.transcript)")
  }

  // MARK: rules_pycross

  /// Both names that rules_pycross has had for the directory.
  @Test(arguments: ["PYCROSS_WHEEL_OUTPUT_DIR", "PYCROSS_WHEEL_OUTPUT_ROOT"])
  func `the hook for rules_pycross writes a fixed wheel`(_ variable: String) async throws {
    let wheel = try await WheelBuilder.shared.wheels("plainc")[0]
    let output = try Workspace.shared.scratch("pycross")
    let before = try await sha256(wheel)
    let hook = integrations + "/pycross-post-build-hook"
    let environment = sourceDateEpoch.merging([
      "PYCROSS_WHEEL_FILE": wheel, variable: output, "WHEELSCRUB": Workspace.wheelscrub,
    ]) { $1 }
    let run = try await Tools.run(hook, [], environment: environment)
    #expect(run.succeeded, "\(run.transcript)")
    let fixed = "\(output)/\((wheel as NSString).lastPathComponent)"
    #expect(try await sha256(fixed) == sha256(WheelBuilder.shared.fixed("plainc")[0].fixed))
    #expect(try await sha256(wheel) == before)
    for given in [[:], ["PYCROSS_WHEEL_FILE": wheel]] {
      let unset = try await Tools.run(hook, [], environment: given)
      #expect(!unset.succeeded && unset.errors.contains("not set"), "\(unset.transcript)")
    }
  }

  // MARK: cibuildwheel

  /// docs/integrations.md, run as cibuildwheel runs it: `{wheel}` and `{dest_dir}` replaced, by a shell.
  @Test
  func `cibuildwheel's commands fix and then find nothing`() async throws {
    let program = """
      import sys, tomllib
      text = open(sys.argv[1]).read().split("<!-- cibuildwheel -->\\n```toml\\n")[1].split("```")[0]
      tool = tomllib.loads(text)["tool"]["cibuildwheel"]
      print(tool["linux"]["repair-wheel-command"]); print(tool["linux"]["audit-command"])
      """
    let commands = try await Tools.output(
      of: Tools.python, ["-c", program, Workspace.repository + "/docs/integrations.md"]
    ).lines
    let wheel = try await WheelBuilder.shared.wheels("plainc")[0]
    let output = try Workspace.shared.scratch("wheelhouse")
    // auditwheel is not what is tested; this one copies.
    let bin = try Workspace.shared.scratch("bin")
    try "#!/bin/sh\ncp \"$4\" \"$3\"\n".write(toFile: bin + "/auditwheel", atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: bin + "/auditwheel")
    let environment = ["PATH": bin + ":" + path["PATH"]!]
    let fixed = "\(output)/\((wheel as NSString).lastPathComponent)"
    for (command, wheel, status) in [
      (commands[1], wheel, 1), (commands[0], wheel, 0), (commands[1], fixed, 0),
    ] {
      let line = command.replacingOccurrences(of: "{wheel}", with: wheel)
        .replacingOccurrences(of: "{dest_dir}", with: output)
      let run = try await Tools.run("sh", ["-c", line], environment: environment)
      #expect(run.status == Int32(status), "\(run.transcript)")
    }
  }

  // MARK: Completions and scripts

  @Test(arguments: ["bash", "zsh", "fish"])
  func `completions are what their shell reads`(_ shell: String) async throws {
    let script = try Workspace.shared.scratch("completion") + "/script"
    let outcome = try await wheelscrub(["--generate-completion-script", shell])
    #expect(outcome.succeeded, "\(outcome.transcript)")
    for word in ["check", "fix", "output-format", "sarif", "exit-zero"] {
      #expect(outcome.output.contains(word), "\(word)")
    }
    try outcome.output.write(toFile: script, atomically: false, encoding: .utf8)
    guard let program = Tools.firstInstalled([shell]) else {
      // The text is still tested above; only its reader is missing.
      return print("no \(shell): its completions are not parsed (apt-get install \(shell))")
    }
    let parsed = try await Tools.run(program, ["-n", script])
    #expect(parsed.succeeded && parsed.errors.isEmpty, "\(parsed.transcript)")
  }

  @Test
  func `bash completes commands, options and values`() async throws {
    let directory = try Workspace.shared.scratch("completion")
    let script = directory + "/script"
    try await wheelscrub(["--generate-completion-script", "bash"]).output
      .write(toFile: script, atomically: false, encoding: .utf8)
    func completed(_ words: String...) async throws -> [String] {
      let program = """
        . "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
        COMP_TYPE=9; COMP_KEY=9; _wheelscrub wheelscrub "${!#}" "${@: -2:1}" 2>/dev/null; printf '%s\\n' "${COMPREPLY[@]}"
        """
      return try await Tools.run("bash", ["-c", program, script] + words, in: directory, environment: path)
        .output.lines
        .map { $0.trimmingCharacters(in: .whitespaces) }
    }
    #expect(try await completed("wheelscrub", "che") == ["check"])
    let options = try await completed("wheelscrub", "check", "--output-f")
    #expect(Set(options) == ["--output-format", "--output-file"])
    #expect(try await completed("wheelscrub", "check", "--output-format", "sa") == ["sarif"])
  }

  @Test
  func `every shell script is one`() async throws {
    var scripts: [String] = []
    for directory in [integrations, Workspace.repository + "/scripts"] {
      for name in try FileManager.default.subpathsOfDirectory(atPath: directory) {
        let path = "\(directory)/\(name)"
        let text = try? String(contentsOfFile: path, encoding: .utf8)
        if text?.hasPrefix("#!/usr/bin/env bash\n") == true { scripts.append(path) }
      }
    }
    #expect(scripts.count >= 10)
    for script in scripts {
      let parsed = try await Tools.run("bash", ["-n", script])
      #expect(parsed.succeeded, "\(parsed.transcript)")
      #expect(FileManager.default.isExecutableFile(atPath: script))
    }
  }
}
