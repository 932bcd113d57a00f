# SPDX-License-Identifier: GPL-2.0-or-later
"""stranger.py ADDRESS PORT: sends a packet from a new socket; status 0 if an answer arrives within half a second.

MATRIX_SLOWER multiplies this time."""
import os, select, socket, sys

stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
stranger.bind(("6.6.6.1", 0))
# Only a packet with the same bytes counts as the answer.
payload = os.urandom(8)
stranger.sendto(payload, (sys.argv[1], int(sys.argv[2])))
patience = 0.5 * float(os.environ.get("MATRIX_SLOWER", 1))
sys.exit(0 if select.select([stranger], [], [], patience)[0] and stranger.recv(2048) == payload else 1)
