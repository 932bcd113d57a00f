// SPDX-License-Identifier: GPL-2.0-or-later
// Missing resources: calls return the documented code and leave nothing behind.
#define _GNU_SOURCE
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED
#endif
#endif
#if !defined(IS_SANITIZED) && (defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__))
#define IS_SANITIZED
#endif

/// The address family for which `socket` fails, and the error; -1 for none.
static int refused_family = -1, refused_code;
/// If 1, `access` reports that the files of the IPv6 stack do not exist.
static int stack_is_missing;

/// Replaces the function of the C library, for the library under test as well. So does `access` below.
int socket(int family, int type, int protocol)
{
    if (family == refused_family) {
        errno = refused_code;
        return -1;
    }
    return (int)syscall(SYS_socket, family, type, protocol);
}

int access(const char *path, int mode)
{
    if (stack_is_missing && (strstr(path, "/net/ipv6") || strstr(path, "/if_inet6"))) {
        errno = ENOENT;
        return -1;
    }
    return (int)syscall(SYS_faccessat, AT_FDCWD, path, mode);
}

static void free_table(void *context, PMIB_UNICASTIPADDRESS_TABLE table)
{
    (void)context;
    FreeMibTable(table);
}

static void without_an_ipv6_stack_there_is_no_port(void)
{
    struct record record = RECORD_INITIALIZER;
    teredo_handle_t handle = NULL;
    uint16_t port = 4711;
    client_start();
    stack_is_missing = 1;
    refused_family = AF_INET6;
    refused_code = EAFNOSUPPORT;
    EXPECT(GetTeredoPort(NULL) == STATUS_INVALID_PARAMETER);
    EXPECT(GetTeredoPort(&port) == STATUS_NOT_SUPPORTED);
    EXPECT(port == 0);
    // A registration needs no client, and so no IPv6 stack.
    EXPECT(NotifyTeredoPortChange(record_call, &record, 1, &handle) == STATUS_SUCCESS);
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
    // A sandbox may refuse IPv6 sockets on a host that has the stack.
    stack_is_missing = 0;
    EXPECT(GetTeredoPort(&port) == STATUS_SUCCESS && port != 0);
    refused_code = EPERM;
    EXPECT(GetTeredoPort(&port) == STATUS_SUCCESS && port != 0);
    refused_family = -1;
    EXPECT(GetTeredoPort(&port) == STATUS_SUCCESS && port != 0);
    client_stop();
}

static void a_sandbox_that_refuses_netlink_has_its_own_code(void)
{
    struct record record = RECORD_INITIALIZER;
    teredo_handle_t handle = &record;
    PMIB_UNICASTIPADDRESS_TABLE table = NULL;
    static const int codes[] = {EAFNOSUPPORT, EPERM, EACCES};
    for (size_t index = 0; index < sizeof codes / sizeof codes[0]; index++) {
        uint16_t port = 4711;
        int descriptor = 4711;
        refused_family = AF_NETLINK;
        refused_code = codes[index];
        errno = 4711;
        teredo_status_t status = GetTeredoPort(&port);
        EXPECT(errno == 4711);
        EXPECT(status == TEREDO_NETLINK_REFUSED && port == 0);
        EXPECT(strstr(TeredoStatusMessage(status), "AF_NETLINK"));
        // WSAEAFNOSUPPORT and STATUS_ACCESS_DENIED
        EXPECT(TeredoStatusToWin32(status) == 10047 && TeredoStatusToNtstatus(status) == 0xC0000022U);
        EXPECT(NotifyTeredoPortChange(record_call, &record, 1, &handle) == status && handle == NULL);
        EXPECT(TeredoPortOpen(NULL, &handle, &descriptor) == status && descriptor == -1);
        EXPECT(NotifyStableUnicastIpAddressTable(AF_INET, &table, free_table, NULL, &handle) == status);
        refused_family = -1;
    }
    EXPECT(record_count(&record) == 0);
}

static void without_descriptors_nothing_is_registered(void)
{
    struct record record = RECORD_INITIALIZER;
    struct rlimit before, none;
    teredo_handle_t handle = &record;
    uint16_t port = 4711;
    PMIB_UNICASTIPADDRESS_TABLE table = NULL;
    TEREDO_SYSTEM_PORTS *ports = NULL;
    getrlimit(RLIMIT_NOFILE, &before);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    EXPECT(setrlimit(RLIMIT_NOFILE, &none) == 0);
    // ERROR_TOO_MANY_OPEN_FILES
    EXPECT(GetTeredoPort(&port) == 4 && port == 0);
    EXPECT(NotifyTeredoPortChange(record_call, &record, 1, &handle) == 4 && handle == NULL);
    // The missing callback is found before a descriptor is needed.
    EXPECT(
        NotifyStableUnicastIpAddressTable(AF_UNSPEC, &table, (teredo_stable_address_callback)0, NULL, &handle)
        == STATUS_INVALID_PARAMETER);
    // No client runs, so that an empty list is correct as well.
    EXPECT(TeredoSystemPortsGet(&ports) != STATUS_SUCCESS || ports->types[0].numPorts == 0);
    FreeMibTable(ports);
    setrlimit(RLIMIT_NOFILE, &before);
    EXPECT(record_count(&record) == 0);
    EXPECT(NotifyTeredoPortChange(record_call, &record, 1, &handle) == STATUS_SUCCESS);
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
}

