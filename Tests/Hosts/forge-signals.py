#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Forges signals of firewalld, and of the message bus, as another user.

    forge-signals.py ROUNDS

To be run as the user nobody on a host with firewalld, which needs the Python module dbus, too. Each round sends every
signal that teredowalld waits for, first to all connections and then to each one alone. Prints how many were sent.
"""
import sys

import dbus
import dbus.lowlevel

SERVICE, PATH = "org.fedoraproject.FirewallD1", "/org/fedoraproject/FirewallD1"
RULE = 'rule priority="7" family="ipv4" port port="41000" protocol="udp" accept'
bus = dbus.SystemBus()
owner = str(bus.get_name_owner(SERVICE))
SIGNALS = [
    (PATH, SERVICE, "Reloaded", []),
    (PATH, SERVICE, "DefaultZoneChanged", ["forged"]),
    (PATH, SERVICE, "PanicModeEnabled", []),
    (PATH, SERVICE + ".zone", "ZoneOfInterfaceChanged", ["forged", "eth0"]),
    (PATH, SERVICE + ".zone", "RichRuleRemoved", ["forged", RULE]),
    ("/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged", [SERVICE, owner, ""]),
    ("/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged", [SERVICE, "", owner]),
]
# A signal that is sent to one connection arrives even if that connection has not subscribed to it.
receivers = [None] + [name for name in bus.list_names() if name.startswith(":") and name != bus.get_unique_name()]
sent = 0
for _ in range(int(sys.argv[1])):
    for receiver in receivers:
        for path, interface, member, values in SIGNALS:
            message = dbus.lowlevel.SignalMessage(path, interface, member)
            if receiver: message.set_destination(receiver)
            message.append(signature="s" * len(values), *values)
            bus.send_message(message)
            sent += 1
    bus.flush()
# The bus answers this call after it has delivered all signals that were sent before.
bus.get_name_owner(SERVICE)
print(sent)
