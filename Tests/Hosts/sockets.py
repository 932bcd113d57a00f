#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""sockets.py DIRECTORY-OF-PROGRAMS CASE: cases that check which sockets open a port.

Exit status 0: the case passes; otherwise prints what was observed. See stage.py.
"""
import json, os, re, socket

from stage import *

def reuse_address_opens_nothing():
    victim = UDP(NOBODY, "0.0.0.0", 5353, socket.SO_REUSEADDR)
    client_socket = UDP(CLIENT, HERE, 5353, socket.SO_REUSEADDR)
    rescan()
    eventually("the reason is logged", lambda: times_logged("UDP port 10.9.0.1:5353 is not opened: a socket of user 65534"))
    rescan()
    check(not opened(), f"{opened()} is open")
    check(times_logged("5353 is not opened") == 1, "logged more than once")
    check("10.9.0.1:5353: a socket of user 65534" in status(), status())
    check(is_not_reached(victim), "the other user's socket was reached")
    # Without a rescan after the other user's socket is closed: the kernel reports its end.
    victim.close()
    eventually("open again", lambda: opened() == {"10.9.0.1:5353"})
    check(is_reached(client_socket), "the client's socket is not reached")

def a_later_bind_of_another_user_closes_the_port():
    client_socket = UDP(CLIENT, "0.0.0.0", 5353, socket.SO_REUSEADDR)
    for address, family, v6only in ((HERE, socket.AF_INET, None), ("::", socket.AF_INET6, 0)):
        eventually("open", lambda: opened() == {"5353"})
        victim = UDP(NOBODY, address, 5353, socket.SO_REUSEADDR, family, v6only)
        # Without a rescan: the kernel reports the bind.
        eventually("closed", lambda: not opened(), limit=5)
        check(is_not_reached(victim), "the other user's socket was reached")
        victim.close()
    eventually("open again", lambda: opened() == {"5353"})
    check(is_reached(client_socket), "the client's socket is not reached")

def a_dual_stack_socket_is_not_opened():
    victim = UDP(ROOT, "::", 5353, socket.SO_REUSEADDR, socket.AF_INET6, v6only=0)
    client_socket = UDP(CLIENT, "0.0.0.0", 5353, socket.SO_REUSEADDR)
    rescan()
    eventually("the reason is logged", lambda: times_logged("5353 is not opened: a socket of user 0"))
    check(not opened(), f"{opened()} is open")
    check(is_not_reached(victim), "root's socket was reached")
    victim.close()
    eventually("open again", lambda: opened() == {"5353"})

def a_mapped_address_is_not_opened():
    victim = UDP(ROOT, "::ffff:" + HERE, 5353, socket.SO_REUSEADDR, socket.AF_INET6, v6only=0)
    client_socket = UDP(CLIENT, "0.0.0.0", 5353, socket.SO_REUSEADDR)
    rescan()
    eventually("the reason is logged", lambda: times_logged("5353 is not opened: a socket of user 0"))
    check(not opened(), f"{opened()} is open")
    check(is_not_reached(victim), "root's socket was reached")

def one_address_opens_no_other():
    victim = UDP(ROOT, ALSO_HERE, 5300)
    client_socket = UDP(CLIENT, HERE, 5300)
    eventually("open", lambda: opened_after_rescan() == {"10.9.0.1:5300"})
    check(is_reached(client_socket), "the client's socket is not reached")
    check(is_not_reached(victim, ALSO_HERE), "root's socket was reached")
    check("UDP port 10.9.0.1:5300" in log(), "the log does not name the address")
    # The same port on every address: only set elements change.
    rules = run("nft", "-a", "list", "chain", "inet", "filter", "teredowall-input", host=hosts[0])
    client_socket.close(); victim.close()
    client_socket = UDP(CLIENT, "0.0.0.0", 5300)
    eventually("open everywhere", lambda: opened_after_rescan() == {"5300"})
    after = run("nft", "-a", "list", "chain", "inet", "filter", "teredowall-input", host=hosts[0])
    handles = lambda text: re.findall(r"# handle (\d+)", text)
    check(handles(rules) == handles(after), f"rules changed:\n{rules}\n{after}")

def no_user_closes_the_port_by_binding_beside_it():
    """Another user binds the client's port in every possible way."""
    client_socket = UDP(CLIENT, "0.0.0.0")
    eventually("open", lambda: opened_after_rescan() == {str(client_socket.port)})
    ways = [
        dict(address=address, reuse=reuse, device=device)
        for address in ("0.0.0.0", HERE, ALSO_HERE, "127.0.0.1", "127.0.0.9", "224.0.0.251", "10.9.0.255")
        for reuse in (None, socket.SO_REUSEADDR, socket.SO_REUSEPORT)
        for device in (None, "lo", "eth0")
    ] + [
        dict(address=address, reuse=reuse, family=socket.AF_INET6, v6only=v6only)
        for address in ("::", "::1", "::ffff:10.9.0.1", "::ffff:127.0.0.1")
        for reuse in (None, socket.SO_REUSEADDR, socket.SO_REUSEPORT)
        for v6only in (0, 1)
    ]
    bound = 0
    for way in ways:
        try:
            other = UDP(NOBODY, port=client_socket.port, **way)
        except OSError:
            continue
        bound += 1
        # Connects and disconnects the socket: the kernel then forgets an address that was not bound explicitly.
        for peer in ("127.0.0.1", THERE):
            try:
                other.connect(("::1" if way.get("family") else peer, 9))
            except OSError:
                continue
        rescan()
        check(opened() == {str(client_socket.port)}, f"closed by {way}")
        check(is_reached(client_socket), f"not reached beside {way}")
        other.close()
    check(bound >= 3, f"only {bound} of {len(ways)} ways bound anything: the case proves nothing")
    print(f"{bound} of {len(ways)} ways bind beside the client's socket, none closes the port")

