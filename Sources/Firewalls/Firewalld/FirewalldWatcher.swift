// SPDX-License-Identifier: GPL-2.0-or-later
internal import Bus
internal import Platform
internal import Synchronization

/// A reason to look at firewalld again.
public enum FirewalldEvent: Hashable, Sendable, CustomStringConvertible {
    /// It has started and answers calls.
    case started
    /// It has reloaded: what was not permanent is gone.
    case reloaded
    /// Something that decides where our rules belong or whether they are there, in firewalld's words.
    case changed(String)
    /// It has ended.
    case ended
    /// The bus is gone; the next ``FirewalldFirewall/apply(_:policy:ruleset:)`` connects again.
    case disconnected

    public var description: String {
        switch self {
        case .started: "firewalld has started"
        case .reloaded: "firewalld has reloaded"
        case .changed(let what): "firewalld: \(what)"
        case .ended: "firewalld has ended"
        case .disconnected: "the connection to the message bus is lost"
        }
    }
}

/// State shared by the thread that watches firewalld and the one that changes it.
final class FirewalldInbox: Sendable {
    private struct State {
        var expectedRemovals: Set<FirewalldEntry> = []
        var hasReloaded = false
        var hasNews = false
        var isPanicking = false
    }

    private let state = Mutex(State())

    /// To be called before we ask for the removal, whose signal is then no news.
    func expectRemoval(_ entry: FirewalldEntry) { state.withLock { _ = $0.expectedRemovals.insert(entry) } }

    /// Whether the removal was expected; it is no longer.
    func isExpectedRemoval(_ entry: FirewalldEntry) -> Bool {
        state.withLock { $0.expectedRemovals.remove(entry) != nil }
    }

    func noteReload() { state.withLock { $0.hasReloaded = true } }

    /// Whether firewalld said that it is in panic mode.
    var isPanicking: Bool { state.withLock { $0.isPanicking } }

    func notePanic(_ isPanicking: Bool) { state.withLock { $0.isPanicking = isPanicking } }

    func noteNews() { state.withLock { $0.hasNews = true } }

    /// Whether any event was reported since the last question.
    func takeNews() -> Bool { state.withLock { exchange(&$0.hasNews, with: false) } }

    /// Whether firewalld has reloaded since the last question.
    func takeReload() -> Bool { state.withLock { exchange(&$0.hasReloaded, with: false) } }
}

/// Watches firewalld's signals as long as it lives.
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

/// Reads firewalld's signals.
private struct FirewalldSignals {
    private let shared: FirewalldInbox
    /// Answered when firewalld, which takes its name before it is ready, has come to answer calls.
    private var probe: UInt64?

    init(shared: FirewalldInbox) { self.shared = shared }

    private static let zoneInterface = "\(FirewalldInterface.service).zone"

    /// The awaited events, by interface.
    private static let names = [
        FirewalldInterface.service: [
            "Reloaded", "DefaultZoneChanged", "PanicModeEnabled", "PanicModeDisabled",
        ],
        zoneInterface: [
            "InterfaceAdded", "InterfaceRemoved", "ZoneOfInterfaceChanged", "ZoneUpdated", "RichRuleRemoved",
        ],
    ]

    static let rules = names.flatMap { interface, names in
        names.map { name in
            "type='signal',sender='\(FirewalldInterface.service)',path='\(FirewalldInterface.path)',"
                + "interface='\(interface)',member='\(name)'"
        }
    }

    mutating func read(_ event: BusEvent, _ connection: BusWatcherConnection) -> FirewalldEvent? {
        switch event {
        case .lost: return .disconnected
        case .answer(let cookie):
            guard cookie == probe else { return nil }
            probe = nil
            return .started
        case .disappeared:
            shared.notePanic(false)
            return .ended
        case .appeared:
            shared.notePanic(false)
            probe = try? connection.send(FirewalldInterface.method("getDefaultZone"))
            // Without the probe, a call that waits for firewalld is better than none.
            return probe == nil ? .started : nil
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
                !shared.isExpectedRemoval(FirewalldEntry(zone: zone, rule: rule))
            else { return nil }
            // firewalld says the zone as it was asked: empty for the default one.
            return .changed("\(text) was removed from \(zone.isEmpty ? "the default zone" : "zone \(zone)")")
        default:
            return .changed(([signal.name] + signal.values.compactMap(\.text)).joined(separator: " "))
        }
    }
}
