// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import Planner

/// The move of all openings to one port, whichever it will be, as a transaction that is encoded ahead.
struct PortMove {
    let transaction: PortTransaction
    /// Everything about the openings but their ports.
    private let rules: Openings
    private let lease: Duration

    /// nil when more than the port would differ from one port to another.
    ///
    /// - Parameters:
    ///   - openings: What is open; its ports do not matter.
    ///   - lease: How long the opening will live.
    ///   - operations: What opens other ports in their place.
    /// - Throws: What encoding throws.
    init?(
        from openings: Openings, lease: Duration, _ operations: (Openings) -> [Operation]
    ) throws(NftablesError) {
        var rules = openings
        rules.service = []
        let transaction = try PortTransaction { port in
            var next = rules
            next.service = [Opening(port)]
            return operations(next)
        }
        guard let transaction, !transaction.isEmpty else { return nil }
        self.transaction = transaction
        self.rules = rules
        self.lease = lease
    }

    /// Whether it is prepared for what these openings would become, whatever their ports.
    func isFor(_ openings: Openings, lease: Duration) -> Bool {
        var rules = openings
        rules.service = []
        return rules == self.rules && lease == self.lease
    }

    /// Whether these openings are where it leads.
    func leads(to openings: Openings, lease: Duration) -> Bool {
        openings.service.count == 1 && openings.service[0].address == nil && isFor(openings, lease: lease)
    }
}
