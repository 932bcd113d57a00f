#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
import ctypes
import queue

library = ctypes.CDLL("libteredoport.so.1")
Callback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint16, ctypes.c_int32)
library.NotifyTeredoPortChange.argtypes = [
    Callback, ctypes.c_void_p, ctypes.c_uint8, ctypes.POINTER(ctypes.c_void_p)
]
library.CancelMibChangeNotify2.argtypes = [ctypes.c_void_p]
library.TeredoStatusMessage.restype = ctypes.c_char_p

# The words for the notification types 0 to 2.
WORDS = ("replace", "open", "close")
MIB_DELETE_INSTANCE = 2
changes = queue.Queue()


# The variable keeps the callback: one that Python has freed must not be called.
@Callback
def port_changed(context, port, kind):
    changes.put((port, kind))


handle = ctypes.c_void_p()
status = library.NotifyTeredoPortChange(port_changed, None, 0, ctypes.byref(handle))
if status != 0:
    raise SystemExit(library.TeredoStatusMessage(status).decode())
print("ready", flush=True)
while True:
    port, kind = changes.get()
    print(WORDS[kind], port, flush=True)
    if kind == MIB_DELETE_INSTANCE:
        break
# Before the program ends, since no callback may run afterwards. Not in the callback, which cannot cancel its
# own registration.
if library.CancelMibChangeNotify2(handle) != 0:
    raise SystemExit("cannot cancel")
