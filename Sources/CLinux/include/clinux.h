// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_H
#define CLINUX_H

// No system headers but these two: Swift would attribute the declarations of other headers to this module or
// to Glibc, depending on what is compiled together.
#include <stddef.h>
#include <stdint.h>

// Every function returns 0 or -errno, unless it says otherwise, and writes its results only on success.
// Sockets always belong to the network namespace of the thread that opened them.

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

/// A UDP socket that receives IPv4 packets, as sock_diag reports it. Numbers are in host byte order. The
/// addresses of an IPv6 socket are converted to IPv4: ::ffff:192.0.2.1 to 192.0.2.1, and :: to 0.0.0.0.
struct clinux_udp_socket {
    /// The inode of the directory of the socket's cgroup in the cgroup v2 tree; 0 when the kernel does not report it.
    uint64_t cgroup;
    uint32_t local_address;
    /// 0, like `remote_port`, when the socket is not connected.
    uint32_t remote_address;
    /// The user that the socket belongs to.
    uint32_t uid;
    /// The inode of the socket; 0 while it is being closed.
    uint32_t inode;
    /// The index of the interface that the socket is bound to (SO_BINDTODEVICE); 0 for none.
    uint32_t interface;
    uint16_t local_port;
    uint16_t remote_port;
    /// The kernel's TCP_* number, which it uses for UDP too: CLINUX_UDP_UNCONNECTED (TCP_CLOSE) or another.
    uint8_t state;
};

/// The sockets to list: without `port`, the unconnected sockets of one user; with `port`, all sockets on that
/// port, of all users and also connected. The kernel filters by all of this except the user; this module filters
/// by `uid`, and again by `port` and connection.
struct clinux_udp_query {
    /// Only sockets of this cgroup and below, by the inode of its directory in the cgroup v2 tree; 0 for all.
    uint64_t cgroup;
    /// The user ID; ignored when `port` is given.
    uint32_t uid;
    /// The local port in host byte order; 0 for any.
    uint16_t port;
    /// 0 for IPv4 sockets, 1 for IPv6 sockets that also receive IPv4 packets.
    uint8_t is_ipv6;
};

/// Opens a sock_diag socket, close-on-exec, for the two functions below; for one thread at a time. Returns 0
/// or -errno (EPROTONOSUPPORT without sock_diag in the kernel).
int clinux_diag_open(int *descriptor);

/// Lists the UDP sockets that match the query in a new array, which the caller frees with free(). `sequence`
/// must differ from that of the previous call on this descriptor. Returns 0; -EINTR when the list is
/// inconsistent (call again); -EBADMSG for a malformed answer; -ENOENT without udp_diag; -ETIMEDOUT when no
/// answer came for 5 s; -ENOMEM; or -errno of sendto(2) or recvmsg(2).
int clinux_udp_dump(
    int descriptor, uint32_t sequence, struct clinux_udp_query query, struct clinux_udp_socket **sockets,
    size_t *count);

/// Finds the UDP socket, IPv4 or IPv6, that receives IPv4 packets for `address` (0: for the wildcard address only)
/// and `port`, in constant time; both are in host byte order. Returns 0; -ENOENT when there is none; otherwise as
/// clinux_udp_dump.
int clinux_udp_find(
    int descriptor, uint32_t sequence, uint32_t address, uint16_t port, struct clinux_udp_socket *socket);

/// The growing result of a dump. Initialise with zeros; the owner frees `sockets`.
struct clinux_udp_list {
    struct clinux_udp_socket *sockets;
    size_t count;
    size_t capacity;
    /// 1 when the table changed during the dump.
    uint8_t is_inconsistent;
};

/// Reads one datagram of the answer to a dump, and appends the sockets that match to the list. Pure: no I/O.
/// Returns 1 when the dump continues, 0 when it is complete, or -errno as clinux_udp_dump.
int clinux_udp_parse(
    const void *bytes, size_t length, uint32_t sequence, struct clinux_udp_query query,
    struct clinux_udp_list *list);

