// SPDX-License-Identifier: GPL-2.0-or-later
internal import Firewalls
internal import Planner
internal import Platform

extension ExceptionService {
    /// Plans for the interfaces in use from now on, and again whenever one of them comes, goes or changes.
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
        // If listing fails, keep the interfaces known so far; the next change tries again.
        if let found = try? interfaces.list().map({ Interface($0) }), found != firewall.interfaces {
            firewall.interfaces = found
            isNews = true
        }
        if isNews, client != nil { look() }
    }
}
