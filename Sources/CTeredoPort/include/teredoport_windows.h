/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file teredoport_windows.h
 * The names that Windows sources use around these functions. Included by netioapi.h if TEREDOPORT_WINDOWS_NAMES is
 * defined; do not include it directly.
 *
 * Other headers define some of the same names. Include them first: this header then omits the names that winpr,
 * unixODBC (sql.h) and PCSC (wintypes.h) define, and uses their types, whose widths may differ. For a type <name> from
 * any other header, define TEREDOPORT_HAVE_<name> before. This works for the types in the section "Numbers and
 * pointers", where TEREDOPORT_HAVE_INTEGERS stands for INT8 to UINT64. Those in the section "Addresses and interfaces"
 * are always defined.
 */
#if defined(TEREDOPORT_WINDOWS_NAMES) && !defined(TEREDOPORT_WINDOWS_H)
#define TEREDOPORT_WINDOWS_H

/* Windows' types have unnamed structures and bit fields of 64 bits, of which compilers in strict modes warn.
 * __extension__ permits them, also with -Wsystem-headers; but GCC in modes before C11 (-std=c99 -pedantic) still warns
 * of _SCOPE_ID, except in a system header. */
#pragma GCC system_header

#include <netinet/in.h>
#include <stdint.h>

/* ---- Names that other headers define ------------------------------------------------------------------------ */

/* winpr/wtypes.h */
#if defined(WINPR_WTYPES_H)
#define TEREDOPORT_HAVE_BOOL
#define TEREDOPORT_HAVE_BYTE
#define TEREDOPORT_HAVE_BOOLEAN
#define TEREDOPORT_HAVE_UCHAR
#define TEREDOPORT_HAVE_USHORT
#define TEREDOPORT_HAVE_PUSHORT
#define TEREDOPORT_HAVE_LONG
#define TEREDOPORT_HAVE_ULONG
#define TEREDOPORT_HAVE_PULONG
#define TEREDOPORT_HAVE_DWORD
#define TEREDOPORT_HAVE_PDWORD
#define TEREDOPORT_HAVE_WORD
#define TEREDOPORT_HAVE_PVOID
#define TEREDOPORT_HAVE_HANDLE
#define TEREDOPORT_HAVE_PHANDLE
#define TEREDOPORT_HAVE_INTEGERS
#define TEREDOPORT_HAVE_ULONG64
#define TEREDOPORT_HAVE_LARGE_INTEGER
#define TEREDOPORT_HAVE_NTSTATUS
#endif

/* sqltypes.h of unixODBC (two underscores) and of iODBC (one) */
#if defined(__SQLTYPES_H) || defined(_SQLTYPES_H)
#define TEREDOPORT_HAVE_BOOL
#define TEREDOPORT_HAVE_BYTE
#define TEREDOPORT_HAVE_UCHAR
#define TEREDOPORT_HAVE_USHORT
#define TEREDOPORT_HAVE_ULONG
#define TEREDOPORT_HAVE_WORD
#define TEREDOPORT_HAVE_DWORD
#endif

/* wintypes.h of PCSC */
#if defined(__wintypes_h__)
#define TEREDOPORT_HAVE_BOOL
#define TEREDOPORT_HAVE_BYTE
#define TEREDOPORT_HAVE_UCHAR
#define TEREDOPORT_HAVE_USHORT
#define TEREDOPORT_HAVE_LONG
#define TEREDOPORT_HAVE_ULONG
#define TEREDOPORT_HAVE_PULONG
#define TEREDOPORT_HAVE_DWORD
#define TEREDOPORT_HAVE_PDWORD
#define TEREDOPORT_HAVE_WORD
#endif

/* ---- Numbers and pointers ----------------------------------------------------------------------------------- */

