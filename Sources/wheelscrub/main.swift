import Platform
import ScrubCommands

StartArguments.begin()
exit(Program.run(Array(StartArguments.all.dropFirst())))
