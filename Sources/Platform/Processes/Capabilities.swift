// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// The privileges of the calling thread.
public enum Capabilities {
    /// True when CAP_NET_ADMIN is in effect, so that the firewall of the network namespace can be changed.
    public static var includeNetworkAdministration: Bool {
        var capabilities: UInt64 = 0
        guard unsafe clinux_effective_capabilities(&capabilities) == 0 else { return false }
        return capabilities >> UInt64(CLINUX_CAP_NET_ADMIN) & 1 == 1
    }
}
