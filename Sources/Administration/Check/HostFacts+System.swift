// SPDX-License-Identifier: GPL-2.0-or-later
internal import Control
internal import Firewalls
internal import Platform

extension HostFacts {
    /// Reads what any user may know, in the calling thread's network namespace.
    mutating func readSystem() throws(SystemError) {
        daemonProcess = try RunningDaemon.process
        tunnel = try TeredoInterface.find()
        if let tunnel { tunnelName = tunnel.name }
        ipv6 = try Self.ipv6State(tunnel: tunnelName)
        legacyTables = LegacyTables.inUse(of: .iptables)
        legacyTables6 = LegacyTables.inUse(of: .ip6tables)
    }

    /// Sees whether a daemon that runs answers in this directory. It is known to run without one: in which directory it
    /// answers is not asked unless the administrator names it.
    mutating func askDaemon(runtimeDirectory: String?) {
        guard daemonProcess != nil, let runtimeDirectory else { return }
        do throws(ControlError) {
            _ = try ControlClient(path: runtimeDirectory + "/control", timeout: .seconds(2)).status()
        } catch {
            daemonSilence = "\(error)"
        }
    }

    private static func ipv6State(tunnel: String) throws(SystemError) -> IPv6 {
        guard try IPv6Stack.isAvailable else { return .absent }
        // The tunnel's own setting counts once it is there; "all" and "default" decide what it will be.
        let names =
            NetworkInterface(named: tunnel) != nil ? [tunnel] : ["all", "default"]
        let off = names.filter { lines(of: "/proc/sys/net/ipv6/conf/\($0)/disable_ipv6") == ["1"] }
        return off.isEmpty ? .enabled : .disabled(off)
    }

    /// nil when the file may not be read, none when it does not exist.
    private static func lines(of path: String) -> [String]? {
        guard Files.exists(path) else { return [] }
        guard let bytes = try? Files.contents(of: path) else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
