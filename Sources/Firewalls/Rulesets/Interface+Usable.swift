// SPDX-License-Identifier: GPL-2.0-or-later
public import Planner
public import Platform

extension Interface {
    /// The planner's form of an interface in use.
    public init(_ usable: UsableInterface) {
        self.init(
            name: usable.name, index: usable.index, group: usable.group, type: usable.type, kind: usable.kind,
            master: usable.vrf, addresses: usable.addresses,
            networks: usable.networks)
    }
}
