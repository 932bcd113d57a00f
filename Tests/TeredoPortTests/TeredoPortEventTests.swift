// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import TeredoPort

@Suite struct TeredoPortEventTests {
    @Test(
        arguments: [
            (nil, nil, nil), (nil, 5, .started(5)), (5, 6, .changed(6)), (5, nil, .stopped(lastPort: 5)),
            (5, 5, nil),
        ] as [(UInt16?, UInt16?, TeredoPortEvent?)])
    func `a change of the port is one event, and an equal port is none`(
        old: UInt16?, new: UInt16?, event: TeredoPortEvent?
    ) {
        #expect(TeredoPortEvent(from: old, to: new) == event)
    }
}
