// SPDX-License-Identifier: GPL-2.0-or-later

/// The interfaces that the daemon implements, in varlink's interface definition language.
enum Interfaces {
    static let exceptionsName = "io.teredowall.Exceptions"
    static let serviceName = "org.varlink.service"

    /// By name.
    static func description(of name: String) -> String? {
        switch name {
        case exceptionsName: exceptions
        case serviceName: service
        default: nil
        }
    }

    static let exceptions = """
        # The firewall exceptions that teredowalld keeps for the Teredo client of this network namespace.
        # Anybody may read; what changes something is for root.
        #
        # Times are text as in RFC 3339, in UTC; ports are in host byte order.
        interface io.teredowall.Exceptions

        # Whether the kernel tells the daemon when the client binds its port, and why not. Otherwise the daemon looks
        # for the port when other things happen.
        type Probe (inUse: bool, reason: ?string)

        # The Teredo client, known by its user. `uid` is missing while the host has no such user, `since` (when
        # the ports became these) while the client has no port. `withheld` are those of the ports that are not
        # opened.
        type Client (
          user: string,
          uid: ?int,
          ports: []int,
          since: ?string,
          withheld: []Withheld,
          probe: ?Probe
        )

        # A service port that is not opened, and why; `address` is the one it is bound to, missing for all.
        type Withheld (port: int, address: ?string, reason: string)

        # A key of the configuration, its value as the file writes it, and the file and line that set it (missing: it
        # is the default).
        type Setting (key: string, value: string, file: ?string, line: ?int)

        # Which configuration is in force: the file named at the start (missing: the default one), why the last
        # reload was refused (missing: it was not), and every key.
        type Configuration (path: ?string, lastError: ?string, settings: ?[]Setting)

        # The tunnel of a qualified client: its interface, Teredo address (2001::/32), server, and since when.
        type Tunnel (interface: string, address: string, server: string, since: ?string)

        # What becomes of packets. `open`: an exception lets them pass; `unfiltered`: the firewall does so without;
        # `denied`: a rule of the administrator's denies them and wins; `unserved`: a default denies them and no
        # exception stands in front of it; `unknown`: reading the rules does not tell.
        type RowState (open, unfiltered, denied, unserved, unknown)

        # What becomes of the packets of a row, named as in Rule, on an interface (missing: on all): where that is
        # decided, and why.
        type Row (interface: ?string, name: string, state: RowState, place: ?string, reason: ?string)

        # One exception in one place. `name` is I1 (in, to the service port), I2 (in, local discovery), O1 (out,
        # from the service port) or O2 (out, to Teredo servers); `direction` is in or out; `text` is the rule
        # as the firewall prints it. Counters are missing where the firewall keeps none.
        type Rule (
          name: string,
          chain: string,
          direction: string,
          text: string,
          packets: ?int,
          bytes: ?int
        )

        # A table or firewall in which exceptions are in force. `kind` is "own table", "nft", "anchor",
        # "iptables" or "firewalld"; the lease is how long the openings would live without the daemon.
        type Place (
          kind: string,
          table: string,
          chains: []string,
          rules: []Rule,
          leaseRemainingSeconds: ?int
        )

        # A chain or table that would stop Teredo and that the daemon does not touch, and why.
        type LeftAlone (name: string, reason: string)

        # Exceptions that somebody took away and that were put back; the process that did it, where known.
        type Heal (at: string, place: string, cause: string, processID: ?int, processName: ?string)

        # A cumulative histogram of durations. `buckets` counts what took at most 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25,
        # 100 and 1000 milliseconds, each including the ones before; `sum` is in seconds.
        type Histogram (buckets: []int, count: int, sum: float)

        # What the daemon has done since it started. `openSeconds` is the time from seeing a port of the client to
        # the rule being committed, `swapSeconds` that of the transaction alone; heals are counted by the name of
        # the process that had taken exceptions away.
        type Activity (
          healsByProcess: [string]int,
          retries: int,
          failures: int,
          openSeconds: Histogram,
          swapSeconds: Histogram
        )

        # What happened to the port: `initial` is what holds when the subscription begins.
        type ChangeType (initial, started, changed, stopped)

        # What the daemon is, which client it follows and what it holds open. `networkNamespace` is the inode of
        # the one it serves. `lastError` is present while the firewall is not as it should be.
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

        # The service port of the Teredo client; `port` is missing while it has none.
        method GetPort() -> (ready: bool, ports: []int, port: ?int, networkNamespace: ?int)

        # Follows the port. Must be called with `more`; answers at once with what holds, then with every
        # change, until the connection is closed. `port` is 0 in an initial message while the client has
        # none; in a stopped message it is the port used last. Who does not read is disconnected.
        method Subscribe() -> (type: ChangeType, port: int, ports: []int)

        # Looks for the port and at the firewall again, at once. `interface` is the one that came up or went
        # down, for the log. For root only.
        method Rescan(interface: ?string) -> ()

        # What would be changed in the ruleset as it is now, in nft's language, and in comments what firewalld
        # would be asked for; empty when all is in place. `rows` is what holds once that is done. For root only.
        method Plan() -> (text: string, rows: []Row, leftAlone: []LeftAlone)

        # What changes something or takes the daemon's time is for root; `uid` is whose connection it was.
        error NotPermitted (method: string, uid: int)

        # The daemon is starting or stopping.
        error NotReady (reason: string)

        # Looking again did not work out; what was open before still is.
        error RescanFailed (reason: string)

        # Anything else that the daemon could not do.
        error Failed (reason: string)

        """

    /// As varlink publishes it.
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
