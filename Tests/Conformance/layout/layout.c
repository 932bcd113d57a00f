/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints the layout of the header's types and the values of its constants, a line each. Programs contain these numbers
 * once they are compiled, so that the numbers must never change. */
#include <netioapi.h>
#include <stdio.h>

#define SIZE(type) printf("type %s %zu\n", #type, sizeof(type))
#define FIELD(type, field)                                                                                   \
    printf("field %s.%s %zu %zu\n", #type, #field, offsetof(type, field), sizeof(((type *)0)->field))
#define VALUE(name) printf("value %s %lld\n", #name, (long long)(name))

int main(void)
{
    SIZE(teredo_status_t);
    SIZE(teredo_handle_t);
    SIZE(teredo_boolean_t);
    SIZE(teredo_notification_type_t);
    SIZE(SOCKADDR_INET);
    SIZE(TEREDO_CLIENT);
    FIELD(TEREDO_CLIENT, User);
    FIELD(TEREDO_CLIENT, Unit);
    SIZE(TEREDO_PORT_CHANGE);
    FIELD(TEREDO_PORT_CHANGE, NotificationType);
    FIELD(TEREDO_PORT_CHANGE, Port);
    FIELD(TEREDO_PORT_CHANGE, Reserved);
    SIZE(TEREDO_SYSTEM_PORTS_BY_TYPE);
    FIELD(TEREDO_SYSTEM_PORTS_BY_TYPE, type);
    FIELD(TEREDO_SYSTEM_PORTS_BY_TYPE, numPorts);
    FIELD(TEREDO_SYSTEM_PORTS_BY_TYPE, ports);
    SIZE(TEREDO_SYSTEM_PORTS);
    FIELD(TEREDO_SYSTEM_PORTS, numTypes);
    FIELD(TEREDO_SYSTEM_PORTS, types);
    SIZE(MIB_UNICASTIPADDRESS_ROW);
    FIELD(MIB_UNICASTIPADDRESS_ROW, Address);
    FIELD(MIB_UNICASTIPADDRESS_ROW, InterfaceLuid);
    FIELD(MIB_UNICASTIPADDRESS_ROW, InterfaceIndex);
    FIELD(MIB_UNICASTIPADDRESS_ROW, PrefixOrigin);
    FIELD(MIB_UNICASTIPADDRESS_ROW, SuffixOrigin);
    FIELD(MIB_UNICASTIPADDRESS_ROW, ValidLifetime);
    FIELD(MIB_UNICASTIPADDRESS_ROW, PreferredLifetime);
    FIELD(MIB_UNICASTIPADDRESS_ROW, OnLinkPrefixLength);
    FIELD(MIB_UNICASTIPADDRESS_ROW, SkipAsSource);
    FIELD(MIB_UNICASTIPADDRESS_ROW, DadState);
    FIELD(MIB_UNICASTIPADDRESS_ROW, ScopeId);
    FIELD(MIB_UNICASTIPADDRESS_ROW, CreationTimeStamp);
    SIZE(MIB_UNICASTIPADDRESS_TABLE);
    FIELD(MIB_UNICASTIPADDRESS_TABLE, NumEntries);
    FIELD(MIB_UNICASTIPADDRESS_TABLE, Table);
    VALUE(MibParameterNotification);
    VALUE(MibAddInstance);
    VALUE(MibDeleteInstance);
    VALUE(MibInitialNotification);
    VALUE(MIB_INVALID_TEREDO_PORT_NUMBER);
    VALUE(TEREDO_SYSTEM_PORT_TEREDO);
    VALUE(STATUS_SUCCESS);
    VALUE(STATUS_INVALID_PARAMETER);
    VALUE(STATUS_NOT_SUPPORTED);
    VALUE(STATUS_NO_MEMORY);
    VALUE(STATUS_POSSIBLE_DEADLOCK);
    VALUE(ERROR_INVALID_HANDLE);
    VALUE(ERROR_NOT_READY);
    VALUE(ERROR_IO_PENDING);
    VALUE(TEREDO_NETLINK_REFUSED);
    return 0;
}
