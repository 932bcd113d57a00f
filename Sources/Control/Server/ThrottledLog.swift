// SPDX-License-Identifier: GPL-2.0-or-later

/// A log that clients cannot flood: up to 10 lines in 10 s. The first line after these 10 s follows the number of lines
/// that were left out.
struct ThrottledLog {
    private let write: @Sendable (String) -> Void
    private let most = 10
    private let period = Duration.seconds(10)
    private var periodStart = ContinuousClock.now
    private var written = 0
    private var suppressed = 0

    init(_ write: @escaping @Sendable (String) -> Void) { self.write = write }

    mutating func callAsFunction(_ line: @autoclosure () -> String) {
        let now = ContinuousClock.now
        if now - periodStart > period {
            if suppressed > 0 { write("\(suppressed) more messages about control clients were left out") }
            (periodStart, written, suppressed) = (now, 0, 0)
        }
        guard written < most else {
            suppressed += 1
            return
        }
        write(line())
        written += 1
    }
}