// ---- Events (events.c) ----------------------------------------------------------------------------------

/// Opens a non-blocking socket for events about closed UDP sockets, IPv4 and IPv6. It receives nothing until
/// clinux_destroy_events_filter has set ports.
int clinux_destroy_events_open(int *descriptor);

enum {
    /// The maximum number of ports in the filter of clinux_destroy_events_filter.
    CLINUX_FILTER_MAX = 64,
};

/// Limits the events to sockets with one of these local ports (host byte order); with more than
/// CLINUX_FILTER_MAX ports, passes the events of all sockets. The kernel filters, so that other sockets do
/// not wake the reader. Events do not contain the socket's user.
int clinux_destroy_events_filter(int descriptor, const uint16_t *ports, size_t count);

/// Opens a non-blocking socket for events about network interfaces that appear, change or disappear.
int clinux_link_events_open(int *descriptor);

/// Reads one datagram into `bytes` and sets `length`. Returns 0; -EAGAIN when none has arrived; -ENOBUFS when
/// events were lost, so that the state must be looked up; -EMSGSIZE when the datagram was longer than
/// `capacity`; or -errno of recvmsg(2).
int clinux_events_receive(int descriptor, void *bytes, size_t capacity, size_t *length);

/// An event about a network interface that has appeared, changed or disappeared.
struct clinux_link_event {
    int32_t index;
    /// 1 when the event shows that the interface is a device of /dev/net/tun; events of bridge ports do not.
    uint8_t is_tun;
    /// 1 when the interface has disappeared.
    uint8_t is_gone;
};

/// Reads the link event at `*offset` of a datagram and advances `*offset`. Pure: no I/O. Returns 1 for an
/// event, 0 at the end of the datagram, -EBADMSG when a length exceeds the datagram.
int clinux_link_event_parse(
    const void *bytes, size_t length, size_t *offset, struct clinux_link_event *event);

/// Opens a non-blocking socket for events about addresses and network interfaces. Empty it with
/// clinux_events_receive, then look up the state.
int clinux_address_events_open(int *descriptor);

/// Opens a non-blocking event counter (eventfd(2)) with the value 0.
int clinux_counter_open(int *descriptor);

/// Opens a non-blocking timer (timerfd_create(2)), which also runs while the host sleeps.
int clinux_timer_open(int *descriptor);

/// Sets the timer to expire once, in `nanoseconds` (0 or less: at once); replaces an earlier setting.
void clinux_timer_set(int descriptor, int64_t nanoseconds);

enum {
    /// The maximum number of descriptors for clinux_wait.
    CLINUX_WAIT_MAX = 64,
};

/// Waits until a descriptor is readable (or has an error) or `nanoseconds` have passed (negative: no limit),
/// and writes 1 or 0 to each of `ready`. Returns 0; -EINTR after a signal; -EINVAL for more than
/// CLINUX_WAIT_MAX descriptors; -ENOMEM.
int clinux_wait(const int *descriptors, uint8_t *ready, size_t count, int64_t nanoseconds);

/// Sets the name of the calling thread; ignores a name of more than 15 bytes.
void clinux_name_thread(const char *name);

// ---- Addresses (addresses.c) ----------------------------------------------------------------------------

/// A unicast address of the host, as rtnetlink reports it.
struct clinux_address {
    /// The address in network byte order: 4 bytes for AF_INET, 16 for AF_INET6.
    uint8_t bytes[16];
    /// The index of the interface that has the address.
    uint32_t interface;
    /// IFA_F_* flags.
    uint32_t flags;
    /// Seconds from now; UINT32_MAX for no end.
    uint32_t valid_lifetime;
    uint32_t preferred_lifetime;
    /// Hundredths of a second after the host's start; UINT32_MAX when not reported.
    uint32_t created;
    uint8_t family;
    uint8_t prefix_length;
    /// RT_SCOPE_* number.
    uint8_t scope;
    /// IFAPROT_* number, the origin of the address; 0 when unknown.
    uint8_t protocol;
};

