// SPDX-License-Identifier: GPL-2.0-or-later
import TestSupport
import Testing

/// What strangers, shortages and failures do to the daemon, on a host as in ``SocketTests``.
@Suite(.enabledAsRoot) struct HostileTests {
    @Test(arguments: [
        "beside_a_mute_squatter_two_daemons_never_run", "beside_a_full_squatter_two_daemons_never_run",
        "beside_a_polite_squatter_two_daemons_never_run", "a_runtime_directory_has_one_daemon",
        "a_user_namespace_makes_nobody_the_client", "only_the_client_sends_to_the_port_of_servers",
    ])
    func `one daemon serves a network namespace, and other users are not the client`(_ name: String) throws {
        try playCase(name, of: "hostile.py")
    }

    @Test(arguments: [
        "a_user_database_that_hangs_stops_nothing", "the_end_of_the_signals_is_a_failure",
        "the_end_of_the_control_socket_is_a_failure",
        "an_answer_that_never_comes_is_an_error_and_no_hang",
        "an_answer_lost_at_the_end_is_settled_by_a_look",
        "a_reload_without_descriptors_leaves_no_port_unwatched",
        "a_user_with_another_number_without_descriptors_leaves_no_port_unwatched",
        "a_table_that_dies_with_its_owner_is_missed_at_the_next_renewal",
    ])
    func `failures are reported and leave no port open without supervision`(_ name: String) throws {
        try playCase(name, of: "hostile.py")
    }

    @Test(arguments: [
        "a_strangers_socket_connected_by_loopback_closes_a_port_of_all_addresses",
        "a_strangers_socket_connected_to_the_peer_closes_a_port_of_all_addresses",
        "a_strangers_connected_socket_on_another_address_closes_nothing",
        "a_strangers_connected_socket_on_a_loopback_address_closes_nothing",
    ])
    func `a connected socket of another user counts by the packets it may receive`(_ name: String) throws {
        try playCase(name, of: "hostile.py")
    }

    @Test(arguments: [
        "beside_more_ports_than_are_opened_all_are_watched", "readiness_is_a_message_of_its_own",
        "reloads_leak_nothing", "the_guard_of_a_killed_daemon_goes_by_cleanup",
    ])
    func `large numbers of objects cost little and leave nothing`(_ name: String) throws {
        try playCase(name, of: "hostile.py")
    }
}
