// SPDX-License-Identifier: GPL-2.0-or-later
import TestSupport
import Testing

/// Tests the kernel's reports of binds: the daemon uses them where the kernel permits it, and works without
/// them elsewhere.
@Suite(.enabledAsRoot) struct BindReportTests {
    /// Within this time only a report of the kernel can lead to the port: without it, the daemon examines the
    /// sockets once a minute.
    private let atOnce = Duration.seconds(20)

    @Test func `a client without a tunnel device is served as soon as it binds`() async throws {
        try await Lab.withDaemonHost(HostFirewall.workstation) { _, host, _ in
            #expect(try await host.teredowallStatus().contains("the kernel reports each bind"))
            for port in [40000, 40001] as [UInt16] {
                let client = try host.bindAsClient(port)
                try await host.eventuallyOpen([port], within: atOnce)
                try await host.signal("KILL", client)
                try await host.eventuallyOpen([], within: atOnce)
            }
        }
    }

    @Test func `a client is served without reports of binds, and the status says that they are off`()
        async throws
    {
        try await Lab.withDaemonHost(HostFirewall.workstation, configuration: "[client]\nprobe = \"off\"\n") {
            _, host, daemon in
            #expect(
                try await host.teredowallStatus().contains("the kernel does not report binds (switched off)"))
            #expect(try BPFObjects(ofProcess: try await daemon.child()).isEmpty)
            try await host.eventuallyOpen([try await host.startedClient()])
        }
    }

    @Test func `a reload switches the reports of binds on, and the port stays open`() async throws {
        try await Lab.withDaemonHost(HostFirewall.workstation, configuration: "[client]\nprobe = \"off\"\n") {
            _, host, daemon in
            let port = try await host.startedClient()
            try await host.eventuallyOpen([port])
            try host.write("", to: "teredowalld.toml")
            try await host.signal("HUP", daemon)
            try await eventually("the reports of binds", seen: { daemon.text }) {
                try await host.teredowallStatus().contains("the kernel reports each bind")
            }
            #expect(try await host.openPorts()["inet filter"] == [port])
            try await host.signalClient("HUP")
            try await host.eventuallyOpen([try await host.clientPort(besides: port)])
        }
    }

    @Test(arguments: [
        // As in a unit without CAP_BPF.
        ("cannot make the ring buffer of the bind program: Operation not permitted", withoutBPF),
        // As in a container, in which the root of the cgroups is not visible.
        ("the root of the cgroup v2 tree is not visible", withoutControlGroups),
    ])
    func `a client is served where reports of binds are refused, and the reason is shown`(
        _ reason: String, _ prefix: [String]
    ) async throws {
        try await Lab.with { lab in
            let host = lab["host"]
            try await host.load(HostFirewall.workstation)
            let daemon = try host.start(
                "teredowalld", prefix + [built("teredowalld"), "--runtime-directory", host.runtimeDirectory])
            try await host.eventuallyOpen([], within: atOnce)
            let status = try await host.teredowallStatus()
            #expect(status.contains("the kernel does not report binds (\(reason))"), "\(status)")
            #expect(try await host.metrics().contains("probe_in_use{reason=\"\(reason)\"} 0"))
            let port = try await host.startedClient()
            try await host.eventuallyOpen([port])
            try await host.signalClient("TERM")
            try await host.eventuallyOpen([])
            #expect(try await host.stop(daemon) == 0, "\(daemon.text)")
        }
    }

    @Test func `daemons of two network namespaces each serve their own client`() async throws {
        try await Lab.withDaemonHost(HostFirewall.workstation, peers: ["peer"]) { lab, host, _ in
            let peer = lab["peer"]
            try await peer.load(HostFirewall.workstation)
            let second = try await peer.startDaemon(label: "second")
            let client = try host.bindAsClient(40000)
            try await host.eventuallyOpen([40000], within: atOnce)
            let clientOfPeer = try peer.bindAsClient(40001)
            try await peer.eventuallyOpen([40001], within: atOnce)
            #expect(try await host.openPorts()["inet filter"] == [40000])
            #expect(try await peer.stop(second) == 0)
            // When one daemon ends, the other keeps its reports.
            try await host.signal("KILL", client)
            try await host.eventuallyOpen([], within: atOnce)
            try await host.signal("KILL", clientOfPeer)
        }
    }

    @Test func `while the daemon is stopped all binds succeed, and it catches up afterwards`() async throws {
        try await Lab.withDaemonHost(HostFirewall.workstation) { _, host, daemon in
            let client = try host.bindAsClient(40000)
            try await host.eventuallyOpen([40000], within: atOnce)
            try await host.signal("STOP", daemon)
            // Many more binds than the ring buffer of the reports can hold, and as many of another user.
            for user in ["miredo", "nobody"] { try await host.bindAndClose(1000, as: user) }
            let otherUser = try host.bind(40001, as: "nobody")
            let nextClient = try host.bindAsClient(40002)
            for process in [otherUser, nextClient] {
                try await eventually("a socket", seen: { process.text }) { process.text == "bound\n" }
            }
            try await host.signal("KILL", client)
            // nsenter has stopped together with its child; SIGCONT resumes both.
            try runProgram("kill", ["-CONT", "\(daemon.identifier)"])
            try await host.eventuallyOpen([40002], within: atOnce)
            for process in [otherUser, nextClient] { try await host.signal("KILL", process) }
        }
    }

    @Test func `ten thousand binds of other users do not wake the daemon`() async throws {
        try await Lab.withDaemonHost(HostFirewall.workstation) { _, host, daemon in
            let client = try host.bindAsClient(40000)
            try await host.eventuallyOpen([40000], within: atOnce)
            let process = try await daemon.child()
            let before = try host.contextSwitches(of: process)
            try await host.bindAndClose(10_000, as: "nobody")
            // If binds of other users woke the daemon, there would be far more context switches.
            #expect(try host.contextSwitches(of: process) - before < 20)
            // Binds of the client's user do wake it.
            try await host.bindAndClose(50, as: "miredo", pause: 0.02)
            #expect(try host.contextSwitches(of: process) - before > 20)
            try await host.signal("KILL", client)
        }
    }

    @Test(arguments: ["TERM", "KILL"])
    func `the end of the daemon removes its BPF objects`(_ signal: String) async throws {
        try await Lab.with { lab in
            let host = lab["host"]
            let daemon = try await host.startDaemon()
            let objects = try BPFObjects(ofProcess: try await daemon.child())
            // Two links, two programs and two maps.
            #expect(objects.counts == [2, 2, 2], "\(objects)")
            #expect(try objects.present == objects)
            try await host.signal(signal, daemon)
            _ = try await daemon.end()
            try await eventually("the end of the BPF objects", seen: { "\(try objects.present)" }) {
                try objects.present.isEmpty
            }
        }
    }
}

/// The beginning of a command that runs without CAP_BPF. CAP_DAC_READ_SEARCH lets it reach the program in any
/// directory.
private let withoutBPF = [
    "setpriv", "--bounding-set", "-all,+net_admin,+dac_read_search", "--inh-caps", "-all", "--",
]
/// The beginning of a command that runs in a mount namespace without cgroup file systems. /proc/1 is empty, because the
/// daemon also looks for the tree in the mounts of process 1.
private let withoutControlGroups = [
    "unshare", "--mount", "--propagation", "private", "sh", "-ec",
    "umount -a -t cgroup2; mount -t tmpfs none /proc/1; exec \"$@\"", "sh",
]
