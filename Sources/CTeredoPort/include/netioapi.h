/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file netioapi.h
 * The Teredo port and the stable unicast addresses of this host, with the names and widths of Windows' netioapi.h.
 *
 * Link with `pkg-config --cflags --libs teredoport`. Works for every user, without the teredowall daemon, in the
 * network namespace of the calling thread. No function prints, installs a signal handler or changes the process;
 * with the last registration the library's threads and descriptors end. All functions may be called on any thread,
 * but not in a signal handler.
 *
 * Port numbers are in host byte order. Test for success with `== STATUS_SUCCESS` only: the codes are those that the
 * Windows driver pages print, which mix two spaces, and some failures are positive numbers.
 *
 * Callbacks run one after the other on one thread of the library, which holds no lock meanwhile. A registration is
 * not inherited over fork(): in the child every handle of the parent is unknown, and the child may make its own.
 */
#ifndef TEREDOPORT_NETIOAPI_H
#define TEREDOPORT_NETIOAPI_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Types ----------------------------------------------------------------------------------------------- */

/** NETIO_STATUS: 0 or one of the codes below. */
typedef int32_t teredo_status_t;

/** HANDLE: names a registration. Opaque: never a pointer, never a descriptor. NULL is none. */
typedef void *teredo_handle_t;

/** BOOLEAN: one byte, every value but 0 is true. */
typedef uint8_t teredo_boolean_t;

/** MIB_NOTIFICATION_TYPE. */
typedef int32_t teredo_notification_type_t;

enum {
    MibParameterNotification = 0, /**< The client had another port and has this one now. */
    MibAddInstance = 1,           /**< The client had no port and has this one now. */
    MibDeleteInstance = 2,        /**< The client has no port any more; this is the one it had last. */
    MibInitialNotification = 3    /**< The registration is in force. The port is 0 and says nothing. */
};

/** The port number that stands for "no port". */
#define MIB_INVALID_TEREDO_PORT_NUMBER 0

/* ---- Status codes ---------------------------------------------------------------------------------------- */

#define STATUS_SUCCESS ((teredo_status_t)0)
/** A required pointer is NULL, or an argument is not one of those allowed. */
#define STATUS_INVALID_PARAMETER ((teredo_status_t)0xC000000DU)
/** The host has no IPv6 stack. */
#define STATUS_NOT_SUPPORTED ((teredo_status_t)0xC00000BBU)
/** Not enough memory (STATUS_NOT_ENOUGH_MEMORY of the Windows pages). */
#define STATUS_NO_MEMORY ((teredo_status_t)0xC0000017U)
/** A registration cannot be cancelled inside its own callback: it would wait for itself. It stays in force. */
#define STATUS_POSSIBLE_DEADLOCK ((teredo_status_t)0xC0000194U)
/** There is no registration with this handle, or not any more. */
#define ERROR_INVALID_HANDLE ((teredo_status_t)6)
/** The Teredo client has no port: it does not run, or has not bound its socket yet. */
#define ERROR_NOT_READY ((teredo_status_t)21)
/** The answer will come to the callback. */
#define ERROR_IO_PENDING ((teredo_status_t)997)

/** The Win32 code for a status: the code space of user-mode Windows programs. */
uint32_t TeredoStatusToWin32(teredo_status_t Status);

/** The NTSTATUS code for a status: the code space of Windows drivers. */
uint32_t TeredoStatusToNtstatus(teredo_status_t Status);

/** One English sentence for a status, without a full stop. Never NULL; lives for ever. */
const char *TeredoStatusMessage(teredo_status_t Status);

/* ---- The Teredo port ------------------------------------------------------------------------------------- */

/**
 * The UDP port that the Teredo client of this host uses as its service port at this moment.
 *
 * The client is ready when its socket is bound, qualified or not: behind a firewall that denies by default it needs
 * its port in order to qualify. Of several ports it is the one reported before, while that exists.
 *
 * @param Port Receives the port, 1 to 65535, host byte order; 0 on failure.
 * @return STATUS_SUCCESS; STATUS_INVALID_PARAMETER: Port is NULL; STATUS_NOT_SUPPORTED; ERROR_NOT_READY; others for
 *         want of memory or descriptors. Checked in this order.
 */
teredo_status_t GetTeredoPort(uint16_t *Port);

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
 * Register first, then call GetTeredoPort: this order loses no change. The client need not run. Equal ports are
 * never reported; when changes come faster than the callback returns, states in between may be left out, the last
 * one never.
 *
 * @param Callback Must not be NULL.
 * @param CallerContext Handed to the callback; may be NULL.
 * @param InitialNotification Not 0: the callback is called once with MibInitialNotification, before any change and
 *        before this function returns, on the library's thread.
 * @param NotificationHandle Receives the handle; NULL on failure. Must not be NULL.
 * @return STATUS_SUCCESS; STATUS_INVALID_PARAMETER; STATUS_NO_MEMORY; others for want of descriptors or threads.
 */
