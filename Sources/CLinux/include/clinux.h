// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_H
#define CLINUX_H

// No system header but these two: what such a header declares would belong to this module for Swift, or to Glibc, as
// it happens.
#include <stddef.h>
#include <stdint.h>

// Every function answers 0 or -errno and fills its results only on success. Sockets belong to the network
// namespace of the thread that opens them, for good.

/// Moves the calling thread into a new network namespace.
/// Returns 0 or -errno (EPERM without CAP_SYS_ADMIN).
int clinux_unshare_network(void);

/// Moves the calling thread into the network namespace behind `descriptor`.
/// Returns 0 or -errno.
int clinux_enter_network(int descriptor);

// ---- UDP sockets (udp_sockets.c) ------------------------------------------------------------------------

enum {
    /// State of a UDP socket that has not been connected.
    CLINUX_UDP_UNCONNECTED = 7,
};

/// A UDP socket that receives IPv4 packets, as sock_diag tells it. Numbers are in host byte order; the addresses of an
/// IPv6 socket are those of IPv4 that it stands for.
struct clinux_udp_socket {
    uint64_t cookie;
    uint64_t cgroup;
    uint32_t local_address;
    uint32_t remote_address;
    uint32_t uid;
    uint32_t inode;
    uint32_t interface;
    uint16_t local_port;
    uint16_t remote_port;
    uint8_t state;
};

/// What a dump is to list: without `port`, the unconnected sockets of one user; with it, all sockets of all users on
/// that port, connected ones as well. The kernel applies `cgroup`, `port` and `family`, this module `uid`.
struct clinux_udp_query {
    /// Only sockets of this cgroup (inode of its directory in the cgroup v2 tree) and below; 0 = all.
    uint64_t cgroup;
    /// Of no account when `port` is given.
    uint32_t uid;
    /// The local port in host byte order, 0 for any.
    uint16_t port;
    /// 0 for IPv4 sockets, 1 for those IPv6 sockets that receive IPv4 packets too.
    uint8_t is_ipv6;
};

/// Opens a sock_diag socket, close-on-exec, for the two functions below: one thread at a time.
/// Returns 0 or -errno (EPROTONOSUPPORT without sock_diag in the kernel).
int clinux_diag_open(int *descriptor);

/// Lists the UDP sockets that the query is about into a fresh array, which the caller frees with free().
/// `sequence` must differ from that of the call before on this descriptor.
/// Returns 0; -EINTR when the kernel says that the list is inconsistent (ask again); -EBADMSG for an answer that
/// contradicts its own lengths; -ENOENT without udp_diag; -ETIMEDOUT when no answer came for 5 s; -ENOMEM; or what
/// sendto and recvmsg answer.
int clinux_udp_dump(
    int descriptor, uint32_t sequence, struct clinux_udp_query query, struct clinux_udp_socket **sockets,
    size_t *count);

/// The IPv4 UDP socket that receives what arrives for `address` (0 = wildcard) and `port`: constant time.
/// Returns 0; -ENOENT when there is none; otherwise as clinux_udp_dump.
int clinux_udp_find(
    int descriptor, uint32_t sequence, uint32_t address, uint16_t port, struct clinux_udp_socket *socket);

/// The growing result of a dump. Starts as zeros; the owner frees `sockets`.
struct clinux_udp_list {
    struct clinux_udp_socket *sockets;
    size_t count;
    size_t capacity;
    /// The kernel said that the table changed under the dump.
    uint8_t is_inconsistent;
};

/// Reads one datagram of answers to a dump, appending what matches to the list. Pure: no I/O.
/// Returns 1 when the dump goes on, 0 when it is complete, or -errno as clinux_udp_dump.
int clinux_udp_parse(
    const void *bytes, size_t length, uint32_t sequence, struct clinux_udp_query query,
    struct clinux_udp_list *list);

// ---- Events (events.c) ----------------------------------------------------------------------------------

/// Opens a non-blocking socket that is told of every UDP socket that goes away, of IPv4 and of IPv6.
/// Nothing is delivered before clinux_destroy_events_filter has set ports.
int clinux_destroy_events_open(int *descriptor);

enum {
    /// The most ports that clinux_destroy_events_filter tells apart.
    CLINUX_FILTER_MAX = 64,
};

/// Lets only the ends of sockets with one of these local ports (host byte order) through; those of all sockets
/// when there are more than CLINUX_FILTER_MAX. The kernel filters: other sockets wake nobody. (The messages name
/// no user: the kernel has forgotten him by then.)
int clinux_destroy_events_filter(int descriptor, const uint16_t *ports, size_t count);

/// Opens a non-blocking socket that is told of network interfaces that come, change and go.
int clinux_link_events_open(int *descriptor);

