// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// A table whose rules trace test packets and drop them at the end, before they reach a program or the
/// network. It is owned by the socket that created it, and the kernel removes it when that socket is closed.
struct ProbeTable {
    /// The points at which a test packet is seen, in order. All but the first are hooks of the host's IPv4
    /// stack; "first" and "last" are relative to all chains of the hook. The raw values are names of chains,
    /// and must not be keywords of nft.
    enum Stage: String, CaseIterable, Sendable {
        /// First at the interface's ingress hook.
        case interface
        /// First in prerouting.
        case arrival
        /// Last in prerouting.
        case routing
        /// First and last in input.
        case entry, delivery
        /// First and last in forward.
        case transit, forwarding
        /// First and last in output.
        case sending, sent
        /// Last in postrouting.
        case departure
    }

    let name: TableName
    private let cookie: ProbeCookie
    private let device: String?

    /// NFT_TABLE_F_OWNER
    private static let owner: UInt32 = 2
    private static let prefix = "teredowall-check-"
    /// The last priority before Int32.max, at which the kernel confirms tracked connections: a packet that is
    /// dropped here leaves no connection.
    private static let last = Int32.max - 1

    /// `ownerPort` is the netlink port of the owning socket. `device` is the interface at which packets come in;
    /// nil if the kernel lacks the ingress hook.
    init(ownerPort: UInt32, cookie: ProbeCookie, device: String?) {
        name = TableName(.inet, "\(Self.prefix)\(ownerPort)")
        self.cookie = cookie
        self.device = device
    }

    /// True for the table of any prober, also of another process.
    static func isProbeTable(_ name: TableName) -> Bool {
        name.family == .inet && name.name.hasPrefix(prefix)
    }

    func chain(_ stage: Stage) -> ChainName { ChainName(name, stage.rawValue) }

    /// The stage of a chain; nil for chains of other tables.
    func stage(of chain: ChainName) -> Stage? { chain.table == name ? Stage(rawValue: chain.name) : nil }

    var operations: [Operation] {
        let stages = Stage.allCases.filter { $0 != .interface || device != nil }
        return [.addTable(Table(name, flags: Self.owner, comment: "teredowall: examines the firewall"))]
            + stages.map { .addChain(Chain(chain($0), base: base($0))) }
            + stages.flatMap { stage in rules(stage).map { .addRule($0, to: chain(stage), .last) } }
    }

    private func base(_ stage: Stage) -> BaseChain {
        switch stage {
        case .interface: BaseChain(hook: .ingress, priority: .min, device: device)
        case .arrival: BaseChain(hook: .prerouting, priority: .min)
        case .routing: BaseChain(hook: .prerouting, priority: Self.last)
        case .entry: BaseChain(hook: .input, priority: .min)
        case .delivery: BaseChain(hook: .input, priority: Self.last)
        case .transit: BaseChain(hook: .forward, priority: .min)
        case .forwarding: BaseChain(hook: .forward, priority: Self.last)
        case .sending: BaseChain(hook: .output, priority: .min)
        case .sent: BaseChain(hook: .output, priority: Self.last)
        case .departure: BaseChain(hook: .postrouting, priority: Self.last)
        }
    }

    private func rules(_ stage: Stage) -> [NewRule] {
        let isProbe = Statement.transportBytes(offset: ProbeCookie.offset, cookie.bytes)
        switch stage {
        case .interface, .arrival: return [NewRule([isProbe, .trace])]
        case .sending:
            // An ICMP error caused by a `reject` of a test packet must not leave the host.
            let isError = Statement.transportBytes(offset: ProbeCookie.offsetInError, cookie.bytes)
            return [NewRule([isError, .drop]), NewRule([isProbe, .trace])]
        case .delivery, .forwarding, .departure: return [NewRule([isProbe, .drop])]
        case .routing, .entry, .transit, .sent: return []
        }
    }
}
