// SPDX-License-Identifier: GPL-2.0-or-later
internal import Bus
internal import Platform

/// The part of firewalld's D-Bus interface that is used here. Every call blocks until its answer.
struct FirewalldInterface {
    static let service = "org.fedoraproject.FirewallD1"
    static let path = "/org/fedoraproject/FirewallD1"

    let bus: BusConnection

    /// A method of firewalld's main object; `interface` is the last part of its interface's name ("zone"), nil for the
    /// main interface.
    static func method(_ name: String, of interface: String? = nil) -> BusMethod {
        let suffix = interface.map { ".\($0)" } ?? ""
        return BusMethod(service: service, path: path, interface: service + suffix, name: name)
    }

    /// The unique bus name of the firewalld process; nil when firewalld is not running.
    func owner() throws(BusError) -> String? { try bus.owner(of: Self.service) }

    /// firewalld's version: "2.3.1".
    func version() throws(BusError) -> String {
        let request = BusMethod(
            service: Self.service, path: Self.path, interface: "org.freedesktop.DBus.Properties", name: "Get")
        guard let text = try bus.call(request, [Self.service, "version"]).first?.text else {
            throw .unexpected(operation: "call \(request)")
        }
        return text
    }

    func defaultZone() throws(BusError) -> String { try call("getDefaultZone") { $0.text } }

    /// The names of all zones.
    func zones() throws(BusError) -> [String] { try call("getZones", of: "zone") { $0.texts } }

    /// The zones that have interfaces or sources, each with its interfaces and sources.
    func activeZones() throws(BusError) -> [String: FirewalldBinding] {
        try call("getActiveZones", of: "zone") { $0.dictionary?.mapValues(FirewalldBinding.init) }
    }

    /// The rich rules that are in force in a zone.
    func richRules(zone: String) throws(BusError) -> [String] {
        try call("getRichRules", of: "zone", [zone]) { $0.texts }
    }

    /// The runtime settings of a zone.
    func zone(_ name: String) throws(BusError) -> FirewalldZone {
        try call("getZoneSettings2", of: "zone", [name]) { $0.dictionary.map(FirewalldZone.init) }
    }

    /// Adds a rule; `timeout` is in seconds, 0 for no limit.
    func addRichRule(zone: String, _ rule: String, timeout: Int32) throws(BusError) {
        _ = try bus.call(Self.method("addRichRule", of: "zone"), [zone, rule], number: timeout)
    }

    func removeRichRule(zone: String, _ rule: String) throws(BusError) {
        _ = try bus.call(Self.method("removeRichRule", of: "zone"), [zone, rule])
    }

    func isPanicking() throws(BusError) -> Bool { try call("queryPanicMode") { $0.number.map { $0 != 0 } } }

    /// The names of the policies that apply to some traffic.
    func activePolicies() throws(BusError) -> [String] {
        try call("getActivePolicies", of: "policy") { $0.dictionary.map { Array($0.keys) } }
    }

    func policySettings(_ policy: String) throws(BusError) -> [String: BusValue] {
        try call("getPolicySettings", of: "policy", [policy]) { $0.dictionary }
    }

    /// The rich rules in the permanent settings of a zone, which apply from the next reload on.
    func permanentRichRules(zone: String) throws(BusError) -> [String] {
        let interface = "\(Self.service).config"
        let find = BusMethod(
            service: Self.service, path: "\(Self.path)/config", interface: interface, name: "getZoneByName")
        guard let path = try bus.call(find, [zone]).first?.text else {
            throw .unexpected(operation: "call \(find)")
        }
        let list = BusMethod(
            service: Self.service, path: path, interface: "\(interface).zone", name: "getRichRules")
        guard let rules = try bus.call(list).first?.texts else {
            throw .unexpected(operation: "call \(list)")
        }
        return rules
    }

    /// Calls a method with `strings` as arguments and converts the first value of its answer. Throws
    /// ``BusError/unexpected(operation:)`` when `read` returns nil.
    private func call<Value>(
        _ name: String, of interface: String? = nil, _ strings: [String] = [], _ read: (BusValue) -> Value?
    ) throws(BusError) -> Value {
        let method = Self.method(name, of: interface)
        guard let first = try bus.call(method, strings).first, let value = read(first) else {
            throw .unexpected(operation: "call \(method)")
        }
        return value
    }
}

extension BusError {
    /// firewalld's error code, such as "ALREADY_ENABLED". firewalld uses one D-Bus error name and puts the
    /// code before the text.
    var firewalldCode: Substring? {
        guard case .refused(_, "org.fedoraproject.FirewallD1.Exception", let text) = self else { return nil }
        return text.prefix { $0 != ":" }
    }
}
