// SPDX-License-Identifier: GPL-2.0-or-later

/// Limits how many tests do something at the same time: with too many, each becomes too slow for its
/// deadlines.
public actor Slots {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    public init(_ count: Int) { free = count }

    /// Waits for a free slot. Call ``giveBack()`` afterwards, also after an error.
    public func take() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    /// Gives the slot to the call of ``take()`` that has waited longest, if one waits.
    public func giveBack() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
