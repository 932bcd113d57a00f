// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Nftables
import Planner
import Platform
import TestSupport
import Testing

private let port: UInt16 = 41234

/// The rules that Docker keeps in iptables' tables beside an administrator's policy.
private let dockerRules = """
    *nat
    :PREROUTING ACCEPT [0:0]
    :INPUT ACCEPT [0:0]
    :OUTPUT ACCEPT [0:0]
    :POSTROUTING ACCEPT [0:0]
    :DOCKER - [0:0]
    -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
    -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
    -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
    -A DOCKER -i docker0 -j RETURN
    COMMIT
    *filter
    :INPUT DROP [0:0]
    :FORWARD DROP [0:0]
    :OUTPUT ACCEPT [0:0]
    :DOCKER - [0:0]
    :DOCKER-ISOLATION-STAGE-1 - [0:0]
    :DOCKER-ISOLATION-STAGE-2 - [0:0]
    :DOCKER-USER - [0:0]
    -A INPUT -i lo -j ACCEPT
    -A FORWARD -j DOCKER-USER
    -A FORWARD -j DOCKER-ISOLATION-STAGE-1
    -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    -A FORWARD -o docker0 -j DOCKER
    -A FORWARD -i docker0 ! -o docker0 -j ACCEPT
    -A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
    -A DOCKER-ISOLATION-STAGE-1 -j RETURN
    -A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
    -A DOCKER-ISOLATION-STAGE-2 -j RETURN
    -A DOCKER-USER -j RETURN
    COMMIT

    """

@Suite(.enabledAsRoot) struct DockerTests {
    @Test func `Docker's rules stay as they are, and Docker's later commands succeed`() async throws {
        try await IptablesHost.with { host in
            try host.run("iptables-restore", input: dockerRules)
            let before = try (saved: host.saved(), listing: host.network.listing())
            let traffic = try Traffic(host: host.network, peer: host.peer, ports: [port, port + 1])
            #expect(try !traffic.comesIn(to: port))

            let firewall = try host.firewall()
            let openings = Openings(ports: [port], clientUser: 0)
            let result = try firewall.reconcile(openings, policy: Policy())
            #expect(result.plan.leftAlone == [])
            // The attachments before the last one are in the table `teredowall`.
            #expect(result.plan.attachments.last?.chains == [ChainName(TableName(.ip, "filter"), "INPUT")])
            #expect(try traffic.withLongWait.comesIn(to: port))
            #expect(try !traffic.comesIn(to: port + 1))
            let foreign = try host.saved().filter { !$0.contains("teredowall") }
            #expect(foreign == before.saved)

            // The commands of Docker when a container with a published port starts and ends.
            let published = "-d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT"
            try host.shell(
                """
                iptables --wait -t filter -A DOCKER \(published)
                iptables --wait -t filter -C DOCKER \(published)
                iptables --wait -t nat -A DOCKER ! -i docker0 -p tcp --dport 8080 -j DNAT --to 172.17.0.2:80
                iptables --wait -t filter -L -n >/dev/null
                iptables --wait -t filter -D DOCKER \(published)
                iptables --wait -t nat -D DOCKER ! -i docker0 -p tcp --dport 8080 -j DNAT --to 172.17.0.2:80
                """)
            #expect(try firewall.plan(openings, policy: Policy()).operations == [])
            #expect(try traffic.withLongWait.comesIn(to: port))

            _ = try firewall.reconcile(nil, policy: Policy())
            #expect(try !traffic.comesIn(to: port))
            #expect(try host.saved() == before.saved)
            #expect(try host.network.listing() == before.listing)
        }
    }
}
