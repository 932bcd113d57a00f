// SPDX-License-Identifier: GPL-2.0-or-later

/// The output of `nft -a monitor`: every commit to a ruleset, its author, and its changes.
public struct CommitJournal: Sendable {
    /// Shell commands that print commits until the end of standard input.
    public static let monitor = "nft -a monitor & cat >/dev/null; kill $!; wait"

    public struct Commit: Sendable {
        /// The generation of the ruleset that the commit made.
        public let generation: Int
        /// The first 15 characters of the name of the program that committed.
        public let program: String
        /// The changes, as lines of `nft -a monitor`.
        public let changes: [String]
    }

    /// The commits during `body`. `monitor` is a process that runs the commands of ``CommitJournal/monitor`` in the
    /// namespace in which `shell` runs its commands; it has ended on return.
    public static func of(
        _ monitor: BackgroundProcess, shell: @Sendable (String) async throws -> String,
        during body: () async throws -> Void
    ) async throws -> CommitJournal {
        /// Makes and deletes a table until the monitor has reported it: all earlier commits are then
        /// reported too.
        func awaitMarker(_ name: String) async throws {
            try await eventually("the monitor reports the table \(name)", seen: { monitor.text }) {
                _ = try await shell("nft add table ip \(name); nft delete table ip \(name)")
                return monitor.text.contains("delete table ip \(name)")
            }
        }
        try await awaitMarker("journal-begins")
        try await body()
        try await awaitMarker("journal-ends")
        try monitor.closeInput()
        _ = try await monitor.end()
        return try CommitJournal(monitor.text)
    }

    /// The commits in their order.
    public private(set) var commits: [Commit] = []

    /// Reads the output of `nft -a monitor`.
    ///
    /// - Throws: ``CommandFailure`` when a generation between two commits is missing.
    public init(_ monitored: String) throws {
        var changes: [String] = []
        for line in monitored.split(separator: "\n") {
            // Such a line follows the changes of its commit.
            guard let commit = line.wholeMatch(of: /# new generation (\d+) by process -?\d+ \((.*)\)/) else {
                if !line.hasPrefix("#") { changes.append(String(line)) }
                continue
            }
            let generation = Int(commit.1) ?? 0
            if let last = commits.last, last.generation + 1 != generation {
                throw CommandFailure(
                    command: "nft monitor", status: -1,
                    output: "generation \(generation) after \(last.generation)",
                    errors: "")
            }
            commits.append(Commit(generation: generation, program: String(commit.2), changes: changes))
            changes = []
        }
    }

    /// The changes of teredowalld, in any of its commits, that open more than the exceptions for these ports
    /// and this user, or that concern foreign objects other than teredowalld's own rules in foreign chains.
    public func disallowedChanges(ports: Set<Int>, user: Int) -> [String] {
        var addedRules: Set<Substring> = []
        return commits.filter { $0.program == "teredowalld" }.flatMap { commit in
            commit.changes.filter {
                !Self.isAllowed($0, ports: ports, user: user, addedRules: &addedRules)
            }
            .map { "generation \(commit.generation): \($0)" }
        }
    }

    /// `addedRules` has the rules that teredowalld has added to foreign chains (table, chain, handle): only
    /// these may be deleted there.
    private static func isAllowed(
        _ change: String, ports: Set<Int>, user: Int, addedRules: inout Set<Substring>
    ) -> Bool {
        guard
            let parts = change.wholeMatch(
                of: /(add|insert|create|delete) (table|set|chain|rule|element) (\w+ \S+) ?(\S*) ?(.*)/)
        else { return false }
        let (_, verb, kind, table, name, rest) = parts.output
        let isOurs = table == "inet teredowall" || name.hasPrefix("teredowall-")
        switch (verb, kind) {
        case ("delete", "rule") where !isOurs:
            return addedRules.contains("\(table) \(name) \(rest.trimmingPrefix("handle "))"[...])
        case ("delete", _): return isOurs
        case (_, "rule") where isOurs: return isTimedException(rest, in: name, ports: ports, user: user)
        case (_, "rule"):
            // The rule's position, effect, and handle.
            let jump = rest.wholeMatch(
                of: /(?:handle \d+ )?jump teredowall-(?:in|out)put(?: comment ".*")? # handle (\d+)/)
            // In iptables' tables the exceptions are in the chain that has the default. Its name does not
            // show the direction, so accept the exceptions of both: isTimedException reads the direction from the
            // end of a chain's name.
            let isException = ["input", "output"].contains { direction in
                isTimedException(rest, in: "foreign-\(direction)", ports: ports, user: user)
            }
            guard jump != nil || isException, let handle = rest.split(separator: " ").last else {
                return false
            }
            addedRules.insert("\(table) \(name) \(handle)"[...])
            return true
        case (_, "element"):
            guard isOurs,
                let element = rest.wholeMatch(of: /{ (?:[\d.]+ \. )?(\d+) timeout \w+ expires \w+ }/)
            else { return false }
            let value = Int(element.1) ?? 0
            // The set for standing rules, or a set of open ports.
            return name.hasSuffix("static") ? value == 3544 : ports.contains(value)
        default: return isOurs
        }
    }

    /// Whether a rule of this chain is one of the exceptions, with a time limit in the rule or in the set that it
    /// refers to. The name of a chain for input ends in "input".
    private static func isTimedException(_ rule: Substring, in chain: Substring, ports: Set<Int>, user: Int)
        -> Bool
    {
        // The end of an exception: its time range if the rule has one, the counter, and the verdict.
        let tail = /( meta time "[-0-9: ]+"-"[-0-9: ]+" )? ?counter packets \d+ bytes \d+ accept.*/
        guard let end = rule.firstMatch(of: tail) else { return false }
        // What precedes that end, without the position ("handle 21 ") with which nft prints an inserted rule.
        let match = rule[..<end.range.lowerBound].trimmingPrefix("handle ")
            .drop { $0.isNumber }.trimmingPrefix(" ")
        let isTimed = end.1 != nil
        let isInput = chain.hasSuffix("input")
        // In foreign chains each rule must have a time limit. `input` and `output` are the chains of the table
        // inet teredowall, whose sets have names without a prefix.
        guard isTimed || chain.hasPrefix("teredowall-") || ["input", "output"].contains(chain) else {
            return false
        }
        let sets = chain.hasPrefix("teredowall-") ? "@teredowall-" : "@"
        var allowed: Set<String>
        if isTimed {
            // As nft lists rules that iptables made.
            allowed = Set(ports.map { "meta l4proto udp udp \(isInput ? "d" : "s")port \($0)" })
            allowed.insert(
                isInput
                    ? "meta l4proto udp ip daddr 224.0.0.253 udp dport 3544"
                    : "meta l4proto udp udp dport 3544 skuid \(user)")
        } else {
            // The set elements have the time limit.
            allowed =
                isInput
                ? [
                    "meta nfproto ipv4 udp dport \(sets)ports",
                    "ip daddr . udp dport \(sets)addresses",
                    "ip daddr 224.0.0.253 udp dport \(sets)static",
                ]
                : [
                    "meta nfproto ipv4 udp sport \(sets)ports",
                    "ip saddr . udp sport \(sets)addresses",
                    "meta nfproto ipv4 udp dport \(sets)static meta skuid \(user)",
                ]
        }
        return allowed.contains(String(match))
    }
}
