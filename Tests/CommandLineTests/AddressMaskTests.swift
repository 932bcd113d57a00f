// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import teredowall

@Suite struct AddressMaskTests {
    @Test(arguments: [
        ("from 5.6.7.8.", "from <IPV4-1>."),
        // As `ss -uanp` prints sockets.
        ("5.6.7.8:41905 0.0.0.0:*", "<IPV4-1>:41905 0.0.0.0:*"),
        ("5.6.7.8%eth0:68", "<IPV4-1>%eth0:68"),
        ("[::ffff:5.6.7.8]:3544 [2001:470::1]:53", "[::ffff:<IPV4-1>]:3544 [<IPV6-2>]:53"),
        ("::ffff:5.6.7.8, 5.6.7.8", "::ffff:<IPV4-1>, <IPV4-1>"),
        ("UDP port 5.6.7.8:41905: no", "UDP port <IPV4-1>:41905: no"),
        ("addr:5.6.7.8", "addr:<IPV4-1>"),
        ("64:ff9b::5.6.7.8", "<IPV6-1>"),
        ("64:ff9b:0:0:0:0:5.6.7.8:", "<IPV6-1>:"),
        ("ip6 saddr 2001:470:1f0a::/64", "ip6 saddr <IPV6-1>/64"),
        ("2001:470:1:2:3:4:5::, ::1:2:3:4:5:6:7", "<IPV6-1>, <IPV6-2>"),
        ("5.6.7.8-5.6.7.9", "<IPV4-1>-<IPV4-2>"),
        ("ether 52:54:00:12:34:56", "ether <MAC-1>"),
    ])
    func `addresses are masked, with a port and in another address too`(text: String, masked: String) {
        var mask = AddressMask()
        #expect(mask.masked(text) == masked)
    }

    @Test(arguments: [
        "127.0.0.1:53 192.168.1.2:41905", "::ffff:10.0.0.1", "[::]:3544 ::1 fe80::1 ff02::1", "12:34:56",
        "version 1.2.3: ok", "a: b: c...", "0.0.0.0:*", "teredo0:3544",
    ])
    func `other texts are kept`(text: String) {
        var mask = AddressMask()
        #expect(mask.masked(text) == text)
    }
}