#ifndef VOID
#define VOID void
#endif
#ifndef CONST
#define CONST const
#endif
#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif
#ifndef TEREDOPORT_HAVE_BOOL
typedef int32_t BOOL;
#endif
#ifndef TEREDOPORT_HAVE_BYTE
typedef uint8_t BYTE;
#endif
#ifndef TEREDOPORT_HAVE_BOOLEAN
typedef uint8_t BOOLEAN;
#endif
#ifndef TEREDOPORT_HAVE_UCHAR
typedef uint8_t UCHAR;
#endif
#ifndef TEREDOPORT_HAVE_USHORT
typedef uint16_t USHORT;
#endif
#ifndef TEREDOPORT_HAVE_PUSHORT
typedef uint16_t *PUSHORT;
#endif
#ifndef TEREDOPORT_HAVE_WORD
typedef uint16_t WORD;
#endif
#ifndef TEREDOPORT_HAVE_LONG
typedef int32_t LONG;
#endif
#ifndef TEREDOPORT_HAVE_ULONG
typedef uint32_t ULONG;
#endif
#ifndef TEREDOPORT_HAVE_PULONG
typedef uint32_t *PULONG;
#endif
#ifndef TEREDOPORT_HAVE_DWORD
typedef uint32_t DWORD;
#endif
#ifndef TEREDOPORT_HAVE_PDWORD
typedef uint32_t *PDWORD;
#endif
#ifndef TEREDOPORT_HAVE_ULONG64
typedef uint64_t ULONG64;
#endif
#ifndef TEREDOPORT_HAVE_INTEGERS
typedef int8_t INT8;
typedef int16_t INT16;
typedef int32_t INT32;
typedef int64_t INT64;
typedef uint8_t UINT8;
typedef uint16_t UINT16;
typedef uint32_t UINT32;
typedef uint64_t UINT64;
#endif
#ifndef TEREDOPORT_HAVE_PVOID
typedef void *PVOID;
#endif
#ifndef TEREDOPORT_HAVE_HANDLE
typedef void *HANDLE;
#endif
#ifndef TEREDOPORT_HAVE_PHANDLE
typedef HANDLE *PHANDLE;
#endif
#ifndef TEREDOPORT_HAVE_NTSTATUS
typedef int32_t NTSTATUS;
#endif
#ifndef TEREDOPORT_HAVE_LARGE_INTEGER
typedef union _LARGE_INTEGER {
    __extension__ struct {
        uint32_t LowPart;
        int32_t HighPart;
    };
    struct {
        uint32_t LowPart;
        int32_t HighPart;
    } u;
    int64_t QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;
#endif

/* ---- Declarations ------------------------------------------------------------------------------------------- */

/* Keywords for calling conventions. Linux has one convention only, so they are empty. */
#ifndef WINAPI
#define WINAPI
#endif
#ifndef NTAPI
#define NTAPI
#endif
#ifndef CALLBACK
#define CALLBACK
#endif
#define NETIOAPI_API_
#define NETIOAPI_API NETIO_STATUS NETIOAPI_API_
#define _NETIOAPI_SUCCESS_
#ifndef ANY_SIZE
#define ANY_SIZE 1
#endif

/* DWORD in user mode, NTSTATUS in drivers, with their widths on Windows. */
#ifdef TEREDOPORT_WIN32_CODES
#define NETIO_STATUS uint32_t
#else
#define NETIO_STATUS int32_t
#endif
/** Only 0 is success: some of the failures in Windows' documentation for drivers are positive numbers. */
#define NETIO_SUCCESS(x) ((x) == 0)

/* Annotations of parameters, without effect. Those that begin with two underscores (__in, __out) are left out, because
 * the headers of C++ use these names for parameters. */
#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif
#ifndef _In_
#define _In_
#endif
#ifndef _In_opt_
#define _In_opt_
#endif
#ifndef _Out_
#define _Out_
#endif
#ifndef _Inout_
#define _Inout_
#endif
#ifndef _Inout_opt_
#define _Inout_opt_
#endif
#ifndef _Outptr_
#define _Outptr_
#endif
#ifndef _Success_
#define _Success_(condition)
#endif
#ifndef _IRQL_requires_max_
#define _IRQL_requires_max_(level)
#endif

/* ---- Codes -------------------------------------------------------------------------------------------------- */

/* ERROR_INVALID_HANDLE (6), ERROR_NOT_READY (21) and ERROR_IO_PENDING (997), which the functions return, are in
 * netioapi.h. */

#ifndef NO_ERROR
#define NO_ERROR 0
#endif
#ifndef ERROR_SUCCESS
#define ERROR_SUCCESS 0
#endif
#ifndef ERROR_ACCESS_DENIED
#define ERROR_ACCESS_DENIED 5
#endif
#ifndef ERROR_NOT_ENOUGH_MEMORY
#define ERROR_NOT_ENOUGH_MEMORY 8
#endif
#ifndef ERROR_NOT_SUPPORTED
#define ERROR_NOT_SUPPORTED 50
#endif
#ifndef ERROR_INVALID_PARAMETER
#define ERROR_INVALID_PARAMETER 87
#endif
#ifndef ERROR_POSSIBLE_DEADLOCK
#define ERROR_POSSIBLE_DEADLOCK 1131
#endif

/* ---- Addresses and interfaces ------------------------------------------------------------------------------- */

typedef uint16_t ADDRESS_FAMILY;
typedef struct in_addr IN_ADDR, *PIN_ADDR;
typedef struct in6_addr IN6_ADDR, *PIN6_ADDR;
typedef struct sockaddr SOCKADDR, *PSOCKADDR;
typedef struct sockaddr_in SOCKADDR_IN, *PSOCKADDR_IN;
typedef struct sockaddr_in6 SOCKADDR_IN6, *PSOCKADDR_IN6;

typedef uint32_t NET_IFINDEX, *PNET_IFINDEX;
typedef uint16_t NET_IFTYPE, *PNET_IFTYPE;
typedef NET_IFINDEX IF_INDEX, *PIF_INDEX;

typedef union _NET_LUID_LH {
    uint64_t Value;
    struct {
        __extension__ uint64_t Reserved : 24;
        __extension__ uint64_t NetLuidIndex : 24;
        __extension__ uint64_t IfType : 16;
    } Info;
} NET_LUID_LH, *PNET_LUID_LH;
typedef NET_LUID_LH NET_LUID, *PNET_LUID;
typedef NET_LUID IF_LUID, *PIF_LUID;

/** The kinds of interfaces in NET_LUID. */
#define IF_TYPE_OTHER 1
#define IF_TYPE_ETHERNET_CSMACD 6
#define IF_TYPE_PPP 23
#define IF_TYPE_SOFTWARE_LOOPBACK 24
#define IF_TYPE_TUNNEL 131

typedef enum _MIB_NOTIFICATION_TYPE {
    MibParameterNotification = 0,
    MibAddInstance = 1,
    MibDeleteInstance = 2,
    MibInitialNotification = 3
} MIB_NOTIFICATION_TYPE, *PMIB_NOTIFICATION_TYPE;

typedef enum _SCOPE_LEVEL {
    ScopeLevelInterface = 1,
    ScopeLevelLink = 2,
    ScopeLevelSubnet = 3,
    ScopeLevelAdmin = 4,
    ScopeLevelSite = 5,
    ScopeLevelOrganization = 8,
    ScopeLevelGlobal = 14,
    ScopeLevelCount = 16
} SCOPE_LEVEL;

typedef struct _SCOPE_ID {
    __extension__ union {
        __extension__ struct {
            uint32_t Zone : 28;
            uint32_t Level : 4;
        };
        uint32_t Value;
    };
} SCOPE_ID, *PSCOPE_ID;

typedef enum {
    NlpoOther = 0,
    NlpoManual = 1,
    NlpoWellKnown = 2,
    NlpoDhcp = 3,
    NlpoRouterAdvertisement = 4,
    IpPrefixOriginOther = 0,
    IpPrefixOriginManual = 1,
    IpPrefixOriginWellKnown = 2,
    IpPrefixOriginDhcp = 3,
    IpPrefixOriginRouterAdvertisement = 4,
    IpPrefixOriginUnchanged = 16
} NL_PREFIX_ORIGIN;

typedef enum {
    NlsoOther = 0,
    NlsoManual = 1,
    NlsoWellKnown = 2,
    NlsoDhcp = 3,
    NlsoLinkLayerAddress = 4,
    NlsoRandom = 5,
    IpSuffixOriginOther = 0,
    IpSuffixOriginManual = 1,
    IpSuffixOriginWellKnown = 2,
    IpSuffixOriginDhcp = 3,
    IpSuffixOriginLinkLayerAddress = 4,
    IpSuffixOriginRandom = 5,
    IpSuffixOriginUnchanged = 16
} NL_SUFFIX_ORIGIN;

typedef enum {
    NldsInvalid = 0,
    NldsTentative = 1,
    NldsDuplicate = 2,
    NldsDeprecated = 3,
    NldsPreferred = 4,
    IpDadStateInvalid = 0,
    IpDadStateTentative = 1,
    IpDadStateDuplicate = 2,
    IpDadStateDeprecated = 3,
    IpDadStatePreferred = 4
} NL_DAD_STATE;

#endif
