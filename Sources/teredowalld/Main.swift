// SPDX-License-Identifier: GPL-2.0-or-later
internal import Daemon

@main
struct Main {
    /// Not async: an async main ends in dispatch_main, which unblocks every signal on the main thread, and then
    /// SIGTERM would kill the process before anything is closed.
    static func main() { Daemon.main(arguments: Array(CommandLine.arguments.dropFirst())) }
}
