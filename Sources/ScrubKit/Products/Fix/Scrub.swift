import Formats

/// Where the result of `fix` is written.
public enum Destination: Hashable, Sendable {
  /// Replace the input, using a sibling temporary file and a rename.
  case inPlace
  /// Write to this path; an input with nothing to fix is copied there.
  case file(String)
  /// Write nothing; the report says what would be done.
  case nowhere
}

/// The whole data flow for one wheel or loose file.
public struct Scrub: Sendable {
  public var options: Options

  public init(_ options: Options) { self.options = options }

  /// Finds every build root; writes nothing. Errors are in the report.
  public func check(_ input: InputFile) -> FileReport {
    let options = options.narrowed(to: Place(path: input.path), isExplicit: true) ?? options
    return run(input) { file, report throws(ScrubError) in
      _ = try run(file, input, options, fix: false, &report)
    }
  }

  /// Makes the input independent of its build directory. Errors are in the report; if there is one, nothing was
  /// written.
  public func fix(_ input: InputFile, to destination: Destination) -> FileReport {
    let options = options.narrowed(to: Place(path: input.path), isExplicit: true) ?? options
    // Held until the end: another run waits, and then finds nothing to do.
    let lock = destination == .inPlace ? WriteLock([input.path]) : nil
    defer { _ = lock }
    return run(input) { file, report throws(ScrubError) in
      let result = try run(file, input, options, fix: true, &report)
      // Files of other kinds are not copied.
      if input.isOther, case .unchanged = result { return }
      try write(result, of: file, to: destination, &report)
    }
  }

  /// The same for a file of an installed distribution, except that the result does not get its name yet.
  /// - Parameter staged: receives the outcome and the file that holds the result; nil if nothing is written. Its notes
  ///   are added to the report.
  func stage(
    _ input: InputFile, to destination: Destination,
    _ staged: (MappedFile, ImageScrub.Outcome, AtomicWrite?) throws(ScrubError) -> [Note]
  ) -> FileReport {
    let options = options.narrowed(to: Place(path: input.path), isExplicit: true) ?? options
    return run(input) { file, report throws(ScrubError) in
      guard !input.isZip(file.bytes) else {
        report = fix(input, to: destination)
        return
      }
      let outcome = try LooseScrub(options: options).run(file, input, fix: true)
      report.add(outcome, path: file.path, member: nil)
      try Effort.settle()
      let output: AtomicWrite?
      switch (destination, outcome.output) {
      case (.nowhere, _), (.inPlace, nil): output = nil
      case (.file, nil) where input.isOther: output = nil
      case (.inPlace, _?):
        output = try AtomicWrite(replacing: file, AtomicWrite.Staging(directory: input.installRoot))
      case (.file(let path), _): output = try AtomicWrite(to: path, from: file)
      }
      if let output {
        if let content = outcome.output {
          try output.write(content)
        } else {
          try output.copy(0..<file.bytes.count, of: file)
        }
        try file.checkUnchanged()
        try output.prepare(syncs: false)
        report.notes += output.notes
      }
      report.notes += try staged(file, outcome, output)
    }
  }

  /// The result for a file, before anything is written.
  enum Result {
    case unchanged
    /// An image or an archive of images.
    case image(Bytes, ModificationTime?)
    case wheel(WheelOutput)
  }

  private func run(
    _ input: InputFile, _ body: (MappedFile, inout FileReport) throws(ScrubError) -> Void
  ) -> FileReport {
    var report = FileReport(path: input.path)
    do throws(ScrubError) {
      let file = try MappedFile.open(input.path)
      try Effort.within(file.bytes.count) { () throws(ScrubError) in try body(file, &report) }
    } catch {
      report.errors.append(error.inside(path: input.path))
    }
    return report
  }

  private func run(
    _ file: MappedFile, _ input: InputFile, _ options: Options, fix: Bool, _ report: inout FileReport
  ) throws(ScrubError) -> Result {
    if input.isZip(file.bytes) {
      return try WheelScrub(options).run(file, fix: fix, &report)
    }
    let outcome = try LooseScrub(options: options).run(file, input, fix: fix)
    report.add(outcome, path: file.path, member: nil)
    return outcome.output.map { .image($0, outcome.time(for: file.path)) } ?? .unchanged
  }

  /// Reports what the file is not.
  static func refuse(_ file: MappedFile) throws(ScrubError) -> Never {
    // The name shows what the user expected it to be.
    if file.path.hasSuffix(".whl"), !file.bytes.isEmpty { _ = try Wheel(file) }
    throw ScrubError(
      file.bytes.isEmpty
        ? "file is empty"
        : "is none of what is checked: a wheel or another zip, a source distribution or another tar archive, an ELF or Mach-O image, a static archive, compiled Python",
      at: Place(path: file.path))
  }

  private func write(
    _ result: Result, of file: MappedFile, to destination: Destination, _ report: inout FileReport
  ) throws(ScrubError) {
    try Effort.settle()
    if case .unchanged = result {
      guard case .file(let path) = destination else { return }
      try AtomicWrite.copy(file, to: path)
      report.writtenTo = path
      return
    }
    guard let output = try Self.stage(result, of: file, to: destination) else { return }
    if case .image(_, let time?) = result, destination == .inPlace {
      var transaction = WriteTransaction()
      try output.prepare()
      transaction.add(output)
      transaction.set(time)
      try transaction.commit()
      AtomicWrite.syncDirectory(output.directory)
    } else {
      try output.commit()
    }
    report.notes += output.notes
    report.writtenTo = output.path
  }

  /// Writes the result for a file, or a copy of the file, without a name yet.
  /// - Returns: nil if nothing is to be written.
  static func stage(
    _ result: Result, of file: MappedFile, to destination: Destination
  ) throws(ScrubError) -> AtomicWrite? {
    let output: AtomicWrite
    switch (destination, result) {
    case (.nowhere, _), (.inPlace, .unchanged): return nil
    case (.inPlace, _): output = try AtomicWrite(replacing: file)
    case (.file(let path), _): output = try AtomicWrite(to: path, from: file)
    }
    switch result {
    case .unchanged:
      try output.copy(0..<file.bytes.count, of: file)
      try file.checkUnchanged()
    case .image(let bytes, _): try output.write(bytes)
    case .wheel(let wheel): try wheel.write(to: output)
    }
    return output
  }
}
