import Glibc
import ScrubCommands

exit(WheelScrub.run(Array(CommandLine.arguments.dropFirst())))
