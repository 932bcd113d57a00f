// SPDX-License-Identifier: GPL-2.0-or-later
internal import Control
internal import Firewalls
internal import Nftables
internal import Planner
internal import TeredoPort

extension AttachmentStatus {
    init(_ observation: AttachmentObservation) {
        self.init(
            kind: observation.attachment.kind.rawValue, table: observation.attachment.table.description,
            chains: observation.attachment.chains.map(\.name), rules: observation.rows.map(RuleStatus.init),
            leaseRemainingSeconds: observation.leaseRemaining.map { Int($0.components.seconds) })
    }
}

extension AttachmentStatus {
    /// An attachment without rules and counters.
    init(_ attachment: Attachment, note: String?) {
        self.init(
            kind: attachment.kind.rawValue, table: attachment.table.description,
            chains: attachment.chains.map(\.name), note: note)
    }
}

extension WithheldStatus {
    init(_ item: Exposure.Withheld) {
        self.init(
            port: item.endpoint.port, address: item.endpoint.address.map { "\($0)" }, reason: "\(item.reason)"
        )
    }
}

extension RuleStatus {
    init(_ row: ExceptionRow) {
        self.init(
            name: row.name, chain: row.chain.name, direction: row.direction.word, text: row.text,
            packets: row.packets, bytes: row.bytes)
    }
}
