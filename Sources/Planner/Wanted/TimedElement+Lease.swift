// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

extension [TimedElement] {
    /// True if these listed elements are the wanted ones, with at least half of their lease left.
    func areCurrent(for wanted: [TimedElement]) -> Bool {
        guard Set(map(\.identity)) == Set(wanted.map(\.identity)) else { return false }
        return allSatisfy { found in
            guard let lease = wanted.first(where: { $0.identity == found.identity })?.timeout,
                let timeout = found.timeout, let remaining = found.remaining
            else { return false }
            // The kernel counts time in ticks of up to 10 ms, so a listed timeout may differ by a tick: allow less than
            // two.
            return (timeout - lease).magnitude < .milliseconds(20) && remaining * 2 >= lease
        }
    }
}

extension TimedElement {
    /// The port and address by which elements of one set differ; in a set of protocols, the protocol as a port.
    fileprivate var identity: Opening { Opening(port, at: address) }
}

extension Duration {
    fileprivate var magnitude: Duration { self < .zero ? .zero - self : self }
}
