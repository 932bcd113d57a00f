// SPDX-License-Identifier: Apache-2.0

extension Teredo {
    /// Waits until the host's unicast addresses are stable, and returns them
    /// (NotifyStableUnicastIpAddressTable).
    ///
    /// Addresses are stable when duplicate address detection has ended for each. On an interface without a
    /// carrier it cannot end and is not waited for.
    ///
    /// - Parameter family: The family of the addresses to wait for and to return.
    /// - Returns: The addresses, in the kernel's order, in the network namespace of the calling thread.
    /// - Throws: ``TeredoError/other(_:)`` with 995 (ERROR_OPERATION_ABORTED) when the task is cancelled, or
    ///   an error when memory, descriptors or threads are short.
    public static func stableUnicastAddresses(
        family: AddressFamily = .any
    ) async throws(TeredoError) -> [UnicastAddress] {
        let (tables, continuation) = AsyncStream.makeStream(
            of: [UnicastAddress].self, bufferingPolicy: .bufferingNewest(1))
        switch try notifyStableUnicastAddresses(family: family, { continuation.yield($0) }) {
        case .stable(let addresses): return addresses
        case .pending(let registration):
            defer { withExtendedLifetime(registration) {} }
            for await addresses in tables { return addresses }
            throw .other(TeredoError.operationAborted)
        }
    }

    /// Returns the host's unicast addresses if they are stable, otherwise a registration for the time when
    /// they are.
    ///
    /// The callback is called whenever the addresses become stable, until the registration ends. For a single
    /// call, release the registration in the callback, or cancel it outside the callback. The rules of
    /// ``notifyPortChange(initial:user:unit:_:)`` apply.
    ///
    /// - Parameters:
    ///   - family: The family of the addresses to wait for and to return.
    ///   - callback: Called with the addresses, in the kernel's order, on a thread of the library.
    /// - Returns: The addresses, or the registration.
    /// - Throws: ``TeredoError/notEnoughMemory``, or another error when descriptors or threads are short.
    public static func notifyStableUnicastAddresses(
        family: AddressFamily = .any, _ callback: @escaping @Sendable ([UnicastAddress]) -> Void
    ) throws(TeredoError) -> StableAddresses {
        try addressObserver.request(family, callback)
    }

    /// The observer of the addresses in the network namespace of the calling thread.
    package static var addressObserver: AddressObserver {
        get throws(TeredoError) { try SharedState.current.addressObserver }
    }
}
