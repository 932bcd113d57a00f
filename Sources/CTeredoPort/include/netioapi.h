/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file netioapi.h
 * The Teredo port and the stable unicast addresses of this host, with the names and widths of Windows' netioapi.h.
 *
 * Link with `pkg-config --cflags --libs teredoport`. Works for every user and without the teredowall daemon, in the
 * network namespace of the calling thread. No function prints, installs a signal handler or changes errno. The
 * library's threads and descriptors exist only while there are registrations. All functions may be called on any
 * thread, but not in a signal handler.
 *
 * The client is the one that runs as the user `miredo`, in any of its processes. The functions whose names end in
 * "Of", and TeredoPortOpen, accept another user, by name or number, or one systemd service.
 *
 * Port numbers are in host byte order. Test for success with `== STATUS_SUCCESS` only: the codes are those that the
 * Windows driver pages print, which mix two code spaces, and some failures are positive numbers.
 *
 * Callbacks of all registrations in a process run one after the other on one thread of the library, which holds no
 * lock during a callback. A callback that does not return blocks all others. A function that waits for a callback
 * (registering with an initial call, cancelling) must not be called while holding a lock that any callback takes.
 * GetTeredoPort waits for no callback. Call it, and use the port, while holding the lock that the callback takes:
 * otherwise the callback for the end of that port may run before the port is used.
 *
 * A registration is not inherited over fork(): in the child the parent's handles are unknown, and the child may
 * register itself. The first registration with a callback keeps the library loaded: dlclose() has no effect from then
 * on; before that, dlclose() unloads the library.
 *
 * In a sandbox the library needs sockets of the families AF_NETLINK and, to see whether the host has IPv6, AF_INET6
 * or /proc; epoll, eventfd, timerfd, threads and, for users given by name, what getpwnam(3) needs.
 *
 * Programs built with this header run with every later libteredoport.so.1: functions are only added (with a new
 * symbol version), and no type, value or code of a function changes. A program that uses an added function needs a
 * library of that version or later, which the linker and package managers find by the symbol version.
 */
#ifndef TEREDOPORT_NETIOAPI_H
#define TEREDOPORT_NETIOAPI_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

/* Define TEREDOPORT_WINDOWS_NAMES for sources that are also built on Windows: the types below are then those of the
 * Windows pages, whose declarations compile unchanged. Not the default, because other headers define such names. */
#ifdef TEREDOPORT_WINDOWS_NAMES
#include "teredoport_windows.h"
#define TEREDOPORT_TYPE(plain, windows) windows
#else
#define TEREDOPORT_TYPE(plain, windows) plain
#endif

/* Define TEREDOPORT_WIN32_CODES for callers that compare with the Win32 codes of user-mode Windows: Windows' functions
 * then return Win32 codes (they stand for symbols that end in "Win32"), the others a teredo_status_t as before. */
#ifdef TEREDOPORT_WIN32_CODES
#define TEREDOPORT_STATUS uint32_t
#define TEREDOPORT_CODES(function) __asm__(#function "Win32")
#else
#define TEREDOPORT_STATUS teredo_status_t
#define TEREDOPORT_CODES(function)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** NETIO_STATUS: 0, one of the codes below, or one of these Win32 codes: 4 (out of descriptors), 5 (access denied), 31
 * (any other error of the kernel). */
typedef int32_t teredo_status_t;

/** HANDLE: names a registration. Opaque: never a pointer, never a descriptor. NULL is none. */
typedef void *teredo_handle_t;

/** BOOLEAN: one byte, every value but 0 is true. */
typedef uint8_t teredo_boolean_t;

/** MIB_NOTIFICATION_TYPE. */
typedef TEREDOPORT_TYPE(int32_t, MIB_NOTIFICATION_TYPE) teredo_notification_type_t;

#ifndef TEREDOPORT_WINDOWS_NAMES
enum {
    MibParameterNotification = 0, /**< The client had another port and has this one now. */
    MibAddInstance = 1,           /**< The client had no port and has this one now. */
    MibDeleteInstance = 2,        /**< The client has no port any more; this is the one it had last. */
    MibInitialNotification = 3    /**< The registration is in force. The port is 0 and has no meaning. */
};
#endif

/** The port number that stands for "no port". */
#define MIB_INVALID_TEREDO_PORT_NUMBER 0

/* ---- Status codes ---------------------------------------------------------------------------------------- */

