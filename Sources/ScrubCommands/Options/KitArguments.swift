public import ArgumentParser
import Formats
public import ScrubKit

// The values that ScrubKit lets the user choose are spelled on the command line as they are in code, so that a
// new case is an option value without a second list.

extension Options.Layout: ExpressibleByArgument {}
extension Options.BuildID: ExpressibleByArgument {}
extension Options.Verification: ExpressibleByArgument {}
extension Options.Resign: ExpressibleByArgument {}
extension BytecodeOptions.Header: ExpressibleByArgument {}
extension KeyLevel: ExpressibleByArgument {}
extension Keys.Kind: ExpressibleByArgument {}
