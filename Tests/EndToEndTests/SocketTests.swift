// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// Tests which ports sockets open, with real sockets of several users and packets from another host.
@Suite(.enabledAsRoot) struct SocketTests {
    @Test func `a socket of the client's user opens no other program's service`() throws {
        try runInPrivate([script("steal.sh"), programs])
    }

    @Test(arguments: [
        "reuse_address_opens_nothing", "a_stranger_who_comes_later_closes_the_port",
        "a_dual_stack_socket_is_not_opened",
        "a_mapped_address_is_not_opened",
        "one_address_opens_no_other", "no_user_closes_the_port_by_binding_beside_it",
        "what_is_not_opened_is_said_once", "a_closed_port_is_not_the_next_programs",
        "flows_stay_while_a_socket_has_the_port", "forwarded_flows_are_never_forgotten",
        "a_user_by_number_needs_no_entry", "unsolicited_packets_out_of_the_tunnel_are_dropped",
        "without_the_guard_nothing_is_dropped",
    ])
    func `sockets open what they receive and nothing else`(_ name: String) throws {
        try playCase(name, of: "sockets.py")
    }
}

/// Plays a case of this file of Tests/Hosts with our programs as built.
func playCase(_ name: String, of file: String) throws {
    try runInPrivate(["python3", script(file), programs, name])
}

/// In a mount namespace of its own, so that the names of network namespaces are nobody else's.
private func runInPrivate(_ words: [String]) throws {
    let setUp = #"mount -t tmpfs run /run && exec "$@""#
    try runProgram("unshare", ["--mount", "--propagation", "private", "sh", "-c", setUp, "sh"] + words)
}

private func script(_ name: String) -> String { packageRoot.appending(path: "Tests/Hosts/\(name)").path }

private var programs: String { URL(fileURLWithPath: built("teredowalld")).deletingLastPathComponent().path }
