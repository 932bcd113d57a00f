// SPDX-License-Identifier: GPL-2.0-or-later
internal import Configuration
internal import Control
internal import Firewalls
internal import Logging
internal import Nftables
internal import Planner
internal import Platform
internal import TeredoPort
internal import TeredoProtocol

extension ExceptionService: ControlHandler {
    nonisolated func status() async -> Status {
        let attachments = board.attachments()
        let (facts, firewalld) = board.current
        return Status(
            version: Version.text, processID: Processes.own, startedAt: Moment(startedAt),
            networkNamespace: networkNamespace, mode: facts.configuration.policy.mode.rawValue,
            configuration: facts.configurationStatus,
            client: Status.Client(
                user: facts.configuration.clientUser, uid: facts.client?.user,
                ports: facts.client?.ports ?? [],
                opened: Set(facts.client?.exposure.open.map(\.port) ?? []).sorted(),
                since: facts.portsSince.map { Moment($0) },
                withheld: facts.client?.exposure.withheld.map(WithheldStatus.init) ?? [],
                probe: Status.BindProbe(subscription.bindReporting)),
            tunnel: try? TeredoInterface.find().map(TunnelStatus.init),
            leaseSeconds: Int(facts.configuration.policy.lease.components.seconds),
            rows: facts.fates.withFirewalld(
                isServed: !firewalld.state.attachments.isEmpty || firewalld.state.opensNothing,
                acceptsAll: firewalld.state.acceptsAll,
                leftAlone: firewalld.state.leftAlone, problem: firewalld.problem
            ).byInterface.map(RowStatus.init),
            places: attachments
                + firewalld.state.attachments.map { AttachmentStatus($0, note: firewalld.state.note) },
            leftAlone: (facts.leftAlone + firewalld.state.leftAlone).map(LeftAloneStatus.init),
            heals: (facts.heals + firewalld.heals).sorted { $0.at < $1.at },
            lastError: facts.lastError ?? firewalld.problem, activity: facts.activity)
    }

    nonisolated func portState() -> PortState {
        let facts = board.current.facts
        let ports = facts.client?.ports ?? []
        return PortState(
            ready: !ports.isEmpty, ports: ports, port: facts.servicePort,
            networkNamespace: networkNamespace)
    }

    nonisolated func portChanges() -> AsyncStream<PortChange> { portChangeStream.stream }

    /// The interface is only logged: the client's socket does not belong to one.
    ///
    /// - Throws: ``ControlError/rescanFailed(reason:)`` when the ruleset could not be read or repaired.
    func rescan(interface: String?) throws(ControlError) {
        let cause = interface.map { ", as the interface \($0) came up or went down" } ?? ""
        log.debug("asked to look again\(cause)")
        subscription.lookAgain()
        look()
        // The error of the look just made; nil after a success.
        if let lastError { throw .rescanFailed(reason: lastError) }
    }

    func plan() async throws -> PlanText {
        let plan = try firewall.plan(openings, policy: configuration.policy)
        let firewalldPlan = await firewalld.preview(openings, policy: configuration.policy)
        return PlanText(
            text: plan.text(firewalld: firewalldPlan.commands),
            rows: plan.fates.withFirewalld(
                isServed: firewalldPlan.isServed, acceptsAll: firewalldPlan.acceptsAll,
                leftAlone: firewalldPlan.leftAlone
            ).byInterface.map(RowStatus.init),
            leftAlone: (plan.leftAlone + firewalldPlan.leftAlone).map(LeftAloneStatus.init))
    }
}

extension Status.BindProbe {
    fileprivate init(_ bindReporting: ClientSubscription.BindReporting) {
        switch bindReporting {
        case .inUse: self.init(inUse: true)
        case .off: self.init(inUse: false, reason: "switched off")
        case .unavailable(let reason): self.init(inUse: false, reason: reason)
        }
    }
}