#ifndef STATUS_SUCCESS
#define STATUS_SUCCESS ((teredo_status_t)0)
#endif
/** A required pointer is NULL, or an argument is not one of those allowed. */
#ifndef STATUS_INVALID_PARAMETER
#define STATUS_INVALID_PARAMETER ((teredo_status_t)0xC000000DU)
#endif
/** The host has no IPv6 stack. */
#ifndef STATUS_NOT_SUPPORTED
#define STATUS_NOT_SUPPORTED ((teredo_status_t)0xC00000BBU)
#endif
/** Not enough memory (STATUS_NOT_ENOUGH_MEMORY of the Windows pages). */
#ifndef STATUS_NO_MEMORY
#define STATUS_NO_MEMORY ((teredo_status_t)0xC0000017U)
#endif
/** A registration cannot be cancelled inside its own callback: it would wait for itself. It stays in force. */
#ifndef STATUS_POSSIBLE_DEADLOCK
#define STATUS_POSSIBLE_DEADLOCK ((teredo_status_t)0xC0000194U)
#endif
/** There is no registration with this handle, or not any more. */
#ifndef ERROR_INVALID_HANDLE
#define ERROR_INVALID_HANDLE ((teredo_status_t)6)
#endif
/** The Teredo client has no port: it does not run, or has not bound its socket yet. */
#ifndef ERROR_NOT_READY
#define ERROR_NOT_READY ((teredo_status_t)21)
#endif
/** The answer will be passed to the callback. */
#ifndef ERROR_IO_PENDING
#define ERROR_IO_PENDING ((teredo_status_t)997)
#endif
/** Sockets of the family AF_NETLINK are refused, as by a sandbox (WSAEAFNOSUPPORT). */
#define TEREDO_NETLINK_REFUSED ((teredo_status_t)10047)

/** The Win32 code for a status: the code space of user-mode Windows programs. */
uint32_t TeredoStatusToWin32(teredo_status_t Status);

/** The NTSTATUS code for a status: the code space of Windows drivers. */
uint32_t TeredoStatusToNtstatus(teredo_status_t Status);

/** A short English text for a status, without a full stop. Never NULL; valid without limit. */
const char *TeredoStatusMessage(teredo_status_t Status);

/* ---- The Teredo port ------------------------------------------------------------------------------------- */

/**
 * The UDP port that the Teredo client of this host uses as its service port at this moment.
 *
 * The client counts as ready when its socket is bound, before it has qualified: behind a firewall that denies by
 * default it needs its port in order to qualify. If there are several ports, it is the one reported before, as long
 * as it exists, otherwise that of the oldest socket.
 *
 * @param Port Receives the port, 1 to 65535, host byte order; 0 on failure.
 * @return STATUS_SUCCESS; STATUS_INVALID_PARAMETER: Port is NULL; STATUS_NOT_SUPPORTED; ERROR_NOT_READY; another
 *         code when memory or descriptors are short. Checked in this order.
 */
TEREDOPORT_STATUS GetTeredoPort(uint16_t *Port) TEREDOPORT_CODES(GetTeredoPort);

/**
 * Called when the Teredo port has changed. Branch on NotificationType: with MibDeleteInstance the port is the one to
 * remove.
 *
 * @param CallerContext As given at registration.
 * @param Port Host byte order; 0 only with MibInitialNotification.
 * @param NotificationType What happened.
 */
typedef void (*teredo_port_change_callback)(void *CallerContext, uint16_t Port,
                                            teredo_notification_type_t NotificationType);

/**
 * Calls back whenever the Teredo port changes, until the registration is cancelled or the process ends.
 *
 * Register first, then call GetTeredoPort: in this order no change is lost. For every port that GetTeredoPort returns
 * in this process, each registration made before gets two callbacks: when the client has the port, and when the
 * client has lost it. The client need not run. A look that finds the same port is not reported. When changes come
 * faster than the callback returns, states in between may be left out, but never the last nor one that a call returned.
 *
 * A client that reloads its configuration closes its port before it binds another: this is reported as
 * MibDeleteInstance and then MibAddInstance. MibParameterNotification is reported when a look finds another port in
 * the place of the previous one.
 *
 * @param Callback Must not be NULL.
 * @param CallerContext Passed to the callback; may be NULL.
 * @param InitialNotification Not 0: the callback is called once with MibInitialNotification, before any change and
 *        before this function returns, on the library's thread.
 * @param NotificationHandle Receives the handle, before the callback is called for the first time; NULL on failure.
 *        Must not be NULL.
 * @return STATUS_SUCCESS; STATUS_INVALID_PARAMETER; STATUS_NO_MEMORY; others when descriptors or threads are short.
 */
TEREDOPORT_STATUS NotifyTeredoPortChange(teredo_port_change_callback Callback, void *CallerContext,
                                       teredo_boolean_t InitialNotification, teredo_handle_t *NotificationHandle)
    TEREDOPORT_CODES(NotifyTeredoPortChange);

