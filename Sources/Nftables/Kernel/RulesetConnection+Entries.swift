// SPDX-License-Identifier: GPL-2.0-or-later
internal import CNftables
internal import Glibc
internal import Platform

extension RulesetConnection {
    /// The elements of any set or map, in no order; nil when there are more than `most`.
    public func entries(of set: SetName, atMost most: Int = .max) throws(NftablesError) -> [SetEntry]? {
        let entries: [SetEntry] = try unsafe list(
            CNFTABLES_ELEMENTS, "list elements of \(set.errorPhrase)", in: set.table, name: set.name
        ) {
            // Receive the rest too, because no new request may be sent before the listing has ended.
            $1.count > most ? 0 : unsafe SetEntry.read($0, into: &$1)
        }
        return entries.count > most ? nil : entries
    }

    /// The elements of a set with keys of two bytes, as ranges of keys in network byte order. `areIntervals` is true
    /// for a set with intervals (NFT_SET_INTERVAL).
    public func ranges(of set: SetName, areIntervals: Bool) throws(NftablesError) -> [SetEntry] {
        // A list of one value, which gathers the keys of all messages; empty if there is no message.
        let keys: [ShortKeys] = try unsafe list(
            CNFTABLES_ELEMENTS, "list elements of \(set.errorPhrase)", in: set.table, name: set.name
        ) {
            if $1.isEmpty { $1.append(ShortKeys()) }
            return unsafe $1[0].read($0)
        }
        return keys.first?.entries(areIntervals: areIntervals) ?? []
    }

    /// The element whose key is `key` or whose interval contains it, returned with the key `key`; nil when there is
    /// none.
    public func entry(of set: SetName, for key: [UInt8]) throws(NftablesError) -> SetEntry? {
        guard var entry = try element(of: set, containing: key) else { return nil }
        (entry.key, entry.keyEnd, entry.isIntervalEnd) = (key, key, false)
        return entry
    }

    /// An entry with these two keys as bounds if one element of an interval set contains both, and so all keys in between.
    public func entry(
        of set: SetName, from low: [UInt8], through high: [UInt8]
    ) throws(NftablesError) -> SetEntry? {
        guard var entry = try element(of: set, containing: low), let start = entry.key,
            try element(of: set, containing: high)?.key == start
        else { return nil }
        (entry.key, entry.keyEnd, entry.isIntervalEnd) = (low, high, false)
        return entry
    }

    /// The element whose key is `key`, or the start of the interval that contains it.
    private func element(of set: SetName, containing key: [UInt8]) throws(NftablesError) -> SetEntry? {
        var found: [SetEntry] = []
        let status = unsafe socket.element(of: set, key) { unsafe SetEntry.read($0, into: &found) }
        switch -status {
        case 0: break
        case ENOENT: return nil
        case EPERM: throw .notPermitted
        case let code: throw .system(SystemError("look up an element of \(set.errorPhrase)", code: code))
        }
        return found.first
    }
}
