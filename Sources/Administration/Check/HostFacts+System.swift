// SPDX-License-Identifier: GPL-2.0-or-later
internal import Control
internal import Firewalls
internal import Platform

extension HostFacts {
    /// Reads facts that need no privileges, in the calling thread's network namespace.
    mutating func readSystem() throws(SystemError) {
        daemonProcess = try RunningDaemon.process
        tunnel = try TeredoInterface.find()
        if let tunnel { tunnelName = tunnel.name }
        ipv6 = try Self.ipv6State(tunnel: tunnelName)
        legacyTables = LegacyTables.inUse(of: .iptables)
        legacyTables6 = LegacyTables.inUse(of: .ip6tables)
    }

    /// Checks that a running daemon answers in this directory. Does nothing without a directory, since the
    /// daemon's own is not known.
    mutating func callDaemon(runtimeDirectory: String?) {
        guard daemonProcess != nil, let runtimeDirectory else { return }
        do throws(ControlError) {
            _ = try ControlClient(path: runtimeDirectory + "/control", timeout: .seconds(2)).status()
        } catch {
            daemonError = "\(error)"
        }
    }

    private static func ipv6State(tunnel: String) throws(SystemError) -> IPv6 {
        guard try IPv6Stack.isAvailable else { return .absent }
        // The tunnel's own setting counts once it exists; "all" and "default" decide for a new interface.
        let names =
            NetworkInterface(named: tunnel) != nil ? [tunnel] : ["all", "default"]
        let off = names.filter { lines(of: "/proc/sys/net/ipv6/conf/\($0)/disable_ipv6") == ["1"] }
        return off.isEmpty ? .enabled : .disabled(off)
    }

    /// The lines of a file; nil when it cannot be read, empty when it does not exist.
    private static func lines(of path: String) -> [String]? {
        guard Files.exists(path) else { return [] }
        guard let bytes = try? Files.contents(of: path) else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
