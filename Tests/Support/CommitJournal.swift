// SPDX-License-Identifier: GPL-2.0-or-later

/// What `nft -a monitor` told: every commit to a ruleset, by whom, and what changed in it.
public struct CommitJournal: Sendable {
    /// Prints it until standard input ends, as shell commands.
    public static let monitor = "nft -a monitor & cat >/dev/null; kill $!; wait"

    public struct Commit: Sendable {
        public let generation: Int
        public let program: String
        public let changes: [String]
    }

    /// What is committed while `body` runs, by the word of a `monitor` that runs in the same namespace as the commands
    /// of `shell`.
    public static func of(
        _ monitor: BackgroundProcess, shell: (String) async throws -> String,
        during body: () async throws -> Void
    ) async throws -> CommitJournal {
        func awaitWord(_ name: String) async throws {
            try await eventually("the monitor", seen: { monitor.text }) {
                _ = try await shell("nft add table ip \(name); nft delete table ip \(name)")
                return monitor.text.contains("delete table ip \(name)")
            }
        }
        try await awaitWord("journal-begins")
        try await body()
        try await awaitWord("journal-ends")
        try monitor.closeInput()
        _ = try await monitor.end()
        return try CommitJournal(monitor.text)
    }

    public private(set) var commits: [Commit] = []

    /// - Throws: when commits are missing, for then nothing can be said about all of them.
    public init(_ monitored: String) throws {
        var changes: [String] = []
        for line in monitored.split(separator: "\n") {
            guard let end = line.wholeMatch(of: /# new generation (\d+) by process -?\d+ \((.*)\)/) else {
                if !line.hasPrefix("#") { changes.append(String(line)) }
                continue
            }
            let generation = Int(end.1) ?? 0
            if let last = commits.last, last.generation + 1 != generation {
                throw CommandFailure(
                    command: "nft monitor", status: -1,
                    output: "generation \(generation) after \(last.generation)",
                    errors: "")
            }
            commits.append(Commit(generation: generation, program: String(end.2), changes: changes))
            changes = []
        }
    }

    /// What teredowalld changed, in any of its commits, that opens more than the exceptions for these ports and this
    /// user, or touches what is somebody else's.
    public func excesses(ports: Set<Int>, user: Int) -> [String] {
        var ours: Set<Substring> = []
        return commits.filter { $0.program == "teredowalld" }.flatMap { commit in
            commit.changes.filter { !Self.isAllowed($0, ports: ports, user: user, ours: &ours) }
                .map { "generation \(commit.generation): \($0)" }
        }
    }

    private static func isAllowed(
        _ change: String, ports: Set<Int>, user: Int, ours: inout Set<Substring>
    ) -> Bool {
        guard
            let parts = change.wholeMatch(
                of: /(add|insert|create|delete) (table|set|chain|rule|element) (\w+ \S+) ?(\S*) ?(.*)/)
        else { return false }
        let (_, verb, kind, table, name, rest) = parts.output
        let isOurs = table == "inet teredowall" || name.hasPrefix("teredowall-")
        switch (verb, kind) {
        case ("delete", "rule") where !isOurs:
            return ours.contains("\(table) \(name) \(rest.trimmingPrefix("handle "))"[...])
        case ("delete", _): return isOurs
        case (_, "rule") where isOurs: return opens(rest, in: name, ports: ports, user: user)
        case (_, "rule"):
            // Where it stands, what it does, and its own handle.
            let jump = rest.wholeMatch(
                of: /(?:handle \d+ )?jump teredowall-(?:in|out)put(?: comment ".*")? # handle (\d+)/)
            // In tables of iptables they stand in whatever chain the default is in, of either direction.
            let isException = ["input", "output"].contains { direction in
                opens(rest, in: "foreign-\(direction)", ports: ports, user: user)
            }
            guard jump != nil || isException, let handle = rest.split(separator: " ").last else {
                return false
            }
            ours.insert("\(table) \(name) \(handle)"[...])
            return true
        case (_, "element"):
            guard isOurs,
                let element = rest.wholeMatch(of: /{ (?:[\d.]+ \. )?(\d+) timeout \w+ expires \w+ }/)
            else { return false }
            let value = Int(element.1) ?? 0
            return name.hasSuffix("static") ? value == 3544 : ports.contains(value)
        default: return isOurs
        }
    }

    /// Whether a rule of ours is one of the exceptions, and holds for a time only.
    private static func opens(_ rule: Substring, in chain: Substring, ports: Set<Int>, user: Int) -> Bool {
        let tail = /( meta time "[-0-9: ]+"-"[-0-9: ]+" )? ?counter packets \d+ bytes \d+ accept.*/
        guard let end = rule.firstMatch(of: tail) else { return false }
        let match = rule[..<end.range.lowerBound].trimmingPrefix("handle ")
            .drop { $0.isNumber }.trimmingPrefix(" ")
        let isTimed = end.1 != nil
        let isInput = chain.hasSuffix("input")
        // In the chains of others nothing but what ends by itself.
        guard isTimed || chain.hasPrefix("teredowall-") || ["input", "output"].contains(chain) else {
            return false
        }
        let sets = chain.hasPrefix("teredowall-") ? "@teredowall-" : "@"
        var allowed: Set<String>
        if isTimed {
            allowed = Set(ports.map { "meta l4proto udp udp \(isInput ? "d" : "s")port \($0)" })
            allowed.insert(
                isInput
                    ? "meta l4proto udp ip daddr 224.0.0.253 udp dport 3544"
                    : "meta l4proto udp udp dport 3544 skuid \(user)")
        } else {
            // The elements of the sets are what holds for a time.
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