def ports_that_are_not_opened_are_logged_once():
    low = UDP(CLIENT, HERE, 1023)
    loopback = UDP(CLIENT, "127.0.0.9", 5300)
    many = [UDP(CLIENT, "0.0.0.0") for _ in range(18)]
    rescan()
    eventually("the oldest sixteen", lambda: opened() == {str(one.port) for one in many[:16]})
    rescan()
    for text in ("10.9.0.1:1023 is not opened: below 1024", "127.0.0.9:5300 is not opened: bound to a loopback",
                 f"{many[16].port} is not opened: the client has more than 16 ports", f"{many[17].port} is not opened: the client has more than 16 ports"):
        check(times_logged(text) == 1, f"{times_logged(text)} times: {text}")
    check(status().count("not opened  UDP port") == 4, status())
    ports = json.loads(status("--json"))["client"]["ports"]
    check({1023, 5300} < set(ports) and len(ports) == 20, f"the client's ports are not all reported: {ports}")

def flows_of_a_closed_port_do_not_reach_the_next_program():
    """A peer of the client has an established flow; then a program of root binds the port."""
    client_socket = UDP(CLIENT, "0.0.0.0")
    eventually("open", lambda: opened_after_rescan() == {str(client_socket.port)})
    peer = send_from_there(client_socket.port)
    data, sender = client_socket.recvfrom(9)
    client_socket.sendto(b"y", sender)
    peer.recv(9)
    flows = lambda port: run("conntrack", "-L", "-p", "udp", "--orig-port-dst", str(port), host=hosts[0])
    check(sender[0] in flows(client_socket.port), "there is no flow to delete")
    # For comparison, a port that has no exception: packets of an established flow reach the next program there.
    earlier_program = UDP(NOBODY, "0.0.0.0")
    enter(hosts[1])
    other_peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other_peer.bind((THERE, 0))
    enter(hosts[0])
    earlier_program.sendto(b"y", other_peer.getsockname())
    port = earlier_program.port
    earlier_program.close()
    control = UDP(ROOT, "0.0.0.0", port)
    send_from_there(port, source=other_peer)
    check(control.receives(), "the case proves nothing: established flows do not pass here")
    # The client's port, which the daemon closes together with its flows.
    port = client_socket.port
    client_socket.close()
    eventually("closed", lambda: opened() == set())
    eventually("deleted", lambda: sender[0] not in flows(port))
    next_program = UDP(ROOT, "0.0.0.0", port)
    send_from_there(port, source=peer)
    check(next_program.receives_nothing(), "the client's peer reached the next program")
    # Flows of other programs stay.
    control.sendto(b"y", other_peer.getsockname())
    send_from_there(control.port, source=other_peer)
    check(control.receives(), "another program's flow was deleted")

