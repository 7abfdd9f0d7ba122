/// Called before more of a user's expression is matched, with a cost in units of about one byte read; false stops the
/// match, which then has found nothing. Expressions are input just as files are: a long one costs thousands of steps
/// for each byte.
public typealias RegexMeter = @Sendable (Int) -> Bool

extension Rule {
  /// The same rule, with expressions charged to `meter`.
  public func metered(by meter: @escaping RegexMeter) -> Rule {
    var rule = self
    rule.patterns = patterns.map { $0.metered(by: meter) }
    return rule
  }
}

extension AllowedPath {
  /// The same path, with expressions charged to `meter`.
  public func metered(by meter: @escaping RegexMeter) -> AllowedPath {
    AllowedPath(text: text, pattern: pattern.metered(by: meter))
  }
}

extension Pattern {
  fileprivate func metered(by meter: @escaping RegexMeter) -> Pattern {
    var pattern = self
    for index in components.indices {
      for place in components[index].atoms.indices {
        guard case .regex(var regex) = components[index].atoms[place] else { continue }
        regex.meter = meter
        pattern.components[index].atoms[place] = .regex(regex)
      }
    }
    return pattern
  }
}