/**
 * Ends a registration of any kind. When it returns, no callback of the registration runs and none will start.
 *
 * Waits for a callback in progress, also when another thread is cancelling the same registration: do not hold a lock
 * that the callback takes. A callback may cancel another registration.
 *
 * @return STATUS_SUCCESS; STATUS_INVALID_PARAMETER: the handle is NULL; ERROR_INVALID_HANDLE: unknown, cancelled
 *         before, or made by a parent of this process; STATUS_POSSIBLE_DEADLOCK: inside the registration's own
 *         callback.
 */
TEREDOPORT_STATUS CancelMibChangeNotify2(teredo_handle_t NotificationHandle)
    TEREDOPORT_CODES(CancelMibChangeNotify2);

/* ---- Another client than the default ---------------------------------------------------------------------- */

/**
 * Selects a Teredo client. The functions without this argument use the default: all processes of the user `miredo`,
 * which the packaged client runs as. A program of another user is not the client, whatever its name. Functions with
 * this argument return STATUS_INVALID_PARAMETER also for an empty User, and for a Unit that is not a file name.
 */
typedef struct TEREDO_CLIENT {
    const char *User; /**< Name or number of the client's user, which need not exist yet; NULL: miredo. */
    const char *Unit; /**< Only in this systemd service, such as "miredo.service"; NULL or "": anywhere. */
} TEREDO_CLIENT;

/** GetTeredoPort for this client. NULL: the default. */
teredo_status_t GetTeredoPortOf(const TEREDO_CLIENT *Client, uint16_t *Port);

/** NotifyTeredoPortChange for this client. NULL: the default. */
teredo_status_t NotifyTeredoPortChangeOf(const TEREDO_CLIENT *Client, teredo_port_change_callback Callback,
                                         void *CallerContext, teredo_boolean_t InitialNotification,
                                         teredo_handle_t *NotificationHandle);

/* ---- A descriptor to wait for ----------------------------------------------------------------------------- */

/** A change, with the values that a callback would get. */
typedef struct TEREDO_PORT_CHANGE {
    teredo_notification_type_t NotificationType; /**< MibAddInstance, MibParameterNotification or MibDeleteInstance. */
    uint16_t Port;                               /**< Host byte order, never 0. */
    uint16_t Reserved;                           /**< 0. */
} TEREDO_PORT_CHANGE;

/**
 * Registers for the changes of the port without a callback, and without a thread of the library: for programs with a
 * loop of their own around poll, epoll, GLib, libuv, sd-event or asyncio.
 *
 * Wait until the descriptor is readable, then call TeredoPortTake until it returns no change. If the client has a
 * port, the first change is that port, as MibAddInstance, and the descriptor is readable at once: GetTeredoPort is
 * not needed. The descriptor is close-on-exec, belongs to the library and must be neither read nor closed;
 * CancelMibChangeNotify2 closes it.
 *
 * @param Client NULL: the default.
 * @param NotificationHandle Receives the handle; NULL on failure. Must not be NULL.
 * @param Descriptor Receives the descriptor; -1 on failure. Must not be NULL.
 * @return STATUS_SUCCESS; STATUS_INVALID_PARAMETER; STATUS_NO_MEMORY; others when descriptors are short.
 */
teredo_status_t TeredoPortOpen(const TEREDO_CLIENT *Client, teredo_handle_t *NotificationHandle, int *Descriptor);

/**
 * Takes the changes since the last call, the oldest first. Never blocks. After an event that did not concern the
 * port, a readable descriptor yields no change. Any thread, but one at a time.
 *
 * @param NotificationHandle From TeredoPortOpen.
 * @param Changes Receives up to Capacity changes. When there are more, the descriptor stays readable.
 * @param Capacity At least 1.
 * @param Count Receives the number of changes; 0 on failure. Must not be NULL.
 * @return STATUS_SUCCESS; STATUS_INVALID_PARAMETER; ERROR_INVALID_HANDLE: unknown, cancelled, or of a
 *         registration with a callback.
 */
teredo_status_t TeredoPortTake(teredo_handle_t NotificationHandle, TEREDO_PORT_CHANGE *Changes, uint32_t Capacity,
                               uint32_t *Count);

/* ---- All ports of the client, in the manner of FwpmSystemPortsGet0 and FwpmSystemPortsSubscribe0 ----------- */

/** FWPM_SYSTEM_PORT_TEREDO, the only type. */
#define TEREDO_SYSTEM_PORT_TEREDO 1

