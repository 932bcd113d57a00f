// SPDX-License-Identifier: GPL-2.0-or-later

/// An object of the ruleset that a commit made, changed or removed.
public enum ChangedObject: Hashable, Sendable {
    case table(TableName)
    /// A chain under its new name. Its handle tells whether it had another one before. `base` has the hook and the type
    /// only, and is nil for a removed chain and for one without a hook.
    case chain(ChainName, handle: UInt64, base: BaseChain?)
    /// A rule of this chain.
    case rule(in: ChainName)
    /// A rule or an element that leads to this chain.
    case way(to: ChainName)
    case set(SetName)
    /// An element of this set or map.
    case element(of: SetName)
    /// A named counter, limit, quota or the like in this table.
    case object(in: TableName)
}

/// The objects that a commit changed.
public struct ChangedObjects: Hashable, Sendable {
    /// Each once; without flowtables, and without families that are not told apart.
    public private(set) var objects: Set<ChangedObject>
    /// Whether there may be others: too many to count, or some that could not be read.
    public private(set) var areIncomplete: Bool

    /// Number of objects kept apart. A commit that changes more counts as one that changes everything.
    private static let limit = 4096

    private var last: ChangedObject?

    public init(_ objects: Set<ChangedObject> = [], areIncomplete: Bool = false) {
        self.objects = objects
        self.areIncomplete = areIncomplete
    }

    /// The changes of a commit of which nothing is known.
    public static let unknown = ChangedObjects(areIncomplete: true)

    public mutating func insert(_ object: ChangedObject) {
        // Thousands of elements of one set, or rules of one chain, follow each other.
        guard !areIncomplete, object != last else { return }
        last = object
        objects.insert(object)
        if objects.count > Self.limit { lose() }
    }

    /// Takes note that there are others.
    public mutating func lose() { self = .unknown }

    public static func == (left: Self, right: Self) -> Bool {
        left.objects == right.objects && left.areIncomplete == right.areIncomplete
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(objects)
        hasher.combine(areIncomplete)
    }
}
