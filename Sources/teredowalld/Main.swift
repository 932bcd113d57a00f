// SPDX-License-Identifier: GPL-2.0-or-later
internal import Daemon

@main
struct Main {
    /// Not async: an async main ends in dispatch_main, which unblocks all signals on the main thread; SIGTERM
    /// would then kill the process before the exceptions are removed.
    static func main() { Daemon.main(commandLine: CommandLine.arguments) }
}