teredo_status_t NotifyTeredoPortChange(teredo_port_change_callback Callback, void *CallerContext,
                                       teredo_boolean_t InitialNotification, teredo_handle_t *NotificationHandle);

/**
 * Ends a registration of any kind. When it returns, no callback of the registration runs and none will start.
 *
 * Waits for the callback in flight: do not hold what that callback waits for. Cancelling another registration inside
 * a callback is allowed.
 *
 * @return STATUS_SUCCESS; STATUS_INVALID_PARAMETER: the handle is NULL; ERROR_INVALID_HANDLE: unknown, cancelled
 *         before, or of the process that this one was forked off; STATUS_POSSIBLE_DEADLOCK: inside the registration's
 *         own callback.
 */
teredo_status_t CancelMibChangeNotify2(teredo_handle_t NotificationHandle);

/* ---- All ports of the client, in the manner of FwpmSystemPortsGet0 and FwpmSystemPortsSubscribe0 ----------- */

/** FWPM_SYSTEM_PORT_TEREDO, the one type there is. */
#define TEREDO_SYSTEM_PORT_TEREDO 1

/** FWPM_SYSTEM_PORTS_BY_TYPE0. */
typedef struct TEREDO_SYSTEM_PORTS_BY_TYPE {
    uint32_t type;     /**< TEREDO_SYSTEM_PORT_TEREDO. */
    uint32_t numPorts; /**< How many ports, 0 when there is no client. */
    uint16_t *ports;   /**< Ascending, each once, host byte order. */
} TEREDO_SYSTEM_PORTS_BY_TYPE;

/** FWPM_SYSTEM_PORTS0. */
typedef struct TEREDO_SYSTEM_PORTS {
    uint32_t numTypes; /**< 1. */
    TEREDO_SYSTEM_PORTS_BY_TYPE *types;
} TEREDO_SYSTEM_PORTS;

/**
 * All service ports of the client. No client is no error, but an empty list.
 *
 * @param SysPorts Receives a table to be freed with FreeMibTable; NULL on failure. Must not be NULL.
 */
teredo_status_t TeredoSystemPortsGet(TEREDO_SYSTEM_PORTS **SysPorts);

/** Called with all service ports after a change. The table lives until the callback returns. */
typedef void (*teredo_system_ports_callback)(void *CallerContext, const TEREDO_SYSTEM_PORTS *SysPorts);

/**
 * Calls back with all service ports: once before this function returns, then after every change, by the rules of
 * NotifyTeredoPortChange. CancelMibChangeNotify2 ends it.
 */
teredo_status_t TeredoSystemPortsSubscribe(teredo_system_ports_callback Callback, void *CallerContext,
                                           teredo_handle_t *SysPortsHandle);

/* ---- Stable unicast addresses ---------------------------------------------------------------------------- */

/** SOCKADDR_INET, with Linux' socket addresses: si_family is AF_INET or AF_INET6 of this system. */
typedef union _SOCKADDR_INET {
    struct sockaddr_in Ipv4;
    struct sockaddr_in6 Ipv6;
    uint16_t si_family;
} SOCKADDR_INET;

/** NL_PREFIX_ORIGIN. */
enum {
    IpPrefixOriginOther = 0,
    IpPrefixOriginManual = 1,
    IpPrefixOriginWellKnown = 2,
    IpPrefixOriginDhcp = 3,
    IpPrefixOriginRouterAdvertisement = 4
};

/** NL_SUFFIX_ORIGIN. */
enum {
    IpSuffixOriginOther = 0,
    IpSuffixOriginManual = 1,
    IpSuffixOriginWellKnown = 2,
    IpSuffixOriginDhcp = 3,
    IpSuffixOriginLinkLayerAddress = 4,
    IpSuffixOriginRandom = 5
};

/** NL_DAD_STATE. */
enum {
    IpDadStateInvalid = 0,
    IpDadStateTentative = 1,
    IpDadStateDuplicate = 2,
    IpDadStateDeprecated = 3,
    IpDadStatePreferred = 4
};

