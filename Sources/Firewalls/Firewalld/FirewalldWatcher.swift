// SPDX-License-Identifier: GPL-2.0-or-later
internal import Bus
internal import Platform
internal import Synchronization

/// Receives firewalld's signals on a thread of its own until it is released.
final class FirewalldWatcher: Sendable {
    private let watcher: BusWatcher

    init(
        address: String?, timeout: Duration, shared: FirewalldInbox,
        _ report: @escaping @Sendable (FirewalldEvent) -> Void
    ) throws(SystemError) {
        let reader = Mutex(FirewalldSignals(shared: shared))
        watcher = try BusWatcher(
            address: address, timeout: timeout, service: FirewalldInterface.service,
            rules: FirewalldSignals.rules, name: "firewalld"
        ) { event, connection in
            guard let found = reader.withLock({ $0.read(event, connection) }) else { return }
            shared.noteNews()
            report(found)
        }
    }
}

/// Turns bus events into events of firewalld.
private struct FirewalldSignals {
    private let shared: FirewalldInbox
    /// The cookie of the call whose answer shows that firewalld is ready; firewalld takes its bus name before
    /// it is ready.
    private var readinessCall: UInt64?

    init(shared: FirewalldInbox) { self.shared = shared }

    private static let zoneInterface = "\(FirewalldInterface.service).zone"

    /// The names of the signals to watch, by interface.
    private static let names = [
        FirewalldInterface.service: [
            "Reloaded", "DefaultZoneChanged", "PanicModeEnabled", "PanicModeDisabled",
        ],
        zoneInterface: [
            "InterfaceAdded", "InterfaceRemoved", "ZoneOfInterfaceChanged", "ZoneUpdated", "RichRuleRemoved",
        ],
    ]

    /// The match rules for these signals.
    static let rules = names.flatMap { interface, names in
        names.map { name in
            "type='signal',sender='\(FirewalldInterface.service)',path='\(FirewalldInterface.path)',"
                + "interface='\(interface)',member='\(name)'"
        }
    }

    /// The event of firewalld that a bus event means; nil for none. Updates what is shared, and asks a firewalld that
    /// has appeared for an answer, which shows that it is ready.
    mutating func read(_ event: BusEvent, _ connection: BusWatcherConnection) -> FirewalldEvent? {
        switch event {
        case .lost: return .disconnected
        case .answer(let cookie):
            guard cookie == readinessCall else { return nil }
            readinessCall = nil
            return .started
        case .disappeared:
            shared.notePanic(false)
            return .ended
        case .appeared:
            shared.notePanic(false)
            readinessCall = try? connection.send(FirewalldInterface.method("getDefaultZone"))
            // If the call could not be sent, report the start now: the next call then waits for firewalld.
            return readinessCall == nil ? .started : nil
        case .signal(let signal):
            guard signal.path == FirewalldInterface.path,
                Self.names[signal.interface]?.contains(signal.name) == true
            else { return nil }
            return read(signal)
        }
    }

    private func read(_ signal: BusSignal) -> FirewalldEvent? {
        switch signal.name {
        case "Reloaded":
            shared.noteReload()
            return .reloaded
        case "PanicModeEnabled", "PanicModeDisabled":
            shared.notePanic(signal.name == "PanicModeEnabled")
            return .changed(signal.name)
        case "RichRuleRemoved":
            guard signal.values.count == 2, let zone = signal.values[0].text,
                let text = signal.values[1].text, let rule = FirewalldRule(text: text),
                !shared.takeExpectedRemoval(FirewalldEntry(zone: zone, rule: rule))
            else { return nil }
            // The signal has the zone as given in the call: empty for the default zone.
            return .changed("\(text) was removed from \(zone.isEmpty ? "the default zone" : "zone \(zone)")")
        default:
            return .changed(([signal.name] + signal.values.compactMap(\.text)).joined(separator: " "))
        }
    }
}
