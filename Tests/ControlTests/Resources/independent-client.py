# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls the control socket with the varlink package of PyPI, which is independent of teredowall.

independent-client.py PATH [--user UID] describe | call METHOD [JSON] | follow COUNT
  describe: prints the members of each interface, and whether all are documented
  call: calls a method with the parameters in JSON
  follow: subscribes and prints COUNT changes
With --user, runs as that user (needs root). Prints JSON, one answer in each line; a varlink error is
{"error": …, "parameters": …}.
"""
import json
import os
import sys

import varlink

INTERFACE = "io.teredowall.Exceptions"


def show(value):
    print(json.dumps(value, sort_keys=True), flush=True)


def describe(client):
    with client.open("org.varlink.service") as service:
        info = service.GetInfo()
        texts = {name: service.GetInterfaceDescription(name)["description"] for name in info["interfaces"]}
    for name, text in texts.items():
        interface = varlink.scanner.Interface(text)
        members = {
            kind: sorted(member.name for member in interface.members.values() if type(member).__name__ == f"_{kind}")
            for kind in ("Method", "Error", "Alias")
        }
        documented = all(member.doc for member in interface.members.values())
        show({"interface": name, "documented": documented, **members})


def call(client, method, parameters="{}"):
    with client.open(INTERFACE) as connection:
        show(getattr(connection, method)(**json.loads(parameters)))


def follow(client, count):
    with client.open(INTERFACE) as connection:
        changes = connection.Subscribe(_more=True)
        for _ in range(int(count)):
            show(next(changes))


def main(path, *words):
    if words[0] == "--user":
        os.setgroups([])
        os.setuid(int(words[1]))
        words = words[2:]
    client = varlink.Client(f"unix:{path}")
    try:
        {"describe": describe, "call": call, "follow": follow}[words[0]](client, *words[1:])
    except varlink.VarlinkError as error:
        show({"error": error.error(), "parameters": error.parameters()})


main(*sys.argv[1:])
