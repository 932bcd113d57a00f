// SPDX-License-Identifier: Apache-2.0

/// The address families to select from.
public enum AddressFamily: Hashable, Sendable, CaseIterable {
    case any, ipv4, ipv6
}
