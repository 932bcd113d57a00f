// SPDX-License-Identifier: GPL-2.0-or-later
// Uses the header in C++, with the names that Windows sources use.
#define TEREDOPORT_WINDOWS_NAMES
#include <netioapi.h>

namespace {

VOID changed(PVOID context, USHORT port, MIB_NOTIFICATION_TYPE type)
{
    *static_cast<USHORT *>(context) =
        type == MibDeleteInstance ? USHORT{MIB_INVALID_TEREDO_PORT_NUMBER} : port;
}

} // namespace

int main()
{
    USHORT port = 4711;
    HANDLE handle = nullptr;
    const PTEREDO_PORT_CHANGE_CALLBACK callback = changed;
    const NETIO_STATUS status = NotifyTeredoPortChange(callback, &port, TRUE, &handle);
    if (status != STATUS_SUCCESS || port != 0 || CancelMibChangeNotify2(handle) != STATUS_SUCCESS)
        return 1;
    return GetTeredoPort(nullptr) == STATUS_INVALID_PARAMETER ? 0 : 1;
}
