// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport

/// The firewall of a host, loaded and listed by nft.
extension Host {
    /// Loads nft text, for example that of a firewall.
    func load(_ text: String) async throws { try await run("nft", "-f", "-", input: text) }

    /// The whole ruleset without the values of counters, for a comparison byte by byte.
    func ruleset() async throws -> String { try await run("nft", "-s", "list", "ruleset") }

    /// The tables of the ruleset, sorted by name, without remaining timeouts.
    func timelessRuleset() async throws -> [String] {
        try await ruleset().replacing(#/ expires \w+/#, with: "").components(separatedBy: "\n}\n").sorted()
    }

    /// The ports that are open now, by table: the elements of teredowall's sets, with and without an address.
    func openPorts() async throws -> [String: Set<UInt16>] {
        var ports: [String: Set<UInt16>] = [:]
        for object in try await objects("set") {
            let table = "\(object["family"] ?? "") \(object["table"] ?? "")"
            let prefix = table == "inet teredowall" ? "" : "teredowall-"
            guard let name = object["name"] as? String,
                [prefix + "ports", prefix + "addresses"].contains(name)
            else { continue }
            let elements = object["elem"] as? [Any] ?? []
            ports[table, default: []].formUnion(elements.compactMap(Self.port(of:)))
        }
        return ports
    }

    /// Waits until exactly these ports are open in each of the tables: teredowall's own and the host's.
    func eventuallyOpen(
        _ ports: Set<UInt16>, in tables: [String] = ["inet filter", "inet teredowall"],
        within limit: Duration = .seconds(30)
    ) async throws {
        let wanted = Dictionary(uniqueKeysWithValues: tables.map { ($0, ports) })
        try await eventually(
            "open: \(ports.sorted())", within: limit,
            seen: { "\(try await openPorts())\n\(try await ruleset())" }
        ) { try await openPorts() == wanted }
    }

    /// The sum of the packet counters of the rules of one chain that look up `set`.
    func packets(_ chain: String, _ set: String, table: String = "filter") async throws -> Int {
        var sum = 0
        for rule in try await objects("rule")
        where rule["table"] as? String == table && rule["chain"] as? String == chain {
            let statements = rule["expr"] as? [[String: Any]] ?? []
            let looksUpSet = statements.contains {
                ($0["match"] as? [String: Any])?["right"] as? String == "@\(set)"
            }
            guard looksUpSet else { continue }
            sum += statements.compactMap { ($0["counter"] as? [String: Any])?["packets"] as? Int }.reduce(
                0, +)
        }
        return sum
    }

    /// The objects of one kind, for example "rule", in the JSON listing of the ruleset.
    private func objects(_ kind: String) async throws -> [[String: Any]] {
        let text = try await run("nft", "-j", "list", "ruleset")
        let root = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return (root?["nftables"] as? [[String: Any]] ?? []).compactMap { $0[kind] as? [String: Any] }
    }

    /// The port in an element of the JSON form: a number, or an address and a number, either of them possibly
    /// inside an object with a timeout.
    private static func port(of element: Any) -> UInt16? {
        let value = ((element as? [String: Any])?["elem"] as? [String: Any])?["val"] ?? element
        let parts = (value as? [String: Any])?["concat"] as? [Any]
        return ((parts?.last ?? value) as? Int).flatMap { UInt16(exactly: $0) }
    }
}
