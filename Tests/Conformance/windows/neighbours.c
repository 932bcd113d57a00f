/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Includes netioapi.h after a header that defines some of the same names; a macro (-D) selects that header. */
#ifdef WITH_ODBC
#include <sql.h>
#include <sqlext.h>
#endif
#ifdef WITH_PCSC
#include <winscard.h>
#endif
#ifdef WITH_WINPR
#include <winpr/wtypes.h>
#include <winpr/error.h>
#include <winpr/nt.h>
#endif
#define TEREDOPORT_WINDOWS_NAMES
#include <netioapi.h>

static void port_changed(PVOID context, USHORT port, MIB_NOTIFICATION_TYPE type)
{
    *(USHORT *)context = type == MibDeleteInstance ? 0 : port;
}

int main(void)
{
    USHORT port = 4711;
    HANDLE handle = NULL;
    BOOL good = NotifyTeredoPortChange(port_changed, &port, TRUE, &handle) == STATUS_SUCCESS && port == 0 &&
                CancelMibChangeNotify2(handle) == STATUS_SUCCESS;
    return good ? 0 : 1;
}