/// Reads one waiting datagram into `bytes` and sets `length`.
/// Returns 0; -EAGAIN when none waits; -ENOBUFS when events were lost, so that the truth has to be looked up;
/// -EMSGSIZE when the datagram was longer than `capacity`.
int clinux_events_receive(int descriptor, void *bytes, size_t capacity, size_t *length);

/// A network interface came, changed or went.
struct clinux_link_event {
    int32_t index;
    uint8_t is_tun;
    uint8_t is_gone;
};

/// Reads the link event at `*offset` of a datagram and moves `*offset` behind it. Pure: no I/O.
/// Returns 1 for an event, 0 at the end of the datagram, -EBADMSG when a length leaves the datagram.
int clinux_link_event_parse(
    const void *bytes, size_t length, size_t *offset, struct clinux_link_event *event);

/// Opens a non-blocking socket that is told of changes of addresses and network interfaces. Read it empty with
/// clinux_events_receive, and look.
int clinux_address_events_open(int *descriptor);

/// Opens an event counter, non-blocking.
int clinux_counter_open(int *descriptor);

/// Opens a timer, non-blocking, which goes on while the host sleeps.
int clinux_timer_open(int *descriptor);

/// Lets the timer go off once, `nanoseconds` from now (0 or less: at once), and forgets what was set before.
void clinux_timer_set(int descriptor, int64_t nanoseconds);

enum {
    /// The most descriptors that clinux_wait takes.
    CLINUX_WAIT_MAX = 64,
};

/// Waits until a descriptor is readable (or in error) or `nanoseconds` have passed (negative: without limit),
/// and writes 1 or 0 to each of `ready`.
/// Returns 0; -EINTR after a signal; -EINVAL for more than CLINUX_WAIT_MAX descriptors; -ENOMEM.
int clinux_wait(const int *descriptors, uint8_t *ready, size_t count, int64_t nanoseconds);

/// Names the calling thread, at most 15 bytes.
void clinux_name_thread(const char *name);

// ---- Addresses (addresses.c) ----------------------------------------------------------------------------

/// A unicast address of the host, as rtnetlink tells it.
struct clinux_address {
    /// In network byte order: 4 bytes for AF_INET, 16 for AF_INET6.
    uint8_t bytes[16];
    uint32_t interface;
    /// IFA_F_* flags.
    uint32_t flags;
    /// Seconds from now, UINT32_MAX for ever.
    uint32_t valid_lifetime;
    uint32_t preferred_lifetime;
    /// Hundredths of a second after the host's start; UINT32_MAX when the kernel does not say.
    uint32_t created;
    uint8_t family;
    uint8_t prefix_length;
    /// RT_SCOPE_* number.
    uint8_t scope;
    /// IFAPROT_* number: who made it; 0 when unknown.
    uint8_t protocol;
};

/// A network interface.
struct clinux_link {
    int32_t index;
    /// IFF_* flags.
    uint32_t flags;
    /// Index of the interface that it belongs to (a bridge, bond or VRF); 0 for none.
    uint32_t master;
    uint32_t group;
    /// ARPHRD_* number.
    uint16_t type;
    /// Ends with a zero.
    char name[16];
    /// What kind of virtual interface it is, such as "veth"; empty for hardware. Ends with a zero.
    char kind[16];
};

enum {
    CLINUX_IFA_TEMPORARY = 0x01,
    CLINUX_IFA_OPTIMISTIC = 0x04,
    CLINUX_IFA_DAD_FAILED = 0x08,
    CLINUX_IFA_DEPRECATED = 0x20,
    CLINUX_IFA_TENTATIVE = 0x40,
    CLINUX_IFA_PERMANENT = 0x80,
    CLINUX_IFA_STABLE_PRIVACY = 0x800,
    CLINUX_IFF_UP = 0x1,
    CLINUX_IFF_LOOPBACK = 0x8,
    CLINUX_IFF_LOWER_UP = 0x10000,
    CLINUX_SCOPE_LINK = 253,
    CLINUX_SCOPE_HOST = 254,
    CLINUX_PROTOCOL_LOOPBACK = 1,
    CLINUX_PROTOCOL_ROUTER = 2,
    CLINUX_PROTOCOL_LINK_LOCAL = 3,
    CLINUX_TYPE_ETHERNET = 1,
    CLINUX_TYPE_PPP = 512,
    CLINUX_TYPE_LOOPBACK = 772,
    /// The lowest and highest number of tunnels, and that of a tunnel device (TUN).
    CLINUX_TYPE_TUNNEL_FIRST = 768,
    CLINUX_TYPE_TUNNEL_LAST = 778,
    CLINUX_TYPE_NONE = 65534,
};

/// Reads what follows the header of one RTM_NEWADDR message. Pure: no I/O.
/// Returns 0; -ENOENT for a family other than IPv4 and IPv6; -EBADMSG when a length leaves the bytes or the address is
/// missing.
int clinux_address_parse(const void *bytes, size_t length, struct clinux_address *address);