/// A network interface.
struct clinux_link {
    int32_t index;
    /// IFF_* flags.
    uint32_t flags;
    /// The index of the interface that this one is a member of, such as a bridge, bond or VRF; 0 for none.
    uint32_t master;
    /// The group of interfaces that the administrator put it into (`ip link set group`); 0 is the default group.
    uint32_t group;
    /// ARPHRD_* number.
    uint16_t type;
    /// The name, NUL-terminated.
    char name[16];
    /// The kind of virtual interface, such as "veth", NUL-terminated; empty for hardware.
    char kind[16];
};

/// The kernel's numbers for flags of addresses (IFA_F_*) and interfaces (IFF_*), scopes (RT_SCOPE_*),
/// origins of addresses (IFAPROT_*), and types of interfaces (ARPHRD_*).
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
    /// Origins: IFAPROT_KERNEL_LO, IFAPROT_KERNEL_RA and IFAPROT_KERNEL_LL.
    CLINUX_PROTOCOL_LOOPBACK = 1,
    CLINUX_PROTOCOL_ROUTER = 2,
    CLINUX_PROTOCOL_LINK_LOCAL = 3,
    CLINUX_TYPE_ETHERNET = 1,
    CLINUX_TYPE_PPP = 512,
    CLINUX_TYPE_LOOPBACK = 772,
    /// The lowest and highest number of the types of tunnels. CLINUX_TYPE_LOOPBACK is between them, so compare
    /// with it first.
    CLINUX_TYPE_TUNNEL_FIRST = 768,
    CLINUX_TYPE_TUNNEL_LAST = 778,
    /// The type of TUN devices.
    CLINUX_TYPE_NONE = 65534,
};

/// Reads the payload of one RTM_NEWADDR message. Pure: no I/O. Returns 0; -ENOENT for a family other than
/// IPv4 and IPv6; -EBADMSG when a length exceeds the payload or the address is missing.
int clinux_address_parse(const void *bytes, size_t length, struct clinux_address *address);

/// Reads the payload of one RTM_NEWLINK message. Pure: no I/O. Returns 0 or -EBADMSG.
int clinux_link_parse(const void *bytes, size_t length, struct clinux_link *link);

/// Opens a routing socket, close-on-exec, for the two functions below and clinux_find_route; for one thread at a
/// time.
int clinux_route_open(int *descriptor);

/// Lists the unicast addresses of the namespace in a new array, which the caller frees with free().
/// `sequence` must differ from that of the previous call on this descriptor. Returns 0; -EINTR when the list
/// is inconsistent (call again); -EBADMSG; -ENOMEM; or -errno.
int clinux_addresses_dump(
    int descriptor, uint32_t sequence, struct clinux_address **addresses, size_t *count);

/// Lists the network interfaces of the namespace, otherwise like clinux_addresses_dump.
int clinux_links_dump(int descriptor, uint32_t sequence, struct clinux_link **links, size_t *count);

// ---- Processes and users (processes.c) ------------------------------------------------------------------

/// Opens a descriptor that becomes readable when the process ends.
/// Returns 0; -ESRCH when there is no such process; or -errno.
int clinux_process_open(int32_t process, int *descriptor);

/// Reads the effective capabilities of the calling thread: bit n for capability n.
int clinux_effective_capabilities(uint64_t *capabilities);

enum {
    /// The number of CAP_NET_ADMIN.
    CLINUX_CAP_NET_ADMIN = 12,
};

/// Opens a non-blocking descriptor from which blocked signals of the process can be read: those in `signals`,
/// bit n-1 for signal n.
int clinux_signals_open(uint64_t signals, int *descriptor);

