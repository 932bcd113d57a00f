// SPDX-License-Identifier: GPL-2.0-or-later
internal import Firewalls
internal import Planner
internal import Platform

extension ExceptionService {
    /// From now on plans for the interfaces in use: one that comes, goes or is renamed is a reason to look again.
    nonisolated func follow(
        _ events: AddressEvents, of interfaces: UsableInterfaces
    ) async throws(SystemError) {
        try events.watch(on: executor) { [weak self] in
            self?.assumeIsolated { $0.interfacesChanged(interfaces) }
        }
        await interfacesChanged(interfaces)
    }

    private func interfacesChanged(_ interfaces: UsableInterfaces) {
        var isNews = findGuardedInterfaces()
        // What cannot be asked now has news again with the next change, and each look at the ruleset plans on what was
        // known.
        if let found = try? interfaces.list().map({ Interface($0) }), found != firewall.interfaces {
            firewall.interfaces = found
            isNews = true
        }
        if isNews, client != nil { look() }
    }
}
