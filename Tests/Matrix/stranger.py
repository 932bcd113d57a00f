# SPDX-License-Identifier: GPL-2.0-or-later
"""stranger.py ADDRESS PORT: sends a packet from a new socket; status 0 if an answer arrives within half a second.

MATRIX_SLOWER multiplies this time."""
import os, select, socket, sys, time

stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
stranger.bind(("6.6.6.1", 0))  # the address of the world in the network of host.sh
payload = os.urandom(8)
stranger.sendto(payload, (sys.argv[1], int(sys.argv[2])))
end = time.monotonic() + 0.5 * float(os.environ.get("MATRIX_SLOWER", 1))
answered = False
while not answered and select.select([stranger], [], [], max(0, end - time.monotonic()))[0]:
    # Only a packet with the same bytes is the answer; others are ignored.
    answered = stranger.recv(2048) == payload
sys.exit(0 if answered else 1)
