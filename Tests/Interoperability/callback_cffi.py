#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
import queue

import cffi

ffi = cffi.FFI()
ffi.cdef("""
    typedef int32_t teredo_status_t;
    typedef void *teredo_handle_t;
    typedef void (*teredo_port_change_callback)(void *context, uint16_t port, int32_t type);
    teredo_status_t NotifyTeredoPortChange(teredo_port_change_callback, void *, uint8_t, teredo_handle_t *);
    teredo_status_t CancelMibChangeNotify2(teredo_handle_t);
    const char *TeredoStatusMessage(teredo_status_t);
""")
library = ffi.dlopen("libteredoport.so.1")
# The words for the notification types 0 to 2.
WORDS = ("replace", "open", "close")
MIB_DELETE_INSTANCE = 2
changes = queue.Queue()


@ffi.callback("void(void *, uint16_t, int32_t)")
def port_changed(context, port, kind):
    changes.put((port, kind))


handle = ffi.new("teredo_handle_t *")
status = library.NotifyTeredoPortChange(port_changed, ffi.NULL, 0, handle)
if status != 0:
    raise SystemExit(ffi.string(library.TeredoStatusMessage(status)).decode())
print("ready", flush=True)
while True:
    port, kind = changes.get()
    print(WORDS[kind], port, flush=True)
    if kind == MIB_DELETE_INSTANCE:
        break
if library.CancelMibChangeNotify2(handle[0]) != 0:
    raise SystemExit("cannot cancel")
