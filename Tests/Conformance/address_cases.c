// SPDX-License-Identifier: GPL-2.0-or-later
// Stable addresses, on a pair of virtual interfaces whose addresses the process of player.c sets.
#define _GNU_SOURCE
#include "suite.h"

#include <arpa/inet.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/// The number of calls of a callback, and the table of the last one, which is stored before `calls` is increased.
struct tables {
    struct number calls;
    PMIB_UNICASTIPADDRESS_TABLE last;
};

static void take_table(void *context, PMIB_UNICASTIPADDRESS_TABLE table)
{
    struct tables *tables = context;
    int calls = number_get(&tables->calls);
    FreeMibTable(tables->last);
    tables->last = table;
    number_set(&tables->calls, calls + 1);
}

/// The row with this address in text form; NULL if there is none.
static const MIB_UNICASTIPADDRESS_ROW *find(const MIB_UNICASTIPADDRESS_TABLE *table, const char *text)
{
    for (uint32_t index = 0; table && index < table->NumEntries; index++) {
        const MIB_UNICASTIPADDRESS_ROW *row = &table->Table[index];
        char name[INET6_ADDRSTRLEN] = "";
        if (row->Address.si_family == AF_INET)
            inet_ntop(AF_INET, &row->Address.Ipv4.sin_addr, name, sizeof name);
        else
            inet_ntop(AF_INET6, &row->Address.Ipv6.sin6_addr, name, sizeof name);
        if (strcmp(name, text) == 0)
            return row;
    }
    return NULL;
}

static void arguments_are_checked(void)
{
    struct tables tables = {.calls = NUMBER_INITIALIZER};
    PMIB_UNICASTIPADDRESS_TABLE table = (PMIB_UNICASTIPADDRESS_TABLE)&tables;
    teredo_handle_t handle = &tables;
    // 7 is neither AF_UNSPEC nor AF_INET nor AF_INET6.
    EXPECT(
        NotifyStableUnicastIpAddressTable(7, &table, take_table, NULL, &handle) == STATUS_INVALID_PARAMETER);
    EXPECT(table == NULL && handle == NULL);
    EXPECT(
        NotifyStableUnicastIpAddressTable(AF_UNSPEC, NULL, take_table, NULL, &handle)
        == STATUS_INVALID_PARAMETER);
    EXPECT(
        NotifyStableUnicastIpAddressTable(AF_UNSPEC, &table, take_table, NULL, NULL)
        == STATUS_INVALID_PARAMETER);
    EXPECT(
        NotifyStableUnicastIpAddressTable(AF_UNSPEC, &table, NULL, NULL, &handle)
        == STATUS_INVALID_PARAMETER);
    FreeMibTable(NULL);
}

/// Waits until the addresses are stable, at most 30 seconds, and returns them.
static PMIB_UNICASTIPADDRESS_TABLE stable(uint16_t family)
{
    struct tables tables = {.calls = NUMBER_INITIALIZER};
    PMIB_UNICASTIPADDRESS_TABLE table = NULL;
    teredo_handle_t handle = NULL;
    teredo_status_t status = ERROR_IO_PENDING;
    for (int attempt = 0; attempt < 3000 && status == ERROR_IO_PENDING; attempt++) {
        status = NotifyStableUnicastIpAddressTable(family, &table, take_table, &tables, &handle);
        if (handle)
            EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
        if (status == ERROR_IO_PENDING)
            usleep(10000);
    }
    EXPECT(status == STATUS_SUCCESS && table != NULL && handle == NULL);
    FreeMibTable(tables.last);
    return table;
}

static void stable_addresses_are_returned_by_family(void)
{
    // addr_gen_mode=1: no link-local addresses, which would be tentative for a moment.
    static const char commands[] =
        "ip link set lo up && ip link add one type veth peer name two && "
        "sysctl -qw net.ipv6.conf.one.addr_gen_mode=1 net.ipv6.conf.two.addr_gen_mode=1 && "
        "ip link set one up && ip link set two up && ip addr add 192.0.2.1/24 dev one && "
        "ip addr add 2001:db8::1/64 dev one nodad";
    EXPECT(privileged(commands) == 0);
    PMIB_UNICASTIPADDRESS_TABLE all = stable(AF_UNSPEC);
    PMIB_UNICASTIPADDRESS_TABLE four = stable(AF_INET), six = stable(AF_INET6);
    EXPECT(all && four && six && all->NumEntries == four->NumEntries + six->NumEntries);
    EXPECT(find(four, "192.0.2.1") && !find(four, "2001:db8::1"));
    EXPECT(find(six, "2001:db8::1") && !find(six, "192.0.2.1"));
    const MIB_UNICASTIPADDRESS_ROW *row = find(all, "192.0.2.1");
    if (row) {
        EXPECT(row->OnLinkPrefixLength == 24 && row->DadState == IpDadStatePreferred);
        EXPECT(row->ValidLifetime == UINT32_MAX && row->PreferredLifetime == UINT32_MAX);
        // 6 is Ethernet (IANA ifType).
        EXPECT(row->InterfaceLuid == (6ULL << 48 | (uint64_t)row->InterfaceIndex << 24));
        EXPECT(row->PrefixOrigin == IpPrefixOriginManual && row->SkipAsSource == 0 && row->ScopeId == 0);
        // From units of 100 ns since 1601 to seconds since 1970.
        int64_t age = (int64_t)time(NULL) - (row->CreationTimeStamp / 10000000 - 11644473600LL);
        // The address is new, but the clock may have been adjusted, and the machine may be slow.
        EXPECT(age >= -2 && age < 600);
    }
    FreeMibTable(all);
    FreeMibTable(four);
    FreeMibTable(six);
}