def flows_stay_while_a_socket_has_the_port():
    client_socket = UDP(CLIENT, "0.0.0.0", 5353, socket.SO_REUSEADDR)
    eventually("open", lambda: opened_after_rescan() == {"5353"})
    peer = send_from_there(5353)
    data, sender = client_socket.recvfrom(9)
    client_socket.sendto(b"y", sender)
    second = UDP(NOBODY, "0.0.0.0", 5353, socket.SO_REUSEADDR)
    rescan()
    eventually("closed for sharing", lambda: opened() == set())
    listing = run("conntrack", "-L", "-p", "udp", "--orig-port-dst", "5353", host=hosts[0])
    check(sender[0] in listing, "the flow of a port that is in use was deleted")

def forwarded_flows_are_not_deleted():
    """Forwards a flow from the other host to a third one, with the port at both ends."""
    third = hosts[0] + "-third"
    run("ip", "netns", "add", third)
    hosts.append(third)
    run("ip", "link", "add", "inner", "netns", hosts[0], "type", "veth", "peer", "name", "inner", "netns", third)
    for host, address in ((hosts[0], "10.8.0.1/24"), (third, "10.8.0.2/24")):
        run("ip", "-n", host, "addr", "add", address, "dev", "inner")
        run("ip", "-n", host, "link", "set", "inner", "up")
    run("ip", "-n", third, "route", "add", "default", "via", "10.8.0.1")
    run("ip", "-n", hosts[1], "route", "add", "10.8.0.0/24", "via", HERE)
    run("sysctl", "-qw", "net.ipv4.ip_forward=1", host=hosts[0])
    client_socket = UDP(CLIENT, "0.0.0.0")
    eventually("open", lambda: opened_after_rescan() == {str(client_socket.port)})
    enter(third)
    behind = UDP(ROOT, "10.8.0.2", client_socket.port)
    enter(hosts[1])
    peer = UDP(ROOT, THERE, client_socket.port)
    peer.sendto(b"x", ("10.8.0.2", client_socket.port))
    enter(hosts[0])
    check(behind.receives(), "nothing is forwarded")
    peer_of_client = send_from_there(client_socket.port)
    data, sender = client_socket.recvfrom(9)
    client_socket.sendto(b"y", sender)
    port = client_socket.port
    client_socket.close()
    flows = lambda: run("conntrack", "-L", "-p", "udp", host=hosts[0])
    own = f"src={THERE} dst={HERE} sport={sender[1]} dport={port}"
    eventually("deleted", lambda: own not in flows())
    check(f"src={THERE} dst=10.8.0.2 sport={port} dport={port}" in flows(), "a forwarded flow was deleted")

def a_user_by_number_needs_no_entry():
    """The configuration names a user ID that /etc/passwd does not have."""
    client_socket = UDP(4800, "0.0.0.0")  # the ID in the configuration of this case, see the end of this file
    eventually("open", lambda: opened_after_rescan() == {str(client_socket.port)})
    check(is_reached(client_socket), "the client's socket is not reached")
    check("meta skuid 4800" in run("nft", "list", "ruleset", host=hosts[0]), "no rule for the solicitation")


# The Teredo addresses of the two ends of the tunnel.
TUNNEL = ("2001:0:505:501::1", "2001:0:505:501::2")