/** FWPM_SYSTEM_PORTS_BY_TYPE0. */
typedef struct TEREDO_SYSTEM_PORTS_BY_TYPE {
    uint32_t type;     /**< TEREDO_SYSTEM_PORT_TEREDO. */
    uint32_t numPorts; /**< The number of ports; 0 without a client. */
    uint16_t *ports;   /**< Ascending, without repetition, host byte order. */
} TEREDO_SYSTEM_PORTS_BY_TYPE;

/** FWPM_SYSTEM_PORTS0. */
typedef struct TEREDO_SYSTEM_PORTS {
    uint32_t numTypes; /**< 1. */
    TEREDO_SYSTEM_PORTS_BY_TYPE *types;
} TEREDO_SYSTEM_PORTS;

/**
 * All service ports of the client. Without a client the list is empty, which is no error.
 * @param SysPorts Receives a table to be freed with FreeMibTable; NULL on failure. Must not be NULL.
 * @return STATUS_SUCCESS; STATUS_INVALID_PARAMETER; STATUS_NO_MEMORY; others when descriptors are short.
 */
teredo_status_t TeredoSystemPortsGet(TEREDO_SYSTEM_PORTS **SysPorts);

/** TeredoSystemPortsGet for this client. NULL: the default. */
teredo_status_t TeredoSystemPortsGetOf(const TEREDO_CLIENT *Client, TEREDO_SYSTEM_PORTS **SysPorts);

/** Called with all service ports after a change. The table lives until the callback returns. */
typedef void (*teredo_system_ports_callback)(void *CallerContext, const TEREDO_SYSTEM_PORTS *SysPorts);

/**
 * Calls back with all service ports: once before this function returns, then after every change, by the rules of
 * NotifyTeredoPortChange, and with its arguments and codes. CancelMibChangeNotify2 ends the registration.
 */
teredo_status_t TeredoSystemPortsSubscribe(teredo_system_ports_callback Callback, void *CallerContext,
                                           teredo_handle_t *SysPortsHandle);

/** TeredoSystemPortsSubscribe for this client. NULL: the default. */
teredo_status_t TeredoSystemPortsSubscribeOf(const TEREDO_CLIENT *Client, teredo_system_ports_callback Callback,
                                             void *CallerContext, teredo_handle_t *SysPortsHandle);

/* ---- Stable unicast addresses ---------------------------------------------------------------------------- */

/** SOCKADDR_INET, with Linux' socket addresses: si_family is AF_INET or AF_INET6 of this system. */
typedef union _SOCKADDR_INET {
    struct sockaddr_in Ipv4;
    struct sockaddr_in6 Ipv6;
    uint16_t si_family;
} SOCKADDR_INET;

typedef SOCKADDR_INET *PSOCKADDR_INET;

#ifndef TEREDOPORT_WINDOWS_NAMES
/** NL_PREFIX_ORIGIN. */
enum {
    IpPrefixOriginOther = 0, IpPrefixOriginManual = 1, IpPrefixOriginWellKnown = 2, IpPrefixOriginDhcp = 3,
    IpPrefixOriginRouterAdvertisement = 4
};

/** NL_SUFFIX_ORIGIN. */
enum {
    IpSuffixOriginOther = 0, IpSuffixOriginManual = 1, IpSuffixOriginWellKnown = 2, IpSuffixOriginDhcp = 3,
    IpSuffixOriginLinkLayerAddress = 4, IpSuffixOriginRandom = 5
};

/** NL_DAD_STATE. */
enum {
    IpDadStateInvalid = 0, IpDadStateTentative = 1, IpDadStateDuplicate = 2, IpDadStateDeprecated = 3,
    IpDadStatePreferred = 4
};
#endif

/** MIB_UNICASTIPADDRESS_ROW: 80 bytes. */
typedef struct _MIB_UNICASTIPADDRESS_ROW {
    SOCKADDR_INET Address;       /**< Port 0; sin6_scope_id is the interface for link-local addresses. */
    TEREDOPORT_TYPE(uint64_t, NET_LUID) InterfaceLuid; /**< Type (IANA ifType) << 48 | InterfaceIndex << 24. */
    uint32_t InterfaceIndex;
    TEREDOPORT_TYPE(int32_t, NL_PREFIX_ORIGIN) PrefixOrigin;
    TEREDOPORT_TYPE(int32_t, NL_SUFFIX_ORIGIN) SuffixOrigin;
    uint32_t ValidLifetime;      /**< Seconds; 0xFFFFFFFF for no end. */
    uint32_t PreferredLifetime;  /**< Seconds; 0xFFFFFFFF for no end. */
    uint8_t OnLinkPrefixLength;
    teredo_boolean_t SkipAsSource; /**< Always 0: Linux has no such flag. */
    TEREDOPORT_TYPE(int32_t, NL_DAD_STATE) DadState;
    TEREDOPORT_TYPE(uint32_t, SCOPE_ID) ScopeId; /**< InterfaceIndex for link-local IPv6 addresses, else 0. */
    TEREDOPORT_TYPE(int64_t, LARGE_INTEGER) CreationTimeStamp; /**< 100 ns since 1601 (UTC); 0 when unknown. */
} MIB_UNICASTIPADDRESS_ROW, *PMIB_UNICASTIPADDRESS_ROW;

