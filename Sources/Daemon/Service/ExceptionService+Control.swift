// SPDX-License-Identifier: GPL-2.0-or-later
internal import Configuration
internal import Control
internal import Firewalls
internal import Nftables
internal import Planner
internal import Platform
internal import TeredoPort
internal import TeredoProtocol

extension ExceptionService: ControlHandler {
    func status() async -> Status {
        let others = await (state: firewalld.state, problem: firewalld.problem, heals: firewalld.heals)
        return Status(
            version: Version.text, processID: Processes.own, startedAt: Moment(startedAt),
            networkNamespace: networkNamespace, mode: configuration.policy.mode.rawValue,
            configuration: configurationStatus,
            client: Status.Client(
                user: configuration.clientUser, uid: clientUser, ports: ports ?? [],
                since: portsSince.map { Moment($0) }),
            tunnel: try? TeredoInterface.find().map(TunnelStatus.init),
            leaseSeconds: Int(configuration.policy.lease.components.seconds),
            places: firewall.observe().map(PlaceStatus.init) + others.state.places.map(PlaceStatus.init),
            leftAlone: (leftAlone + others.state.leftAlone).map(LeftAloneStatus.init),
            heals: (heals + others.heals).sorted { $0.at < $1.at },
            lastError: lastError ?? others.problem, activity: activity)
    }

    func portState() -> PortState {
        PortState(
            ready: ports?.isEmpty == false, ports: ports ?? [], port: servicePort,
            networkNamespace: networkNamespace)
    }

    nonisolated func portChanges() -> AsyncStream<PortChange> { changes.stream }

    /// The interface does not matter: the client binds to whatever there is.
    func rescan(interface: String?) {
        Teredo.rescan()
        look(because: nil)
    }

    func plan() async throws -> PlanText {
        let plan = try firewall.plan(openings, policy: configuration.policy)
        let others = await firewalld.preview(openings, policy: configuration.policy)
        return PlanText(
            text: plan.text(firewalld: others.commands),
            leftAlone: (plan.leftAlone + others.leftAlone).map(LeftAloneStatus.init))
    }
}

extension TunnelStatus {
    init(_ tunnel: TeredoInterface) {
        self.init(
            interface: tunnel.name, address: tunnel.addressText, server: tunnel.address.server.description,
            since: tunnel.since.map { Moment($0.components.seconds) })
    }
}
