// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// Tests which ports sockets open, what ends with a port, and the guard, with real sockets of several users and packets
/// from another host.
@Suite(.enabledAsRoot) struct SocketTests {
    @Test func `a socket of the client's user opens no other program's service`() throws {
        try runWithEmptyRunDirectory(["bash", script("foreign-sockets.sh"), programs])
    }

    @Test(arguments: [
        "reuse_address_opens_nothing", "a_later_bind_of_another_user_closes_the_port",
        "a_dual_stack_socket_is_not_opened",
        "a_mapped_address_is_not_opened",
        "one_address_opens_no_other", "no_user_closes_the_port_by_binding_beside_it",
        "ports_that_are_not_opened_are_logged_once", "a_user_by_number_needs_no_entry",
    ])
    func `sockets open the ports on which they receive, and no others`(_ name: String) throws {
        try runCase(name, of: "sockets.py")
    }

    @Test(arguments: [
        "flows_of_a_closed_port_do_not_reach_the_next_program", "flows_stay_while_a_socket_has_the_port",
        "forwarded_flows_are_not_deleted",
    ])
    func `the flows of a port end when it closes, and other flows stay`(_ name: String) throws {
        try runCase(name, of: "sockets.py")
    }

    @Test(arguments: [
        "unsolicited_packets_out_of_the_tunnel_are_dropped", "without_the_guard_nothing_is_dropped",
    ])
    func `unsolicited packets from the tunnel are dropped only with the guard`(_ name: String) throws {
        try runCase(name, of: "sockets.py")
    }
}

/// Runs one case of a Python file in Tests/Hosts with the programs of this package, and throws if it fails.
func runCase(_ name: String, of file: String) throws {
    try runWithEmptyRunDirectory(["python3", script(file), programs, name])
}

/// Runs a command in a mount namespace of its own, in which /run is empty: network namespaces get their names
/// there.
private func runWithEmptyRunDirectory(_ words: [String]) throws {
    let setUp = #"mount -t tmpfs run /run && exec "$@""#
    try runProgram("unshare", ["--mount", "--propagation", "private", "sh", "-c", setUp, "sh"] + words)
}

/// The path of a file in Tests/Hosts.
private func script(_ name: String) -> String { packageRoot.appending(path: "Tests/Hosts/\(name)").path }

/// The directory of the programs of this package.
private var programs: String { builtPrograms.path }
