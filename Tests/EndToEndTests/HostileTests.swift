// SPDX-License-Identifier: GPL-2.0-or-later
import TestSupport
import Testing

/// Tests that other users, shortages of resources and failures do not harm the daemon, on a host built by
/// Tests/Hosts/stage.py.
@Suite(.enabledAsRoot) struct HostileTests {
    @Test(arguments: [
        "no_second_daemon_beside_a_name_holder_that_never_accepts",
        "no_second_daemon_beside_a_name_holder_with_a_full_queue",
        "no_second_daemon_beside_a_name_holder_that_accepts",
        "a_set_user_id_program_with_the_daemons_name_is_no_daemon",
        "a_runtime_directory_has_one_daemon",
    ])
    func `one daemon serves a network namespace, whatever programs other users run`(_ name: String) throws {
        try runCase(name, of: "one_daemon.py")
    }

    @Test(arguments: [
        "a_user_id_in_another_user_namespace_is_not_the_client",
        "only_the_client_sends_to_the_port_of_servers",
    ])
    func `other users are not the client`(_ name: String) throws {
        try runCase(name, of: "hostile.py")
    }

    @Test(arguments: [
        "a_user_database_that_hangs_stops_nothing", "the_end_of_the_signals_is_a_failure",
        "the_end_of_the_control_socket_is_a_failure",
        "an_answer_that_does_not_come_is_an_error_after_a_time_limit",
        "after_a_lost_answer_the_ruleset_decides_the_exit_status",
        "a_reload_without_descriptors_leaves_no_port_unwatched",
        "a_user_with_another_number_without_descriptors_leaves_no_port_unwatched",
        "a_table_that_ends_with_its_owner_is_noticed_at_the_next_renewal",
    ])
    func `failures are reported and leave no port open without supervision`(_ name: String) throws {
        try runCase(name, of: "hostile.py")
    }

    @Test(arguments: [
        "another_users_socket_connected_by_loopback_closes_a_port_of_all_addresses",
        "another_users_socket_connected_to_the_peer_closes_a_port_of_all_addresses",
        "another_users_connected_socket_on_another_address_closes_nothing",
        "another_users_connected_socket_on_a_loopback_address_closes_nothing",
    ])
    func `a connected socket of another user counts by the packets it may receive`(_ name: String) throws {
        try runCase(name, of: "hostile.py")
    }

    @Test(arguments: [
        "among_forty_ports_every_open_one_is_watched", "readiness_is_a_message_of_its_own",
        "reloads_leak_nothing", "cleanup_removes_the_guard_of_a_killed_daemon",
    ])
    func `many ports and reloads cost little, and a cleanup leaves no guard`(_ name: String) throws {
        try runCase(name, of: "hostile.py")
    }
}