/** MIB_UNICASTIPADDRESS_ROW: 80 bytes. */
typedef struct _MIB_UNICASTIPADDRESS_ROW {
    SOCKADDR_INET Address;       /**< Port 0; sin6_scope_id is the interface for link-local addresses. */
    uint64_t InterfaceLuid;      /**< Kind of interface (IANA ifType) << 48 | InterfaceIndex << 24. */
    uint32_t InterfaceIndex;
    int32_t PrefixOrigin;
    int32_t SuffixOrigin;
    uint32_t ValidLifetime;      /**< Seconds, 0xFFFFFFFF for ever. */
    uint32_t PreferredLifetime;  /**< Seconds, 0xFFFFFFFF for ever. */
    uint8_t OnLinkPrefixLength;
    teredo_boolean_t SkipAsSource; /**< Always 0: Linux has no such flag. */
    int32_t DadState;
    uint32_t ScopeId;            /**< InterfaceIndex for link-local IPv6 addresses, else 0. */
    int64_t CreationTimeStamp;   /**< 100 ns since 1601 (UTC); 0 when the kernel does not say. */
} MIB_UNICASTIPADDRESS_ROW, *PMIB_UNICASTIPADDRESS_ROW;

/** MIB_UNICASTIPADDRESS_TABLE: NumEntries rows, which begin at offset 8. */
typedef struct _MIB_UNICASTIPADDRESS_TABLE {
    uint32_t NumEntries;
    MIB_UNICASTIPADDRESS_ROW Table[1];
} MIB_UNICASTIPADDRESS_TABLE, *PMIB_UNICASTIPADDRESS_TABLE;

/** Called when the addresses have become stable. The receiver frees AddressTable with FreeMibTable. */
typedef void (*teredo_stable_address_callback)(void *CallerContext, PMIB_UNICASTIPADDRESS_TABLE AddressTable);

/**
 * The unicast addresses when they are stable, or a call when they are. They are stable when the search for duplicates
 * of each has ended; where nothing is plugged in it cannot end and is not waited for.
 *
 * @param Family AF_UNSPEC, AF_INET or AF_INET6 of this system: which addresses are meant.
 * @param Table Receives, with STATUS_SUCCESS, a table to be freed with FreeMibTable; otherwise NULL. Must not be
 *        NULL.
 * @param CallerCallback Must not be NULL. Not called with STATUS_SUCCESS. After ERROR_IO_PENDING it is called whenever
 *        the addresses become stable, until the registration is cancelled.
 * @param CallerContext Handed to the callback; may be NULL.
 * @param NotificationHandle Receives, with ERROR_IO_PENDING, a handle, which has to be cancelled also after the
 *        callback was called; otherwise NULL. Must not be NULL.
 * @return STATUS_SUCCESS; ERROR_IO_PENDING; STATUS_INVALID_PARAMETER; STATUS_NO_MEMORY; others for want of descriptors
 *         or threads.
 */
teredo_status_t NotifyStableUnicastIpAddressTable(uint16_t Family, PMIB_UNICASTIPADDRESS_TABLE *Table,
                                                  teredo_stable_address_callback CallerCallback,
                                                  void *CallerContext, teredo_handle_t *NotificationHandle);

/** Frees a table that one of these functions gave. NULL is allowed. */
void FreeMibTable(void *Memory);

#if defined(__cplusplus)
#define TEREDOPORT_ASSERT(condition) static_assert(condition, #condition)
#else
#define TEREDOPORT_ASSERT(condition) _Static_assert(condition, #condition)
#endif
TEREDOPORT_ASSERT(sizeof(SOCKADDR_INET) == 28);
TEREDOPORT_ASSERT(sizeof(MIB_UNICASTIPADDRESS_ROW) == 80);
TEREDOPORT_ASSERT(offsetof(MIB_UNICASTIPADDRESS_ROW, InterfaceLuid) == 32);
TEREDOPORT_ASSERT(offsetof(MIB_UNICASTIPADDRESS_ROW, OnLinkPrefixLength) == 60);
TEREDOPORT_ASSERT(offsetof(MIB_UNICASTIPADDRESS_ROW, DadState) == 64);
TEREDOPORT_ASSERT(offsetof(MIB_UNICASTIPADDRESS_ROW, CreationTimeStamp) == 72);
TEREDOPORT_ASSERT(offsetof(MIB_UNICASTIPADDRESS_TABLE, Table) == 8);
#undef TEREDOPORT_ASSERT

#ifdef TEREDOPORT_WINDOWS_NAMES
/* For sources that are built on Windows, too. Not by default: other headers define such names. */
typedef teredo_status_t NETIO_STATUS;
typedef teredo_notification_type_t MIB_NOTIFICATION_TYPE;
typedef teredo_port_change_callback PTEREDO_PORT_CHANGE_CALLBACK;
typedef teredo_stable_address_callback PSTABLE_UNICAST_IPADDRESS_TABLE_CALLBACK;
typedef teredo_handle_t HANDLE;
typedef teredo_boolean_t BOOLEAN;
typedef uint16_t ADDRESS_FAMILY;
typedef uint16_t USHORT;
typedef uint32_t ULONG;
typedef void *PVOID;
typedef void VOID;
#define NETIOAPI_API_
#ifndef TRUE
#define TRUE 1
#define FALSE 0
#endif
#endif

#ifdef __cplusplus
}
#endif

#endif
