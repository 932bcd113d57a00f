// SPDX-License-Identifier: GPL-2.0-or-later
internal import Bus
internal import Platform

/// The start of a firewalld that systemd has begun: its unit counts as started before its rules are in force (with
/// firewalld 1.3 when its name is on the bus, with 2.5, whose unit has no Type=dbus, even before that).
public struct FirewalldStart: Sendable {
    private let busAddress: String?

    /// - Parameter busAddress: The bus that firewalld and systemd are on; nil for the system bus.
    public init(busAddress: String? = nil) { self.busAddress = busAddress }

    /// Waits until firewalld answers calls, which it does once its rules are in force. Returns false when it does not
    /// within `limit`; true at once where no firewalld runs or is being started. Blocks: not on the cooperative pool.
    public func finish(within limit: Duration) -> Bool {
        let end = ContinuousClock.now + limit
        let hasName = Monitor(false)
        // Without a bus there is no firewalld either.
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
            let came: Void? = hasName.wait(atMost: end - .now) { $0 ? () : nil }
            guard came != nil else { return false }
        }
        withExtendedLifetime(watcher) {}
        // An error is an answer too: nothing more is known by waiting.
        do throws(BusError) { _ = try firewalld.defaultZone() } catch .failed { return false } catch {}
        return true
    }

    /// Whether systemd has started firewalld or is about to.
    private func isStarted(_ bus: BusConnection) -> Bool {
        let systemd = "org.freedesktop.systemd1"
        let unit = BusMethod(
            service: systemd, path: "/org/freedesktop/systemd1", interface: "\(systemd).Manager",
            name: "GetUnit")
        // systemd knows nothing of it, or is not there.
        guard let path = try? bus.call(unit, ["firewalld.service"]).first?.text else { return false }
        let property = BusMethod(
            service: systemd, path: path, interface: "org.freedesktop.DBus.Properties", name: "Get")
        guard let state = try? bus.call(property, ["\(systemd).Unit", "ActiveState"]).first?.text else {
            return false
        }
        return ["active", "activating", "reloading"].contains(state)
    }
}