static void a_tentative_address_is_waited_for(void)
{
    struct tables tables = {.calls = NUMBER_INITIALIZER};
    PMIB_UNICASTIPADDRESS_TABLE table = (PMIB_UNICASTIPADDRESS_TABLE)&tables;
    teredo_handle_t handle = NULL;
    EXPECT(
        privileged("sysctl -qw net.ipv6.conf.one.dad_transmits=1 && ip addr add 2001:db8::2/64 dev one")
        == 0);
    EXPECT(
        NotifyStableUnicastIpAddressTable(AF_INET6, &table, take_table, &tables, &handle)
        == ERROR_IO_PENDING);
    EXPECT(table == NULL && handle != NULL && number_get(&tables.calls) == 0);
    // A call for the other family does not wait.
    PMIB_UNICASTIPADDRESS_TABLE four = NULL;
    teredo_handle_t none = NULL;
    EXPECT(NotifyStableUnicastIpAddressTable(AF_INET, &four, take_table, &tables, &none) == STATUS_SUCCESS);
    EXPECT(find(four, "192.0.2.1") && none == NULL);
    FreeMibTable(four);
    EXPECT(number_wait(&tables.calls, 1) == 1);
    const MIB_UNICASTIPADDRESS_ROW *row = find(tables.last, "2001:db8::2");
    EXPECT(row && row->DadState == IpDadStatePreferred && row->OnLinkPrefixLength == 64);
    // A second change, before the registration is cancelled. The count begins again at 1, since the first
    // change may have caused several calls.
    number_set(&tables.calls, 1);
    EXPECT(privileged("ip addr add 2001:db8::3/64 dev one") == 0);
    EXPECT(number_wait(&tables.calls, 2) == 2);
    EXPECT(find(tables.last, "2001:db8::3") != NULL);
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
    EXPECT(CancelMibChangeNotify2(handle) == ERROR_INVALID_HANDLE);
    FreeMibTable(tables.last);
}

static void cancelling_ends_the_wait(void)
{
    struct tables tables = {.calls = NUMBER_INITIALIZER};
    PMIB_UNICASTIPADDRESS_TABLE table = NULL;
    teredo_handle_t handle = NULL;
    EXPECT(privileged("ip addr add 2001:db8::4/64 dev one") == 0);
    EXPECT(
        NotifyStableUnicastIpAddressTable(AF_UNSPEC, &table, take_table, &tables, &handle)
        == ERROR_IO_PENDING);
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
    table = stable(AF_UNSPEC);
    EXPECT(find(table, "2001:db8::4") != NULL);
    FreeMibTable(table);
    EXPECT(number_get(&tables.calls) == 0);
}

static void deprecated_and_duplicate_addresses_are_stable(void)
{
    // The interfaces are the two ends of one link, so that an address of two is a duplicate on one.
    static const char commands[] =
        "ip addr add 2001:db8::5/64 dev one nodad preferred_lft 0 valid_lft 3600 && "
        "ip addr add 2001:db8::6/64 dev two nodad && ip addr add 2001:db8::6/64 dev one";
    EXPECT(privileged(commands) == 0);
    const MIB_UNICASTIPADDRESS_ROW *duplicate = NULL;
    PMIB_UNICASTIPADDRESS_TABLE table = NULL;
    // At most 30 seconds.
    for (int attempt = 0; attempt < 3000 && !duplicate; attempt++) {
        FreeMibTable(table);
        table = stable(AF_INET6);
        for (uint32_t index = 0; table && index < table->NumEntries; index++)
            if (table->Table[index].DadState == IpDadStateDuplicate)
                duplicate = &table->Table[index];
        if (!duplicate)
            usleep(10000);
    }
    EXPECT(duplicate != NULL);
    const MIB_UNICASTIPADDRESS_ROW *deprecated = find(table, "2001:db8::5");
    EXPECT(deprecated && deprecated->DadState == IpDadStateDeprecated && deprecated->PreferredLifetime == 0);
    EXPECT(deprecated && deprecated->ValidLifetime > 3000 && deprecated->ValidLifetime <= 3600);
    FreeMibTable(table);
}

static void an_interface_without_a_carrier_is_not_waited_for(void)
{
    EXPECT(privileged("ip link set two down && ip addr add 2001:db8::7/64 dev one") == 0);
    PMIB_UNICASTIPADDRESS_TABLE table = stable(AF_INET6);
    const MIB_UNICASTIPADDRESS_ROW *row = find(table, "2001:db8::7");
    EXPECT(row && row->DadState == IpDadStateTentative);
    FreeMibTable(table);
    EXPECT(privileged("ip link del one") == 0);
}

void address_cases(void)
{
    arguments_are_checked();
    stable_addresses_are_returned_by_family();
    a_tentative_address_is_waited_for();
    cancelling_ends_the_wait();
    deprecated_and_duplicate_addresses_are_stable();
    an_interface_without_a_carrier_is_not_waited_for();
}
