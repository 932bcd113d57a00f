// SPDX-License-Identifier: GPL-2.0-or-later
package main

/*
#cgo pkg-config: teredoport
#include <netioapi.h>

void port_changed(void *context, uint16_t port, teredo_notification_type_t type);
*/
import "C"

import (
	"fmt"
	"os"
)

type change struct {
	port uint16
	kind int32
}

var changes = make(chan change, 64)

// The words for the notification types 0 to 2.
var words = []string{"replace", "open", "close"}

//export port_changed
func port_changed(context *C.void, port C.uint16_t, kind C.teredo_notification_type_t) {
	changes <- change{uint16(port), int32(kind)}
}

func main() {
	var handle C.teredo_handle_t
	status := C.NotifyTeredoPortChange(C.teredo_port_change_callback(C.port_changed), nil, 0, &handle)
	if status != 0 {
		fmt.Fprintln(os.Stderr, C.GoString(C.TeredoStatusMessage(status)))
		os.Exit(1)
	}
	defer C.CancelMibChangeNotify2(handle)
	fmt.Println("ready")
	for next := range changes {
		fmt.Println(words[next.kind], next.port)
		if next.kind == C.MibDeleteInstance {
			return
		}
	}
}
