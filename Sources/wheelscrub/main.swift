import Platform
import ScrubCommands

StartArguments.begin()
exit(WheelScrub.run(Array(StartArguments.all.dropFirst())))