/** MIB_UNICASTIPADDRESS_TABLE: NumEntries rows, which begin at offset 8. */
typedef struct _MIB_UNICASTIPADDRESS_TABLE {
    uint32_t NumEntries;
    MIB_UNICASTIPADDRESS_ROW Table[1];
} MIB_UNICASTIPADDRESS_TABLE, *PMIB_UNICASTIPADDRESS_TABLE;

/** Called when the addresses have become stable. The receiver frees AddressTable with FreeMibTable. */
typedef void (*teredo_stable_address_callback)(void *CallerContext, PMIB_UNICASTIPADDRESS_TABLE AddressTable);

/**
 * Returns the unicast addresses if they are stable, otherwise calls back once they are. They are stable when
 * duplicate address detection has ended for each; on an interface without a carrier it cannot end and is not waited
 * for.
 *
 * @param Family AF_UNSPEC, AF_INET or AF_INET6 of this system: the addresses to wait for and to return.
 * @param Table Receives, with STATUS_SUCCESS, a table to be freed with FreeMibTable; otherwise NULL. Must not be
 *        NULL.
 * @param CallerCallback Must not be NULL. Not called with STATUS_SUCCESS. After ERROR_IO_PENDING it is called whenever
 *        the addresses become stable, until the registration is cancelled.
 * @param CallerContext Passed to the callback; may be NULL.
 * @param NotificationHandle Receives, with ERROR_IO_PENDING, a handle, which has to be cancelled also after the
 *        callback was called; otherwise NULL. Must not be NULL.
 * @return STATUS_SUCCESS; ERROR_IO_PENDING; STATUS_INVALID_PARAMETER; STATUS_NO_MEMORY; others when descriptors or
 *         threads are short.
 */
TEREDOPORT_STATUS NotifyStableUnicastIpAddressTable(uint16_t Family, PMIB_UNICASTIPADDRESS_TABLE *Table,
                                                  teredo_stable_address_callback CallerCallback,
                                                  void *CallerContext, teredo_handle_t *NotificationHandle)
    TEREDOPORT_CODES(NotifyStableUnicastIpAddressTable);

/** Frees a table that one of these functions returned. NULL is allowed. */
void FreeMibTable(void *Memory);

/* Static assertions that also work in old versions of C and C++, which have none of their own. */
#define TEREDOPORT_ASSERT(name, condition) typedef char teredoport_assert_##name[(condition) ? 1 : -1]
TEREDOPORT_ASSERT(type, sizeof(teredo_notification_type_t) == 4);
TEREDOPORT_ASSERT(address, sizeof(SOCKADDR_INET) == 28);
TEREDOPORT_ASSERT(row, sizeof(MIB_UNICASTIPADDRESS_ROW) == 80);
TEREDOPORT_ASSERT(luid, offsetof(MIB_UNICASTIPADDRESS_ROW, InterfaceLuid) == 32);
TEREDOPORT_ASSERT(prefix, offsetof(MIB_UNICASTIPADDRESS_ROW, OnLinkPrefixLength) == 60);
TEREDOPORT_ASSERT(state, offsetof(MIB_UNICASTIPADDRESS_ROW, DadState) == 64);
TEREDOPORT_ASSERT(scope, offsetof(MIB_UNICASTIPADDRESS_ROW, ScopeId) == 68);
TEREDOPORT_ASSERT(stamp, offsetof(MIB_UNICASTIPADDRESS_ROW, CreationTimeStamp) == 72);
TEREDOPORT_ASSERT(table, offsetof(MIB_UNICASTIPADDRESS_TABLE, Table) == 8);
#undef TEREDOPORT_ASSERT

#ifdef TEREDOPORT_WINDOWS_NAMES
typedef teredo_port_change_callback PTEREDO_PORT_CHANGE_CALLBACK;
typedef teredo_stable_address_callback PSTABLE_UNICAST_IPADDRESS_TABLE_CALLBACK;
#endif

#ifdef __cplusplus
}
#endif

#endif
