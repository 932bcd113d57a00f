// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables
import Planner

/// Conditions and whole rules of common host firewalls, as expressions.
enum Sample {
    static let established: [Expression] = state(6) + [.verdict(.accept)]
    static let invalid: [Expression] = state(1) + [.verdict(.drop)]
    static let ssh: [Expression] = tcp + port(22) + [.verdict(.accept)]
    /// A drop of packets from the sources in a named set, which is not read.
    static let blocklist: [Expression] = [
        .payload(.network, offset: 12, length: 4), .lookup(set: "blocked", inverted: false), .verdict(.drop),
    ]
    static let udpDrop: [Expression] = udp + [.verdict(.drop)]
    static let udpReject: [Expression] = udp + [.reject]
    static let tcpReject: [Expression] = tcp + [.reject]
    static let drop: [Expression] = [.verdict(.drop)]
    static let countedDrop: [Expression] = [.counter(packets: 7, bytes: 700), .verdict(.drop)]
    static let reject: [Expression] = [.reject]
    static let accept: [Expression] = [.verdict(.accept)]
    static let log: [Expression] = [.log]
    static let limitedLog: [Expression] = [.limit, .log]
    /// A reject of packets to this host (PACKET_HOST) up to a rate.
    static let limitedReject: [Expression] = [
        .meta(.packetType), .compare(.equal, [0]), .limit, .counter(packets: 1, bytes: 60), .reject,
    ]
    /// A drop of packets above a rate.
    static let floodDrop: [Expression] = [.other("limit over"), .verdict(.drop)]
    /// A log of new connections.
    static let newLog: [Expression] = state(8) + [.log]
    /// Sets the mark of packets (3 is NFT_META_MARK).
    static let setMark: [Expression] = [
        .instruction(.immediate([5, 0, 0, 0], to: 0)), .instruction(.setMeta(3, from: 0)),
    ]
    static let queue: [Expression] = [.other("queue")]
    /// A verdict map by the interface.
    static let verdictMap: [Expression] = [.meta(.interfaceNameIn), .verdictMap(map: "__map0")]
    /// A verdict map by the destination port.
    static let portMap: [Expression] = [
        .payload(.transport, offset: 2, length: 2), .verdictMap(map: "__map0"),
    ]
    /// A verdict map by the interface and the destination port. The port (of NFT_PAYLOAD_TRANSPORT_HEADER) stands
    /// after the 16 bytes of the interface's name.
    static let pairMap: [Expression] = [
        .meta(.interfaceNameIn), .instruction(.payload(base: 2, offset: 2, length: 2, to: 16)),
        .verdictMap(map: "__map0"),
    ]

    /// A return for packets whose destination (NFTA_FIB_F_DADDR) has the address type (NFT_FIB_RESULT_ADDRTYPE)
    /// RTN_LOCAL: it is an address of this host.
    static let returnLocal: [Expression] = [
        .instruction(.route(result: 3, flags: 2, to: 0)), .compare(.equal, [2, 0, 0, 0]), .verdict(.return),
    ]
    /// A return for packets from the sources in a named set, which is not read.
    static let returnFriends: [Expression] = blocklist.dropLast() + [.verdict(.return)]

    /// A condition: the interface is eth0.
    static let onEth0: [Expression] = [.meta(.interfaceNameIn), .compare(.equal, Array("eth0\0".utf8))]
    /// A condition: the index of the interface is in the set `__set0`, which has only the index 9 (`DefaultCase`).
    static let onInterface9: [Expression] = [
        .meta(.interfaceIndexIn), .lookup(set: "__set0", inverted: false),
    ]

    static let udp: [Expression] = [.meta(.layer4Protocol), .compare(.equal, [17])]
    static let tcp: [Expression] = [.meta(.layer4Protocol), .compare(.equal, [6])]
    static let ipv4: [Expression] = [.meta(.familyProtocol), .compare(.equal, [2])]
    static let ipv6: [Expression] = [.meta(.familyProtocol), .compare(.equal, [10])]

    /// Matches packets in the given states of connection tracking (NFT_CT_STATE, NF_CT_STATE_BIT): 1 is invalid, 2
    /// established, 4 related, 8 new.
    static func state(_ bits: UInt8) -> [Expression] {
        [
            .instruction(.connection(0, to: 0)),
            .instruction(.mask(from: 0, to: 0, [bits, 0, 0, 0], xor: [0, 0, 0, 0])),
            .compare(.notEqual, [0, 0, 0, 0]),
        ]
    }

    /// Matches packets to this port.
    static func port(_ port: UInt16) -> [Expression] {
        [
            .payload(.transport, offset: 2, length: 2),
            .compare(.equal, [UInt8(port >> 8), UInt8(truncatingIfNeeded: port)]),
        ]
    }

    static func jump(_ chain: String) -> [Expression] { [.verdict(.jump(chain))] }
    static func goto(_ chain: String) -> [Expression] { [.verdict(.goto(chain))] }
}

/// A chain and its rules, from which tests build rulesets.
struct ChainSample {
    var name: String
    var base: BaseChain?
    var rules: [[Expression]]
    var comment: String?

    init(_ name: String, comment: String? = nil, _ rules: [Expression]...) {
        self.name = name
        self.rules = rules
        self.comment = comment
    }

    init(_ name: String, _ base: BaseChain, comment: String? = nil, _ rules: [Expression]...) {
        self.name = name
        self.base = base
        self.rules = rules
        self.comment = comment
    }
}

extension BaseChain {
    static let inputDrop = BaseChain(hook: .input, policy: .drop)
    static let inputAccept = BaseChain(hook: .input)
    static let outputDrop = BaseChain(hook: .output, policy: .drop)
}

extension Openings {
    /// One port on every address, and a client's user.
    static let usual = Openings(ports: [41234], clientUser: 104)
}

extension WallTime {
    /// The present time in tests.
    static let test = WallTime(seconds: 1_795_669_200)
}

extension TableName {
    static let filter = TableName(.inet, "filter")
}

extension Ruleset {
    /// A ruleset that has one table.
    init(_ name: TableName, owner: UInt32? = nil, _ samples: ChainSample...) {
        self.init(generation: 1)
        add(name, owner: owner, samples)
    }

    mutating func add(_ name: TableName, owner: UInt32? = nil, _ samples: [ChainSample]) {
        apply(.addTable(Table(name, owner: owner)))
        for sample in samples {
            apply(.addChain(Chain(ChainName(name, sample.name), base: sample.base, comment: sample.comment)))
        }
        for sample in samples {
            for expressions in sample.rules { append(expressions, to: ChainName(name, sample.name)) }
        }
    }

    /// Adds a rule. The rule is foreign unless its comment is one of teredowalld's.
    mutating func append(
        _ expressions: [Expression], comment: String? = nil, to chain: ChainName, at index: Int? = nil
    ) {
        let rule = Rule(chain: chain, handle: nextHandle, expressions: expressions, comment: comment)
        insert(rule, at: index ?? rules[chain, default: []].count)
    }
}
