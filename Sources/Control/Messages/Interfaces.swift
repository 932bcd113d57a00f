// SPDX-License-Identifier: GPL-2.0-or-later

/// The interfaces that the daemon implements, in varlink's interface definition language.
enum Interfaces {
    static let exceptionsName = "io.teredowall.Exceptions"
    static let serviceName = "org.varlink.service"

    /// The description of the interface with this name; nil for unknown names.
    static func description(of name: String) -> String? {
        switch name {
        case exceptionsName: exceptions
        case serviceName: service
        default: nil
        }
    }

    static let exceptions = """
        # The firewall exceptions that teredowalld maintains for the Teredo client of this network namespace.
        # Any user may call the methods that read; the others are for root.
        #
        # Times are text as in RFC 3339, in UTC; ports are in host byte order.
        interface io.teredowall.Exceptions

        # Whether the kernel reports the client's binds to the daemon and, if not, the reason. Without reports
        # the daemon looks for the port at other events.
        type Probe (inUse: bool, reason: ?string)

        # The Teredo client, identified by its user. `uid` is missing while the host has no such user, or while
        # looking it up has failed; `since`, the time of the last change of the ports, is missing while the client
        # has no port.
        # `opened` are the ports that are open on one address at least, `withheld` those that are not opened on an
        # address that they are bound to.
        type Client (
          user: string,
          uid: ?int,
          ports: []int,
          opened: ?[]int,
          since: ?string,
          withheld: []Withheld,
          probe: ?Probe
        )

        # A service port that is not opened, and the reason. `address` is the address that the port is bound
        # to; it is missing for all addresses.
        type Withheld (port: int, address: ?string, reason: string)

        # A key of the configuration, its value as written in the file, and the file and line that set it
        # (missing for a default).
        type Setting (key: string, value: string, file: ?string, line: ?int)

        # The configuration in force: the file named at the start (missing for the default file), the error of
        # the last reload (missing if there was none), and all keys.
        type Configuration (path: ?string, lastError: ?string, settings: ?[]Setting)

        # The tunnel of a qualified client: its interface, its Teredo address (2001::/32), its server, and the
        # time since when it has the address.
        type Tunnel (interface: string, address: string, server: string, since: ?string)

        # The outcome for packets. `open`: an exception lets them pass. `unfiltered`: the firewall lets them
        # pass without an exception. `denied`: a rule of the administrator denies them and takes precedence.
        # `unserved`: a default denies them and no exception stands before it. `unknown`: reading the rules
        # does not show it.
        type RowState (open, unfiltered, denied, unserved, unknown)

        # The state of the packets of a row (named as in Rule) on an interface (missing for all): the chain
        # that decides, and the reason.
        type Row (interface: ?string, name: string, state: RowState, place: ?string, reason: ?string)

        # One exception of a place. `name` is I1 (in, to the service port), I2 (in, local discovery), O1 (out,
        # from the service port), O2 (out, to Teredo servers), IGMP, or guard (drops unsolicited packets from
        # the tunnel). `direction` is in or out; `text` is the rule as the firewall prints it. The counters
        # are missing where the firewall has none.
        type Rule (
          name: string,
          chain: string,
          direction: string,
          text: string,
          packets: ?int,
          bytes: ?int
        )

        # A table or firewall in which exceptions are in force. `kind` is "own table", "nft", "anchor",
        # "iptables" or "firewalld". `leaseRemainingSeconds` is the time for which the openings stay without
        # the daemon. `note` is what the administrator should know of the exceptions, if there is anything.
        type Place (
          kind: string,
          table: string,
          chains: []string,
          rules: []Rule,
          leaseRemainingSeconds: ?int,
          note: ?string
        )

        # A chain or table that would stop Teredo and that the daemon does not change, and the reason.
        type LeftAlone (name: string, reason: string)

        # Exceptions that another program removed and that the daemon put back; the process that removed them,
        # where known.
        type Heal (at: string, place: string, cause: string, processID: ?int, processName: ?string)

        # A cumulative histogram of durations. `buckets` has the numbers of durations up to 0.1, 0.25, 0.5, 1,
        # 2.5, 5, 10, 25, 100 and 1000 milliseconds, each including the ones before; `sum` is in seconds.
        type Histogram (buckets: []int, count: int, sum: float)

        # Counters since the daemon's start. `openSeconds` are the times from seeing a port of the client to
        # the commit of its rule, `swapSeconds` the durations of the transactions alone. Heals are counted by
        # the name of the process that had removed the exceptions.
        type Activity (
          healsByProcess: [string]int,
          retries: int,
          failures: int,
          openSeconds: Histogram,
          swapSeconds: Histogram
        )

        # The kind of a change of the port; `initial` is the state at the beginning of a subscription.
        type ChangeType (initial, started, changed, stopped)

        # The daemon, the client and the exceptions. `networkNamespace` is the inode of the network namespace
        # that the daemon serves. `lastError` is present while the firewall is not as it should be.
        method GetStatus() -> (
          version: string,
          processID: int,
          startedAt: string,
          networkNamespace: ?int,
          mode: string,
          configuration: Configuration,
          client: Client,
          tunnel: ?Tunnel,
          leaseSeconds: int,
          rows: []Row,
          places: []Place,
          leftAlone: []LeftAlone,
          heals: []Heal,
          lastError: ?string,
          activity: Activity
        )

        # The service port of the Teredo client: `ready` is true while it has one, otherwise `port` is missing.
        # `ports` are all ports of the client.
        method GetPort() -> (ready: bool, ports: []int, port: ?int, networkNamespace: ?int)

        # Follows the port. Must be called with `more`. Answers with the present state at once, then with
        # every change, until the connection is closed. In an initial message `port` is 0 while the client has
        # none; in a stopped message it is the last port. A client that does not read is disconnected.
        method Subscribe() -> (type: ChangeType, port: int, ports: []int)

        # Examines the client and the firewall again, at once. `interface` is the one that came up or went
        # down. For root only.
        method Rescan(interface: ?string) -> ()

        # The changes that the daemon would make to the present ruleset, in nft's syntax, and as comments
        # those to firewalld; empty when nothing needs to change. `rows` are the states after the changes. For
        # root only.
        method Plan() -> (text: string, rows: []Row, leftAlone: []LeftAlone)

        # The method changes something or takes the daemon's time, and is therefore for root only; `uid` is
        # the user of the connection.
        error NotPermitted (method: string, uid: int)

        # The daemon is starting or stopping.
        error NotReady (reason: string)

        # The new examination failed; what was open stays open.
        error RescanFailed (reason: string)

        # Any other failure of the daemon.
        error Failed (reason: string)

        """

    /// The text published by varlink.
    static let service = """
        # The Varlink Service Interface is provided by every varlink service. It
        # describes the service and the interfaces it implements.
        interface org.varlink.service

        # Get a list of all the interfaces a service provides and information
        # about the implementation.
        method GetInfo() -> (
          vendor: string,
          product: string,
          version: string,
          url: string,
          interfaces: []string
        )

        # Get the description of an interface that is implemented by this service.
        method GetInterfaceDescription(interface: string) -> (description: string)

        # The requested interface was not found.
        error InterfaceNotFound (interface: string)

        # The requested method was not found
        error MethodNotFound (method: string)

        # The interface defines the requested method, but the service does not
        # implement it.
        error MethodNotImplemented (method: string)

        # One of the passed parameters is invalid.
        error InvalidParameter (parameter: string)

        # Client is denied access
        error PermissionDenied ()

        # Method is expected to be called with 'more' set to true, but wasn't
        error ExpectedMore ()

        """
}
