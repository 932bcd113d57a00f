// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// What a chain does with a UDP packet over IPv4 that none of its rules is about.
enum ChainDefault: Hashable {
    case accepts
    /// It is dropped or rejected by the last rules of `chain`: by its rule number `tail` (our own not counted)
    /// and those that follow, or, when that is their count, by the policy.
    case denies(chain: ChainName, tail: Int)
    /// As ``denies(chain:tail:)``, but rules before that send some packets back to the chain that jumped here.
    case deniesUnlessReturned(chain: ChainName, tail: Int)
    /// It goes back to the chain that jumped here.
    case returns
    case unclear(String)
}

/// Where packets of some interface are denied by default: as in ``ChainDefault/denies(chain:tail:)``.
struct InterfaceDefault: Hashable {
    var chain: ChainName
    var tail: Int
}
