// SPDX-License-Identifier: Apache-2.0

extension Teredo {
    /// The unicast addresses of the host as soon as they are stable (NotifyStableUnicastIpAddressTable).
    ///
    /// Addresses are stable when the search for duplicates of each has ended. Where nothing is plugged in it cannot
    /// end and is not waited for.
    ///
    /// - Parameter family: Which addresses are meant, also by being stable.
    /// - Returns: The addresses, in the kernel's order, in the network namespace of the calling thread.
    /// - Throws: ``TeredoError/other(_:)`` with 995 (ERROR_OPERATION_ABORTED) when the task is cancelled; shortages.
    public static func stableUnicastAddresses(
        family: AddressFamily = .any
    ) async throws(TeredoError) -> [UnicastAddress] {
        let (tables, table) = AsyncStream.makeStream(
            of: [UnicastAddress].self, bufferingPolicy: .bufferingNewest(1))
        switch try notifyStableUnicastAddresses(family: family, { table.yield($0) }) {
        case .stable(let addresses): return addresses
        case .pending(let registration):
            defer { withExtendedLifetime(registration) {} }
            for await addresses in tables { return addresses }
            throw .other(995)
        }
    }

    /// The unicast addresses of the host when they are stable, or a registration for the time when they are.
    ///
    /// The callback is called whenever they become stable, until the registration ends; who wants to know once ends
    /// it then. The rules of ``notifyPortChange(initial:user:unit:_:)`` hold.
    ///
    /// - Parameters:
    ///   - family: Which addresses are meant, also by being stable.
    ///   - callback: What to call with the addresses, in the kernel's order.
    /// - Returns: The addresses, or the registration.
    /// - Throws: ``TeredoError/notEnoughMemory`` and other shortages.
    public static func notifyStableUnicastAddresses(
        family: AddressFamily = .any, _ callback: @escaping @Sendable ([UnicastAddress]) -> Void
    ) throws(TeredoError) -> StableAddresses {
        try addressObserver.ask(family, callback)
    }

    /// The observer of the addresses in the network namespace of the calling thread.
    package static var addressObserver: AddressObserver {
        get throws(TeredoError) { try SharedState.current.addresses }
    }
}
