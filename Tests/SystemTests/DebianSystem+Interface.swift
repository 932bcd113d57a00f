// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport

extension NetworkScriptTests.DaemonState {
    /// A shell command that puts the daemon back into this state after an interface came up.
    var reset: String {
        switch self {
        // The interface's script starts the daemon in the background.
        case .stopped:
            """
            timeout 30 bash -c 'until systemctl --quiet is-active teredowalld; do sleep 0.05; done'
            # Another event may be starting the daemon at this moment.
            until systemctl stop teredowalld 2>/dev/null; do sleep 0.05; done
            """
        case .running, .hung, .absent: ":"
        }
    }
}

extension DebianSystem {
    /// Makes the connected interfaces veth0 and veth1. With `forIfupdown`, ifupdown has a configuration for
    /// veth0.
    func prepareInterface(forIfupdown: Bool = true) async throws {
        if forIfupdown {
            try write(
                "iface veth0 inet static\n    address 10.1.0.1/24\n", to: "etc/network/interfaces.d/test")
        }
        try await shell("ip link add veth0 type veth peer name veth1; ip link set veth1 up")
    }

    /// Brings the daemon to this state, before an interface comes up.
    func bringDaemon(to state: NetworkScriptTests.DaemonState) async throws {
        switch state {
        case .running: try await run("systemctl", "start", "teredowalld")
        case .stopped: break
        case .hung:
            // Without the watchdog, which would replace the daemon.
            try override("WatchdogSec=0")
            try await shell(
                """
                systemctl daemon-reload
                systemctl start teredowalld
                systemctl kill --signal=STOP --kill-who=main teredowalld
                """)
        case .absent:
            // The state after `dpkg --remove`, which keeps the scripts in /etc.
            try await shell("rm -r /usr/libexec/teredowall /usr/bin/teredowall /usr/sbin/teredowalld")
        }
    }

    /// Makes two scripts in the folder of teredowall's script, which record the time before and after it runs for
    /// veth0, in microseconds (EPOCHREALTIME without its point). The tool runs the scripts in the order of their
    /// names.
    func recordTimesAround(_ folder: String, before: String, after: String) throws {
        for (name, file) in [(before, "before"), (after, "after")] {
            let script = "\(folder)/\(name)"
            try write(
                "#!/bin/bash\n[[ $IFACE != veth0 ]] || echo ${EPOCHREALTIME/./} >>/run/\(file)\n", to: script)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755], ofItemAtPath: root.appending(path: script).path)
        }
    }

    /// The median time between the two records of ``recordTimesAround(_:before:after:)``, the start of the second
    /// script included.
    func medianRecordedTime(_ label: String) async throws -> Duration {
        let output = try await shell("paste /run/before /run/after")
        let times = output.split(separator: "\n").compactMap { line -> Int? in
            let pair = line.split(separator: "\t").compactMap { Int($0) }
            return pair.count == 2 ? pair[1] - pair[0] : nil
        }
        // More than half of the 11 rounds of each test.
        guard times.count > 5 else { throw Unexpected(description: "too few times in \(output)") }
        print("\(label): median \(times.sorted()[times.count / 2]) µs, longest \(times.max() ?? 0) µs")
        return .microseconds(times.sorted()[times.count / 2])
    }

    /// The difference of the median times, over 11 runs, of the command `up` with and without this script. `down`
    /// undoes `up`, and `reset` what the script does to the daemon. Throws if a command fails.
    func delay(up: String, down: String, script: String, reset: String) async throws -> Duration {
        let output = try await shell(
            """
            once() {
                local start=${EPOCHREALTIME/./}
                \(up) >/dev/null
                echo $((${EPOCHREALTIME/./} - start)) >>/run/times.$1
                \(down) >/dev/null
            }
            for try in {1..11}; do
                once with
                \(reset)
                mv -T \(script) /run/off
                once without
                mv -T /run/off \(script)
            done
            # The median of 11 is the sixth.
            for kind in with without; do sort -n /run/times.$kind | sed -n 6p; done
            """)
        let times = output.split(separator: "\n").compactMap { Int($0) }
        guard times.count == 2 else { throw Unexpected(description: "no times in \(output)") }
        print("\(up): median \(times[0]) µs with the script, \(times[1]) µs without")
        return .microseconds(times[0] - times[1])
    }
}
