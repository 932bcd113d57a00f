// SPDX-License-Identifier: GPL-2.0-or-later
internal import Bus
internal import Platform

/// Waits for a firewalld that systemd is starting: systemd counts its unit as started before its rules are in
/// force (with firewalld 1.3 once its name is on the bus; with 2.5, whose unit has no Type=dbus, even
/// earlier).
public struct FirewalldStart: Sendable {
    private let busAddress: String?

    /// - Parameter busAddress: The bus that firewalld and systemd are on; nil for the system bus.
    public init(busAddress: String? = nil) { self.busAddress = busAddress }

    /// Blocks until firewalld answers calls, which it does once its rules are in force; must not run on the
    /// cooperative pool. Returns true at once where no firewalld is running or starting, and false when
    /// firewalld is not on the bus within `limit`, or then does not answer a call within `limit`.
    public func waitUntilReady(atMost limit: Duration) -> Bool {
        let end = ContinuousClock.now + limit
        let hasName = Monitor(false)
        // If there is no bus, firewalld is not running.
        guard
            let watcher = try? BusWatcher(
                address: busAddress, timeout: limit, service: FirewalldInterface.service, rules: [],
                name: "firewalld-start",
                { event, _ in
                    if event == .appeared { hasName.withLock { $0 = true } }
                }),
            let bus = try? BusConnection.open(address: busAddress, timeout: limit)
        else { return true }
        let firewalld = FirewalldInterface(bus: bus)
        if (try? firewalld.owner()) == nil {
            guard isStarted(bus) else { return true }
            let appeared: Void? = hasName.wait(atMost: end - .now) { $0 ? () : nil }
            guard appeared != nil else { return false }
        }
        // Up to here the watcher must exist, since it sets `hasName`.
        withExtendedLifetime(watcher) {}
        // An error sent by firewalld or the bus counts as an answer, because waiting longer would not change it.
        do throws(BusError) { _ = try firewalld.defaultZone() } catch .failed { return false } catch {}
        return true
    }

    /// True if systemd has started firewalld or is starting it.
    private func isStarted(_ bus: BusConnection) -> Bool {
        let systemd = "org.freedesktop.systemd1"
        let unit = BusMethod(
            service: systemd, path: "/org/freedesktop/systemd1", interface: "\(systemd).Manager",
            name: "GetUnit")
        // The call fails if systemd does not know the unit or is not running.
        guard let path = try? bus.call(unit, ["firewalld.service"]).first?.text else { return false }
        let property = BusMethod(
            service: systemd, path: path, interface: "org.freedesktop.DBus.Properties", name: "Get")
        guard let state = try? bus.call(property, ["\(systemd).Unit", "ActiveState"]).first?.text else {
            return false
        }
        return ["active", "activating", "reloading"].contains(state)
    }
}