/// Blocks `signals` in the calling thread and in threads that it will create.
int clinux_signals_block(uint64_t signals);

/// Reads the number of one signal. Returns 0, or -EAGAIN when there is none.
int clinux_signals_receive(int descriptor, uint32_t *signal);

// ---- Forking (fork.c) -----------------------------------------------------------------------------------

/// A word tells a process that it was forked, and so must not use the threads and sockets of its parent.
///
/// Allocates a word that is 0 in this process and is reset to 0 in every process forked from it. It is never freed.
/// Returns 0; -ENOMEM; or, on a system without MADV_WIPEONFORK, -ENOSPC when 8 words have been allocated.
int clinux_fork_word_open(uint64_t **word);

/// Reads the word. Any thread.
uint64_t clinux_fork_word_load(const uint64_t *word);

/// Writes `value` if the word is 0, and returns the value that the word then has. Any thread.
uint64_t clinux_fork_word_set_once(uint64_t *word, uint64_t value);

// ---- Unix sockets (unix_sockets.c) ----------------------------------------------------------------------

/// Binds and listens on a non-blocking abstract Unix stream socket, whose name belongs to the network
/// namespace. Returns 0; -EADDRINUSE; -ENAMETOOLONG for a name that is too long or empty; or -errno.
int clinux_abstract_listen(const char *name, int *descriptor);

/// Connects to an abstract Unix stream socket, without blocking. Returns 0; -ECONNREFUSED when no socket
/// listens; -EAGAIN when the listener's queue is full; -ENAMETOOLONG as above; or -errno.
int clinux_abstract_connect(const char *name, int *descriptor);

// ---- The wall clock (clock.c) ----------------------------------------------------------------------------

/// Opens a non-blocking descriptor that becomes readable when the wall clock is set or the machine has slept.
/// Returns 0 or -errno of timerfd_create(2) or timerfd_settime(2).
int clinux_clock_steps_open(int *descriptor);

/// Consumes the event of a step of the clock. Returns 0 when the clock was set or the machine has slept since
/// the last call; -EAGAIN when neither; or -errno.
int clinux_clock_step_take(int descriptor);

// ---- Memory (code_pages.c, memory.c) ---------------------------------------------------------------------

/// Releases the pages of the process's code and constants. Pages that are used again are read from the page
/// cache, with a page fault each. Any thread, at any time.
void clinux_release_code_pages(void);

/// Returns 1 when about 100 kB can be allocated, which the C library then keeps for later allocations;
/// else 0. For a check before Swift code that allocates: Swift ends the process when an allocation fails.
int clinux_memory_available(void);

// ---- Terminals, programs, syslog, libraries (terminal.c, spawn.c, syslog.c, pin_code.c) -------------------

/// Returns the number of columns of the terminal behind a descriptor; 0 when the descriptor is not a
/// terminal or the terminal does not report it. Any thread.
int clinux_terminal_columns(int descriptor);

/// Opens a pipe. Both ends are close-on-exec from the start, so that no program started meanwhile inherits them.
int clinux_pipe_open(int *reading_end, int *writing_end);

/// Starts a program with empty standard input, and with standard output and standard error connected to
/// `output`. `words` has its name (searched in PATH) and its arguments as NUL-terminated strings, `length`
/// bytes in all. Writes the process ID. Returns 0; -EINVAL for no word, more than 31, or a last word without
/// NUL; -ENOENT when there is no such program; or -errno of posix_spawnp(3). Any thread.
int clinux_spawn(const char *words, size_t length, int output, int32_t *process);

/// Writes a message to syslog(3) as teredowalld, facility daemon; `priority` is LOG_EMERG (0) to LOG_DEBUG
/// (7). Any thread.
void clinux_syslog(int priority, const char *message);

/// Keeps the shared library that contains this code loaded until the process ends. Does nothing if the
/// code is linked into a program.
void clinux_pin_code(void);

#endif
