// SPDX-License-Identifier: GPL-2.0-or-later
// swapbench COUNT MICROSECONDS: changes the port as swap-times.c does, but with the module `Nftables`, as in
// the daemon, and prints the nanoseconds of each change.
internal import Glibc
internal import Nftables

let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
guard arguments.count == 2 else {
    print("usage: swapbench COUNT MICROSECONDS")
    exit(2)
}
let (count, pause) = (arguments[0], UInt32(arguments[1]))
let ports = SetName(TableName(.inet, "bench"), "ports")
var times = [Int](repeating: 0, count: count)

/// The time of CLOCK_MONOTONIC in nanoseconds, as in the C program.
func now() -> Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

do {
    let connection = try RulesetConnection()
    let prepared = try PortTransaction { port in
        [.flushSet(ports), .addElements(ports, [TimedElement(port, timeout: .seconds(180))])]
    }
    guard let prepared else { fatalError("a port that is not found in its transaction") }
    for index in 0..<count {
        if pause != 0 { usleep(pause) }
        let port = UInt16(1024 + index % 60000)
        let start = now()
        try connection.commit(prepared, port: port)
        times[index] = now() - start
    }
} catch {
    print(error)
    exit(1)
}
for time in times { print(time) }
