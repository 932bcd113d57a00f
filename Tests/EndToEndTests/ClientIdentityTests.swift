// SPDX-License-Identifier: GPL-2.0-or-later
import TestSupport
import Testing

/// Tests which sockets teredowalld recognises as the client's service socket, and which not.
@Suite(.enabledAsRoot) struct ClientIdentityTests {
    @Test func `a client bound to port 3544 is served`() async throws {
        try await Lab.withDaemonHost { _, host, _ in
            #expect(try await host.startedClient("ServerAddress 5.5.5.1\nBindPort 3544") == 3544)
            try await host.eventuallyOpen([3544])
        }
    }

    @Test func `a client bound to one address is served`() async throws {
        try await Lab.withDaemonHost { _, host, _ in
            let port = try await host.startedClient("ServerAddress 5.5.5.1\nBindAddress 6.6.6.2")
            #expect(try await host.clientSockets() == ["6.6.6.2:\(port)"])
            try await host.eventuallyOpen([port])
        }
    }

    @Test func `a relay is served`() async throws {
        try await Lab.withDaemonHost { _, host, _ in
            try await host.eventuallyOpen([try await host.startedClient("RelayType relay\nPrefix 2001:0::")])
        }
    }

    @Test func `the client's DNS sockets open nothing`() async throws {
        // Not the strict firewall: there the DNS query would fail at once.
        try await Lab.withDaemonHost(HostFirewall.workstation) { _, host, _ in
            // A name server that never answers, configured only inside this lab.
            try host.write("nameserver 5.5.5.77\n", to: "resolv.conf")
            // /etc/resolv.conf may be a link into /run, which is empty in the lab.
            try await host.shell(
                """
                target=$(readlink -m /etc/resolv.conf)
                [[ -e $target ]] || install -D /dev/null "$target"
                mount --bind "$lab/resolv.conf" "$target"
                """)
            let port = try await host.startedClient("ServerAddress teredo.example.net")
            try await eventually("a DNS socket of the client", seen: { host.lab.logs }) {
                try await host.run("ss", "-Huanp", "state", "connected").split(separator: "\n")
                    .contains { $0.contains(":53 ") && $0.contains("((\"miredo\",") }
            }
            try await host.eventuallyOpen([port])
            // A new link makes the daemon examine the sockets, within half a second, while the DNS socket exists.
            try await host.run("ip", "link", "add", "another", "type", "veth")
            try await Task.sleep(for: .milliseconds(500))
            #expect(try await host.openPorts()["inet filter"] == [port])
        }
    }

    @Test func `a Teredo server on the host opens nothing`() async throws {
        try await Lab.withDaemonHost { _, host, _ in
            try await host.run("ip", "address", "add", "6.6.6.3/24", "dev", "eth0")
            try host.write("ServerBindAddress 6.6.6.2\nServerBindAddress2 6.6.6.3\n", to: "own.conf")
            try await host.shell(
                """
                lab_start own host miredo-server -f -c "$lab/own.conf" -p "$lab/own.pid"
                lab_await 10 'the Teredo server' lab_listens host 6.6.6.3:3544
                """)
            let port = try await host.startedClient()
            try await host.eventuallyOpen([port])
            try await host.signalClient("TERM")
            try await host.eventuallyOpen([])
        }
    }

    @Test func `a program of another user named miredo opens nothing`() async throws {
        try await Lab.withDaemonHost { _, host, _ in
            let program =
                #"use Socket; socket($s, AF_INET, SOCK_DGRAM, 0) or die;"#
                + #" bind($s, sockaddr_in($ARGV[0], INADDR_ANY)) or die; sleep 600"#
            try await host.shell("cp /usr/bin/perl $lab/miredo")
            let impostor = try host.start(
                "impostor", "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                "/run/lab/miredo", "-e", program, "40000")
            try await eventually("the impostor's socket", seen: { impostor.text }) {
                try await host.clientSockets() == ["0.0.0.0:40000"]
            }
            // The real client starts after the impostor. When its port is open, the daemon has examined the
            // sockets without opening the impostor's port.
            try await host.startClient()
            let port = try await eventually("the client's socket", seen: { host.lab.logs }) {
                try await host.clientSockets().compactMap { UInt16($0.split(separator: ":")[1]) }
                    .first { $0 != 40000 }
            }
            try await host.eventuallyOpen([port])
            try await host.signal("KILL", impostor)
        }
    }

    @Test func `a client in another network namespace opens nothing`() async throws {
        try await Lab.withDaemonHost(peers: ["peer"]) { lab, host, _ in
            _ = try await lab["peer"].startedClient()
            let port = try await host.startedClient()
            try await host.eventuallyOpen([port])
            #expect(try await lab["peer"].ruleset().isEmpty)
        }
    }
}
