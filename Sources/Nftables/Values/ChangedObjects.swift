// SPDX-License-Identifier: GPL-2.0-or-later

/// The objects that a commit changed.
public struct ChangedObjects: Hashable, Sendable {
    /// The objects without repetition. Flowtables and unknown families are left out.
    public private(set) var objects: Set<ChangedObject>
    /// The rules that were added and removed, in the order of the events; nil when there were more than are kept.
    public private(set) var rules: [RuleChange]? = []
    /// True when objects may be missing: there were too many, or some could not be read.
    public private(set) var areIncomplete: Bool

    /// The maximum number of objects that are kept, to bound the memory for one commit. The changes of a larger
    /// commit become ``unknown``.
    private static let objectLimit = 4096
    /// The maximum number of rules that are kept.
    private static let ruleLimit = 64

    /// The object that was inserted last.
    private var last: ChangedObject?

    public init(_ objects: Set<ChangedObject> = [], areIncomplete: Bool = false) {
        self.objects = objects
        self.areIncomplete = areIncomplete
    }

    /// The changes of a commit about which nothing is known.
    public static let unknown = ChangedObjects(areIncomplete: true)

    public mutating func insert(_ object: ChangedObject) {
        // Messages about one set or chain follow each other by the thousand: skip repetitions early.
        guard !areIncomplete, object != last else { return }
        last = object
        objects.insert(object)
        if objects.count > Self.objectLimit { becomeUnknown() }
    }

    public mutating func insert(_ rule: RuleChange) {
        guard !areIncomplete, let count = rules?.count else { return }
        if count < Self.ruleLimit { rules?.append(rule) } else { rules = nil }
    }

    /// Replaces the objects and rules by ``unknown``, because there are further changes that are not known.
    public mutating func becomeUnknown() { self = .unknown }

    public static func == (left: Self, right: Self) -> Bool {
        (left.objects, left.rules, left.areIncomplete) == (right.objects, right.rules, right.areIncomplete)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(objects)
        hasher.combine(rules)
        hasher.combine(areIncomplete)
    }
}
