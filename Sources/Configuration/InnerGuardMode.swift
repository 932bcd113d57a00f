// SPDX-License-Identifier: GPL-2.0-or-later

/// The values of `inner.guard`.
public enum InnerGuardMode: String, Hashable, Sendable, CaseIterable {
    /// IPv6 packets from the tunnel are not filtered.
    case off
    /// Unsolicited IPv6 packets from the tunnel are dropped.
    case unsolicited
}
