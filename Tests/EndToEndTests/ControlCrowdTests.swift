// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// Tests the control socket of a running daemon with many clients, some of them misbehaving.
@Suite(.enabledAsRoot) struct ControlCrowdTests {
    /// A Python program that connects in many incorrect ways, prints "ready", and keeps the connections until
    /// it is ended.
    private static let crowd = """
        import resource, socket, sys, time
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
        def connect():
            s = socket.socket(socket.AF_UNIX)
            s.connect(sys.argv[1])
            return s
        subscribe = b'{"method":"io.teredowall.Exceptions.Subscribe","more":true}\\0'
        held = [connect() for _ in range(900)]
        # Incomplete calls, subscriptions that are never read, and calls that are not valid.
        for _ in range(20):
            s = connect(); s.sendall(b'{"method":"io.tere'); held.append(s)
        for _ in range(20):
            s = connect(); s.sendall(subscribe); held.append(s)
        for garbage in (b'\\xff\\xfe\\0', b'[' * 60000 + b'\\0', b'{}\\0', b'\\0', b'null\\0'):
            s = connect(); s.sendall(garbage); held.append(s)
        # A call that does not end: the daemon must close the connection before 100 MB.
        endless = connect()
        try:
            for _ in range(1600): endless.sendall(b'x' * 65536)
            print("the daemon accepted 100 MB", flush=True)
        except (BrokenPipeError, ConnectionResetError):
            print("ready", flush=True)
        time.sleep(1000)
        """

    @Test func `many control clients cost little, and the port is still followed`() async throws {
        try await Lab.withDaemonHost { _, host, daemon in
            let first = try await host.startedClient()
            try await host.eventuallyOpen([first])
            let process = try await daemon.child()
            let before = try Self.residentBytes(of: process)
            let crowd = try host.start(
                "crowd", "/usr/bin/python3", "-c", Self.crowd, "\(host.runtimeDirectory)/control")
            try await eventually("the crowd", within: .seconds(60), seen: { crowd.text }) {
                crowd.text.contains("ready")
            }
            try await host.signalClient("HUP")
            let second = try await host.clientPort(besides: first)
            try await host.eventuallyOpen([second])
            let status = try await host.teredowall("status", "--runtime-directory", host.runtimeDirectory)
            #expect(status.status == 0 && status.text.contains("\(second)"), "\(status.text)")
            let growth = try Self.residentBytes(of: process) - before
            let fourMiB = 4 << 20
            #expect(growth < fourMiB, "grew by \(growth) bytes")
            try await host.signal("TERM", crowd)
            _ = try await crowd.end()
        }
    }

    @Test func `users other than root may read but not change`() async throws {
        try await Lab.withDaemonHost { _, host, _ in
            let words = [built("teredowall"), "--runtime-directory", host.runtimeDirectory]
            let status = try await host.outcome(asNobody + words + ["status", "--json"])
            #expect(status.status == 0 && status.text.contains("\"processID\""), "\(status.text)")
            let rescan = try await host.outcome(asNobody + words + ["rescan"])
            // 77 is EX_NOPERM of sysexits.h.
            #expect(rescan.status == 77 && rescan.text.contains("needs root"), "\(rescan.text)")
            #expect(try await host.outcome(words + ["rescan"]).status == 0)
        }
    }

    /// A Python program that calls a method of the control interface without parameters and prints the answer.
    private static let call = """
        import socket, sys
        s = socket.socket(socket.AF_UNIX)
        s.connect(sys.argv[1])
        s.sendall(b'{"method":"io.teredowall.Exceptions.%s"}\\0' % sys.argv[2].encode())
        answer = b""
        while not answer.endswith(b"\\0"):
            part = s.recv(65536)
            if not part: sys.exit("no answer")
            answer += part
        print(answer[:-1].decode())
        """

    @Test func `the plan of a running daemon is for root alone`() async throws {
        try await Lab.withDaemonHost { _, host, _ in
            func answer(_ method: String, as user: [String] = []) async throws -> String {
                let words = ["/usr/bin/python3", "-c", Self.call, "\(host.runtimeDirectory)/control", method]
                return try await host.run(user + words)
            }
            let refusal = try await answer("Plan", as: asNobody)
            #expect(refusal.contains(#""error":"io.teredowall.Exceptions.NotPermitted""#), "\(refusal)")
            // The refusal names the user, and has no plan.
            #expect(refusal.contains("65534") && !refusal.contains(#""text""#), "\(refusal)")
            // The same user may call other methods.
            let port = try await answer("GetPort", as: asNobody)
            #expect(!port.contains(#""error""#), "\(port)")
            let plan = try await answer("Plan")
            #expect(!plan.contains(#""error""#) && plan.contains(#""text""#), "\(plan)")
            #expect(plan.contains(#""rows""#), "\(plan)")
        }
    }

    /// The memory of a process that is resident, in bytes.
    private static func residentBytes(of process: Int32) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        return try #require(Int(line.split(whereSeparator: \.isWhitespace)[1])) * 1024
    }
}