#ifndef IS_SANITIZED
/// Runs `body` in a child process, in which the library starts without state as before its first call.
/// Returns the wait status.
static int in_child(int (*body)(long), long argument)
{
    int status = -1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        _exit(body(argument));
    }
    EXPECT(child > 0 && waitpid(child, &status, 0) == child);
    if (status != 0)
        printf("child with argument %ld: wait status %#x\n", argument, (unsigned)status);
    return status;
}

static long virtual_pages(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages;
}

/// Calls the library while the process may use only this many more bytes. Returns 0 if each call succeeds or
/// fails as documented, otherwise the number of the step that does not.
static int with_little_memory(long more)
{
    struct record record = RECORD_INITIALIZER;
    teredo_handle_t handle = &record;
    uint16_t port = 4711;
    struct rlimit limit;
    getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = (rlim_t)virtual_pages() * (rlim_t)sysconf(_SC_PAGESIZE) + (rlim_t)more;
    if (setrlimit(RLIMIT_AS, &limit) < 0)
        return 1;
    teredo_status_t status = GetTeredoPort(&port);
    if (port != 0 || (status != ERROR_NOT_READY && status != STATUS_NO_MEMORY))
        return 2;
    status = NotifyTeredoPortChange(record_call, &record, 1, &handle);
    if (status != STATUS_SUCCESS)
        return status == STATUS_NO_MEMORY && handle == NULL && record.count == 0 ? 0 : 3;
    return record.count == 1 && CancelMibChangeNotify2(handle) == STATUS_SUCCESS ? 0 : 4;
}

static void with_little_memory_calls_succeed_or_fail_as_documented(void)
{
    // In small steps at first, where each step lets other allocations fail.
    for (long more = 0; more <= 2048 * 1024; more += more < 256 * 1024 ? 16 * 1024 : 256 * 1024)
        EXPECT(in_child(with_little_memory, more) == 0);
}

/// From now on, the kernel answers the system call with this error. Returns 0, or 1 on failure.
static int refuse(long call, int code)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)code),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = 4, .filter = program};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0
        || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0;
}

/// Calls the library while the kernel refuses this system call. Returns 0 if each call succeeds or fails as
/// documented, otherwise the number of the step that does not.
static int with_a_refused_call(long call)
{
    struct record record = RECORD_INITIALIZER;
    teredo_handle_t handle = NULL, own = NULL;
    uint16_t port = 4711;
    if (refuse(call, ENOMEM))
        return 1;
    teredo_status_t status = GetTeredoPort(&port);
    if (port != 0 || (status != ERROR_NOT_READY && (call != SYS_mmap || status != STATUS_NO_MEMORY)))
        return 2;
    status = NotifyTeredoPortChange(record_call, &record, 1, &handle);
    // A new thread needs memory for its stack, unless it reuses that of an earlier thread.
    if (call == SYS_mmap && status == STATUS_NO_MEMORY)
        return handle == NULL && record.count == 0 ? 0 : 3;
    if (status != STATUS_SUCCESS)
        return 4;
    // Even without madvise or mmap, a child has no registrations of its parent.
    pid_t child = fork();
    if (child == 0)
        _exit(
            CancelMibChangeNotify2(handle) != ERROR_INVALID_HANDLE || GetTeredoPort(&port) != ERROR_NOT_READY
            || NotifyTeredoPortChange(record_call, &record, 1, &own) != STATUS_SUCCESS || own == handle
            || CancelMibChangeNotify2(own) != STATUS_SUCCESS);
    int child_status = -1;
    if (child < 0 || waitpid(child, &child_status, 0) != child || child_status != 0)
        return 5;
    return CancelMibChangeNotify2(handle) == STATUS_SUCCESS ? 0 : 6;
}

static void a_sandbox_may_refuse_mmap_and_madvise(void)
{
    EXPECT(in_child(with_a_refused_call, SYS_madvise) == 0);
    EXPECT(in_child(with_a_refused_call, SYS_mmap) == 0);
}

#endif

/// The kernel limits the number of threads only for users without privileges.
static void without_threads_nothing_is_registered(void)
{
    struct record record = RECORD_INITIALIZER;
    struct rlimit before, none;
    teredo_handle_t handle = &record;
    if (geteuid() == 0)
        return;
    getrlimit(RLIMIT_NPROC, &before);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    EXPECT(setrlimit(RLIMIT_NPROC, &none) == 0);
    EXPECT(NotifyTeredoPortChange(record_call, &record, 1, &handle) == STATUS_NO_MEMORY && handle == NULL);
    setrlimit(RLIMIT_NPROC, &before);
    EXPECT(record_count(&record) == 0);
    EXPECT(NotifyTeredoPortChange(record_call, &record, 1, &handle) == STATUS_SUCCESS);
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
}

void shortage_cases(void)
{
#ifndef IS_SANITIZED
    // Not with sanitizers, which end the process when memory runs out.
    with_little_memory_calls_succeed_or_fail_as_documented();
    a_sandbox_may_refuse_mmap_and_madvise();
#endif
    without_an_ipv6_stack_there_is_no_port();
    a_sandbox_that_refuses_netlink_has_its_own_code();
    without_descriptors_nothing_is_registered();
    without_threads_nothing_is_registered();
}
