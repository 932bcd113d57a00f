// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import Planner

/// A transaction, encoded in advance, that replaces all openings by one port, which is filled in later.
struct PortMove {
    let transaction: PortTransaction
    /// The openings without their ports.
    private let withoutPorts: Openings
    private let lease: Duration

    /// Returns nil when transactions for two ports differ in more than the port.
    ///
    /// - Parameters:
    ///   - openings: The current openings; their ports do not matter.
    ///   - lease: The lease of the new opening.
    ///   - operations: Returns the operations that put other openings in their place.
    /// - Throws: The error of encoding.
    init?(
        from openings: Openings, lease: Duration, _ operations: (Openings) -> [Operation]
    ) throws(NftablesError) {
        var withoutPorts = openings
        withoutPorts.service = []
        let transaction = try PortTransaction { port in
            var next = withoutPorts
            next.service = [Opening(port)]
            return operations(next)
        }
        guard let transaction, !transaction.isEmpty else { return nil }
        self.transaction = transaction
        self.withoutPorts = withoutPorts
        self.lease = lease
    }

    /// True if the transaction was made for these openings, apart from their ports.
    func isFor(_ openings: Openings, lease: Duration) -> Bool {
        var withoutPorts = openings
        withoutPorts.service = []
        return withoutPorts == self.withoutPorts && lease == self.lease
    }

    /// True if the transaction results in these openings.
    func leads(to openings: Openings, lease: Duration) -> Bool {
        openings.service.count == 1 && openings.service[0].address == nil && isFor(openings, lease: lease)
    }
}
