// SPDX-License-Identifier: Apache-2.0

/// The result of a request for stable addresses.
public enum StableAddresses: Sendable {
    /// The addresses are stable. The callback will not be called.
    case stable([UnicastAddress])
    /// The addresses are not stable: the callback is called whenever they become stable, as long as the
    /// registration is retained.
    case pending(TeredoRegistration)
}
