// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

extension [TimedElement] {
    /// True if these listed elements are the wanted ones, with at least half of their lease left.
    func areCurrent(for wanted: [TimedElement]) -> Bool {
        guard Set(map(\.opening)) == Set(wanted.map(\.opening)) else { return false }
        return allSatisfy { found in
            guard let lease = wanted.first(where: { $0.opening == found.opening })?.timeout,
                let timeout = found.timeout, let remaining = found.remaining
            else { return false }
            // The kernel counts time in ticks of up to 10 ms, so a listed timeout may differ by one tick.
            return (timeout - lease).magnitude < .milliseconds(20) && remaining * 2 >= lease
        }
    }
}

extension TimedElement {
    /// The opening that the element represents.
    fileprivate var opening: Opening { Opening(port, at: address) }
}

extension Duration {
    fileprivate var magnitude: Duration { self < .zero ? .zero - self : self }
}
