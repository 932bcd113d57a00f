// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// Blocks until one of at most 64 sources has news or the deadline has passed (nil: no limit). Returns a flag for each
/// source: true if it has news. Throws EINVAL for more sources, ENOMEM when memory is short.
public func waitForEvents(
    from sources: [any EventSource], until deadline: ContinuousClock.Instant?
) throws(SystemError) -> [Bool] {
    let descriptors = sources.map(\.descriptorNumber)
    var ready = [UInt8](repeating: 0, count: sources.count)
    while true {
        let status = unsafe clinux_wait(descriptors, &ready, sources.count, nanoseconds(until: deadline))
        if status == 0 { return ready.map { $0 != 0 } }
        guard status == -EINTR else { throw SystemError("wait for events", code: -status) }
    }
}

private func nanoseconds(until deadline: ContinuousClock.Instant?) -> Int64 {
    guard let deadline else { return -1 }
    let left = max(.zero, deadline - .now).components
    return left.seconds * 1_000_000_000 + left.attoseconds / 1_000_000_000
}
