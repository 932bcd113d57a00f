// SPDX-License-Identifier: GPL-2.0-or-later
// bindbench COUNT: binds a UDP socket COUNT times and prints as JSON members how long after the call the
// kernel's report of it arrives, and how long after it the ports to open are known on the thread that then
// changes the rules. As root, in a network namespace without other sockets of root.
import Glibc
import Platform
import TeredoPort

/// Follows the client on one thread, as the daemon does.
private actor Follower {
    nonisolated let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.reference }
    init(executor: ThreadExecutor) { self.executor = executor }
    func begin(_ subscription: PortSubscription) throws { try subscription.begin() }
}

/// The time at which a report arrived; nil before the first one and after it was read.
private typealias ReportTime = Monitor<ContinuousClock.Instant?>

private func bindSocket() throws -> Descriptor {
    let socket = Descriptor(
        owning: try check("make a socket") { Glibc.socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0) })
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    let number = socket.rawValue
    try check("bind a socket") {
        unsafe withUnsafeBytes(of: &name) { bytes in
            unsafe bind(
                number, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
    }
    return socket
}

private func wait(for report: ReportTime) throws -> ContinuousClock.Instant {
    guard let time = report.wait(atMost: .seconds(10), for: { exchange(&$0, with: nil) }) else {
        throw SystemError("receive the report of a bind", code: ETIMEDOUT)
    }
    return time
}

/// Prints the median and the 99th percentile of the durations, which Tests/Bench/README.md defines.
private func report(_ name: String, _ durations: [Duration]) {
    let sorted = durations.map { $0 / .microseconds(1) }.sorted()
    print("\"\(name)_median_us\": \(sorted[sorted.count / 2]),")
    print("\"\(name)_p99_us\": \(sorted[(sorted.count * 99 + 99) / 100 - 1]),")
}

private let count = CommandLine.arguments.count == 2 ? Int(CommandLine.arguments[1]) ?? 0 : 0
guard count > 0 else {
    print("usage: bindbench COUNT")
    exit(2)
}

// Set when the ports to open are known, and when the kernel's report of the bind has arrived.
private let lookTime = ReportTime(nil)
private let eventTime = ReportTime(nil)
private let events = try BindEvents()
try events.choose(user: 0, ports: [])
private let listener = try WorkerThread(name: "listener") {
    while (try? waitForEvents(from: [events], until: nil)) != nil {
        let time = ContinuousClock.now
        if !events.take().binds.isEmpty { eventTime.withLock { $0 = time } }
    }
}
private let follower = Follower(executor: try ThreadExecutor(name: "follower"))
private let subscription = try PortSubscription(
    to: TeredoClient(owner: .uid(0)), on: follower.executor, binds: try BindEvents()
) { sighting in
    let time = ContinuousClock.now
    if !sighting.exposure.open.isEmpty { lookTime.withLock { $0 = time } }
}
try await follower.begin(subscription)

private var toEvent: [Duration] = []
private var toLook: [Duration] = []
for _ in 0..<count {
    // Long intervals, so that the caches are cold and everything is idle.
    try await Task.sleep(for: .milliseconds(300))
    let begun = ContinuousClock.now
    let socket = try bindSocket()
    toLook.append(try wait(for: lookTime) - begun)
    toEvent.append(try wait(for: eventTime) - begun)
    // Closes the socket.
    _ = consume socket
}
report("bind_to_event", toEvent)
report("bind_to_look", toLook)
// Ends the threads too, which wait for events without a limit.
exit(0)
