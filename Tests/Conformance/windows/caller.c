/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A caller written for Windows in user mode, in the common subset of C90 and C++. Compiled for Windows, and compiled
 * and run here. */
#ifdef _WIN32
#include <winsock2.h>
#include <ws2ipdef.h>
#include <iphlpapi.h>
#include <netioapi.h>
#else
#define TEREDOPORT_WINDOWS_NAMES
#define TEREDOPORT_WIN32_CODES
#include <netioapi.h>
#endif
#include <stdio.h>

/* The declarations of the documentation again, as written there. */
#ifdef __cplusplus
extern "C" {
#endif
NETIOAPI_API GetTeredoPort(_Out_ USHORT *Port);
NETIOAPI_API NotifyTeredoPortChange(_In_ PTEREDO_PORT_CHANGE_CALLBACK Callback, _In_ PVOID CallerContext,
                                    _In_ BOOLEAN InitialNotification, _Inout_ HANDLE *NotificationHandle);
NETIOAPI_API CancelMibChangeNotify2(_In_ HANDLE NotificationHandle);
NETIOAPI_API NotifyStableUnicastIpAddressTable(_In_ ADDRESS_FAMILY Family,
                                               _Inout_ PMIB_UNICASTIPADDRESS_TABLE *Table,
                                               _In_ PSTABLE_UNICAST_IPADDRESS_TABLE_CALLBACK CallerCallback,
                                               _In_ PVOID CallerContext, _Inout_ HANDLE *NotificationHandle);
#ifdef __cplusplus
}
#endif

/* The state of a firewall. */
struct firewall {
    USHORT port;
    DWORD changes;
};

static VOID CALLBACK port_changed(IN PVOID CallerContext, IN USHORT Port, IN MIB_NOTIFICATION_TYPE NotificationType)
{
    struct firewall *firewall = (struct firewall *)CallerContext;
    firewall->changes++;
    switch (NotificationType) {
    case MibInitialNotification: break;
    case MibDeleteInstance: firewall->port = MIB_INVALID_TEREDO_PORT_NUMBER; break;
    case MibAddInstance:
    case MibParameterNotification: firewall->port = Port; break;
    }
}

static VOID CALLBACK addresses_stable(PVOID CallerContext, PMIB_UNICASTIPADDRESS_TABLE AddressTable)
{
    (VOID)CallerContext;
    FreeMibTable(AddressTable);
}

/* Returns 1 if the row can be that of an address of lo, the only interface that is up; otherwise 0. */
static int is_row_of_loopback(const MIB_UNICASTIPADDRESS_ROW *row)
{
    NET_LUID luid = row->InterfaceLuid;
    NL_PREFIX_ORIGIN prefix = row->PrefixOrigin;
    NL_SUFFIX_ORIGIN suffix = row->SuffixOrigin;
    LARGE_INTEGER stamp = row->CreationTimeStamp;
    SCOPE_ID scope = row->ScopeId;
    NET_IFINDEX index = row->InterfaceIndex;
    const SOCKADDR_IN *four = &row->Address.Ipv4;
    const SOCKADDR_IN6 *six = &row->Address.Ipv6;
    if (row->Address.si_family == AF_INET6)
        return six->sin6_port == 0 && scope.Level == 0;
    return row->Address.si_family == AF_INET && four->sin_port == 0 && luid.Info.NetLuidIndex == index &&
           luid.Value >> 48 == luid.Info.IfType && luid.Info.IfType == IF_TYPE_SOFTWARE_LOOPBACK &&
           row->DadState == IpDadStatePreferred && prefix == IpPrefixOriginWellKnown &&
           suffix == IpSuffixOriginWellKnown && stamp.QuadPart != 0 && stamp.u.HighPart != 0 && scope.Value == 0;
}

static int check_addresses(void)
{
    PMIB_UNICASTIPADDRESS_TABLE table = NULL;
    HANDLE handle = NULL;
    ULONG row;
    int good = 1;
    DWORD status = NotifyStableUnicastIpAddressTable(AF_INET, &table, addresses_stable, NULL, &handle);
    if (status == ERROR_IO_PENDING)
        return CancelMibChangeNotify2(handle) == NO_ERROR;
    if (!NETIO_SUCCESS(status))
        return 0;
    for (row = 0; row < table->NumEntries; row++)
        good = good && is_row_of_loopback(&table->Table[row]);
    FreeMibTable(table);
    return good;
}

int main(void)
{
    struct firewall firewall = {4711, 0};
    PTEREDO_PORT_CHANGE_CALLBACK callback = port_changed;
    HANDLE registration = NULL;
    USHORT port = 4711;
    PUSHORT where = &port;
    NETIO_STATUS status = NotifyTeredoPortChange(callback, &firewall, TRUE, &registration);
    if (status != NO_ERROR || registration == NULL || firewall.changes != 1)
        return 1;
    if (NotifyTeredoPortChange(NULL, NULL, FALSE, &registration) != ERROR_INVALID_PARAMETER || registration != NULL)
        return 2;
    status = GetTeredoPort(where);
    if (status == ERROR_NOT_SUPPORTED || status == ERROR_NOT_ENOUGH_MEMORY)
        return 3;
    if (status != ERROR_NOT_READY || port != 0 || GetTeredoPort(NULL) != ERROR_INVALID_PARAMETER)
        return 4;
    if (!check_addresses())
        return 5;
    if (CancelMibChangeNotify2(NULL) != ERROR_INVALID_PARAMETER ||
        CancelMibChangeNotify2((HANDLE)&firewall) != ERROR_INVALID_HANDLE)
        return 6;
    puts("as on Windows");
    return 0;
}
