// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// What was last seen of a client, for all in a process who ask or follow: they name the same one of several ports.
package final class ClientMemory: Sendable {
    private let last = Monitor(Sighting.nothing)

    package init() {}

    var sighting: Sighting { last.withLock { $0 } }

    func remember(_ sighting: Sighting) { last.withLock { $0 = sighting } }
}
