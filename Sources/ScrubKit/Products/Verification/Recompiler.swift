import Formats
import Synchronization

/// Compiles sources with an interpreter of the required version that is not itself in doubt.
final class Recompiler: Sendable {
  /// Why nothing can be compiled.
  enum Absence: Sendable {
    case noInterpreter
    case refused(String)
    case failed(String)
  }

  private let trusted: [String]
  private let searchPath: [String]
  /// Whether an interpreter, given its path without links, is itself to be verified.
  private let isInDoubt: @Sendable (String) -> Bool
  private let state: Mutex<State>

  private struct State {
    /// By magic number: the program, nil if there is none.
    var programs: [UInt16: String?] = [:]
    /// Idle processes, by magic number.
    var idle: [UInt16: [InterpreterProcess]] = [:]
    var used: Set<VerificationReport.UsedInterpreter> = []
  }

  init(
    trusted: [String], searchPath: [String], isInDoubt: @escaping @Sendable (String) -> Bool
  ) {
    self.trusted = trusted
    self.searchPath = searchPath
    self.isInDoubt = isInDoubt
    state = Mutex(State())
  }

  /// The interpreters that compiled something, by path.
  var used: [VerificationReport.UsedInterpreter] {
    state.withLock { $0.used }.sorted { ($0.version, $0.path) < ($1.version, $1.path) }
  }

  /// Starts the interpreters that the user named.
  /// - Returns: errors for those that do not work or are themselves in doubt.
  func start() -> [ScrubError] {
    var errors: [ScrubError] = []
    for path in trusted {
      do throws(ScrubError) {
        if try isDoubtful(path) {
          throw ScrubError("is itself to be verified, so it proves nothing", at: Place(path: path))
        }
        // Its own directory is derived from its name, so the name is kept.
        let process = try InterpreterProcess(path)
        state.withLock { state in
          if state.programs[process.magic] == nil {
            state.programs[process.magic] = path
            state.idle[process.magic] = [process]
          }
        }
      } catch { errors.append(error) }
    }
    return errors
  }

  /// The marshalled code of a module.
  func compile(
    _ source: Bytes, level: Int, for version: BytecodeVersion
  ) -> Result<Bytes, AbsenceError> {
    guard let process = process(for: version) else { return .failure(AbsenceError(.noInterpreter)) }
    switch process.compile(source, level: level) {
    case .code(let code):
      giveBack(process)
      return .success(code)
    case .refused(let message):
      giveBack(process)
      return .failure(AbsenceError(.refused(message)))
    case .failed(let message): return .failure(AbsenceError(.failed("\(process.path) \(message)")))
    }
  }

  struct AbsenceError: Error {
    var absence: Absence
    init(_ absence: Absence) { self.absence = absence }
  }

  private func giveBack(_ process: InterpreterProcess) {
    state.withLock { state in
      state.idle[process.magic, default: []].append(process)
      state.used.insert(VerificationReport.UsedInterpreter(path: process.path, version: process.version))
    }
  }

  /// An idle process, or a new one; nil if there is none of this version.
  private func process(for version: BytecodeVersion) -> InterpreterProcess? {
    let (idle, known) = state.withLock { state -> (InterpreterProcess?, String??) in
      (state.idle[version.magic]?.popLast(), state.programs[version.magic])
    }
    if let idle { return idle }
    switch known {
    case .some(let program?): return try? InterpreterProcess(program)
    case .some(nil): return nil
    case nil:
      // Two threads may search at the same time; both find the same.
      let found = search(for: version)
      state.withLock { $0.programs[version.magic] = .some(found?.path) }
      return found
    }
  }

  /// A link counts both where it lies, as in a virtual environment, and where it leads.
  private func isDoubtful(_ path: String) throws(ScrubError) -> Bool {
    let (directory, name) = AtomicWrite.split(path)
    let place = "\(try AtomicWrite.realPath(directory))/\(name)"
    let target = try AtomicWrite.realPath(path)
    return isInDoubt(place) || isInDoubt(target)
  }

  private func search(for version: BytecodeVersion) -> InterpreterProcess? {
    for name in ["python\(version.name)", "python3"] {
      for directory in searchPath where directory.hasPrefix("/") {
        let path = "\(directory)/\(name)"
        guard (try? isDoubtful(path)) == false,
          let process = try? InterpreterProcess(path),
          process.magic == version.magic
        else { continue }
        return process
      }
    }
    return nil
  }
}