def raise_tunnel(name):
    """Sets up the interface of this name with a Teredo address, and its peer "tunnel" on the other host."""
    for host, interface, address in ((hosts[0], name, TUNNEL[0]), (hosts[1], "tunnel", TUNNEL[1])):
        run("ip", "-n", host, "addr", "replace", address + "/32", "dev", interface, "nodad")
        run("ip", "-n", host, "link", "set", interface, "up")

def guarded():
    """The names of the interfaces whose unsolicited packets the guard drops."""
    return set(re.findall(r'iifname "(\w+)" meta nfproto ipv6 jump guard', run("nft", "list", "ruleset", host=hosts[0])))

def unsolicited():
    """Returns a socket to which the other end of the tunnel has sent an unsolicited packet."""
    here = UDP(ROOT, TUNNEL[0], family=socket.AF_INET6)
    enter(hosts[1])
    socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b"x", (TUNNEL[0], here.port))
    enter(hosts[0])
    return here

def unsolicited_packets_out_of_the_tunnel_are_dropped():
    run("nft", "add", "rule", "inet", "filter", "input", "meta", "nfproto", "ipv6", "accept", host=hosts[0])
    run("ip", "link", "add", "teredo", "netns", hosts[0], "type", "veth", "peer", "name", "tunnel", "netns", hosts[1])
    raise_tunnel("teredo")
    eventually("the guard", lambda: guarded() == {"teredo"})
    check(unsolicited().receives_nothing(), "an unsolicited packet came in")
    check(re.search(r"guard +in .*drop: 1 packet", status()), f"the drop is not counted: {status()}")
    # Answers, and the ICMPv6 messages that IPv6 needs, pass.
    here = UDP(ROOT, TUNNEL[0], family=socket.AF_INET6)
    enter(hosts[1])
    there = UDP(ROOT, TUNNEL[1], family=socket.AF_INET6)
    enter(hosts[0])
    here.sendto(b"y", (TUNNEL[1], there.port))
    data, sender = there.recvfrom(9)
    there.sendto(b"z", sender)
    check(here.receives(), "an answer was dropped")
    run("ping", "-6", "-c", "1", "-W", "2", TUNNEL[0], host=hosts[1])
    # The guard follows the interface to another name, and stays for the earlier one.
    run("ip", "-n", hosts[0], "link", "set", "teredo", "down")
    run("ip", "-n", hosts[0], "link", "set", "teredo", "name", "other")
    raise_tunnel("other")
    eventually("the guard on the other name", lambda: guarded() == {"other", "teredo"})
    check(unsolicited().receives_nothing(), "an unsolicited packet came in by the renamed interface")
    # The guard does not concern other interfaces.
    for host, address in ((hosts[0], "fd00::1"), (hosts[1], "fd00::2")):
        run("ip", "-n", host, "addr", "add", address + "/64", "dev", "eth0", "nodad")
    here = UDP(ROOT, "fd00::1", family=socket.AF_INET6)
    enter(hosts[1])
    socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b"x", ("fd00::1", here.port))
    enter(hosts[0])
    check(here.receives(), "a packet of another interface was dropped")

def without_the_guard_nothing_is_dropped():
    """Shows that the case above fails without the guard."""
    run("nft", "add", "rule", "inet", "filter", "input", "meta", "nfproto", "ipv6", "accept", host=hosts[0])
    run("ip", "link", "add", "teredo", "netns", hosts[0], "type", "veth", "peer", "name", "tunnel", "netns", hosts[1])
    raise_tunnel("teredo")
    check(unsolicited().receives(), "an unsolicited packet did not arrive")
    check(not guarded(), "there is a guard")


run_case(globals(), {
    "a_user_by_number_needs_no_entry": '[client]\nuser = "4800"\n',
    "unsolicited_packets_out_of_the_tunnel_are_dropped": '[inner]\nguard = "unsolicited"\n',
})