/// The same for RTM_NEWLINK. Returns 0 or -EBADMSG.
int clinux_link_parse(const void *bytes, size_t length, struct clinux_link *link);

/// Opens a routing socket, close-on-exec, for the two functions below: one thread at a time.
int clinux_route_open(int *descriptor);

/// Lists the unicast addresses of the namespace into a fresh array, which the caller frees with free().
/// `sequence` must differ from that of the call before on this descriptor.
/// Returns 0; -EINTR when the kernel says that the list is inconsistent (ask again); -EBADMSG; -ENOMEM; or -errno.
int clinux_addresses_dump(
    int descriptor, uint32_t sequence, struct clinux_address **addresses, size_t *count);

/// The same for the network interfaces.
int clinux_links_dump(int descriptor, uint32_t sequence, struct clinux_link **links, size_t *count);

// ---- Processes and users (processes.c) ------------------------------------------------------------------

/// Opens a descriptor that becomes readable when the process ends.
/// Returns 0; -ESRCH when there is no such process; or -errno.
int clinux_process_open(int32_t process, int *descriptor);

/// The effective capabilities of the calling thread, one bit each.
int clinux_effective_capabilities(uint64_t *capabilities);

enum {
    CLINUX_CAP_NET_ADMIN = 12,
};

/// Opens a descriptor from which the process's blocked signals of `signals` (one bit each, bit n-1 = signal n)
/// can be read. Non-blocking.
int clinux_signals_open(uint64_t signals, int *descriptor);

/// Blocks `signals` for the calling thread and the threads it will make.
int clinux_signals_block(uint64_t signals);

/// Reads the number of one signal. Returns 0, or -EAGAIN when none waits.
int clinux_signals_receive(int descriptor, uint32_t *signal);

// ---- Forking (fork.c) -----------------------------------------------------------------------------------

/// Makes a word that is 0 in this process and becomes 0 again in every process that is forked off it.
/// Returns 0; -ENOMEM; -ENOSPC when there are more such words than this module keeps room for (8) on a system that
/// cannot empty pages.
int clinux_fork_word_open(uint64_t **word);

/// Reads the word, from any thread.
uint64_t clinux_fork_word_load(const uint64_t *word);

/// Writes `value` when the word is 0, and answers what is in it afterwards. From any thread.
uint64_t clinux_fork_word_settle(uint64_t *word, uint64_t value);

// ---- Unix sockets (unix_sockets.c) ----------------------------------------------------------------------

/// Binds and listens on a non-blocking abstract Unix stream socket, whose name belongs to the network namespace.
/// Returns 0; -EADDRINUSE; -ENAMETOOLONG; or -errno.
int clinux_abstract_listen(const char *name, int *descriptor);

/// Connects to an abstract Unix stream socket. Never waits.
/// Returns 0; -ECONNREFUSED when nobody listens; -EAGAIN when the listener's queue is full; or -errno.
int clinux_abstract_connect(const char *name, int *descriptor);

/// The process and user at the other end of a connected Unix socket, as of its connect or listen.
int clinux_peer_identity(int descriptor, int32_t *process, uint32_t *uid);

// ---- The wall clock (clock.c) ----------------------------------------------------------------------------

/// Opens a non-blocking descriptor that becomes readable when the wall clock is set, or the machine has slept.
/// Returns 0 or -errno of timerfd_create(2) and timerfd_settime(2).
int clinux_clock_steps_open(int *descriptor);

/// Takes note of a step. Returns 0 when the clock was set since the last call; -EAGAIN when it was not; or -errno.
int clinux_clock_step_take(int descriptor);

// ---- Memory (code_pages.c) -------------------------------------------------------------------------------

/// Lets the process's code and constants go from its memory; what is used again comes back from the page cache,
/// a page fault each. Any thread, at any time.
void clinux_release_code_pages(void);

/// The columns of the terminal that a descriptor leads to; 0 when it is none or does not say. Any thread.
int clinux_terminal_columns(int descriptor);

/// Starts the program whose name (looked for in PATH) and arguments are the NUL-terminated strings in `words`, `length`
/// bytes in all, with nothing to read and with standard output and standard error going to `output`. Writes its process id.
/// Returns 0; -EINVAL when there is no word or more than 31, or the last is not terminated; -ENOENT when there is no such
/// program; or what fork and exec refuse. Any thread.
int clinux_spawn(const char *words, size_t length, int output, int32_t *process);

/// Writes one message to syslog(3) as teredowalld, facility daemon; `priority` is LOG_EMERG (0) to LOG_DEBUG (7). Any thread.
void clinux_syslog(int priority, const char *message);

/// Keeps the shared library that this code is in loaded until the process ends. Does nothing in a program.
void clinux_pin_code(void);

/// Answers 1 when some dozens of kilobytes can still be had from the C library, and has them ready then; else 0.
int clinux_has_reserve(void);

#endif
