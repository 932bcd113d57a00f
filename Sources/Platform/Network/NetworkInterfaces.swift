// SPDX-License-Identifier: Apache-2.0
// Both imports are needed: depending on which files are compiled together, Swift attributes the C types of
// sockets to one module or the other.
internal import CLinux
internal import Glibc

/// The names of the interfaces of the calling thread's network namespace that are up and have an IPv4
/// address, without loopback, sorted. A Teredo tunnel is not among them, since it has only IPv6.
public func interfacesWithIPv4() throws(SystemError) -> [String] {
    var first: UnsafeMutablePointer<ifaddrs>?
    try check("list network interfaces") { unsafe getifaddrs(&first) }
    defer { unsafe freeifaddrs(first) }
    var names: Set<String> = []
    var next = unsafe first
    while let address = unsafe next {
        let flags = unsafe address.pointee.ifa_flags
        let family = unsafe address.pointee.ifa_addr?.pointee.sa_family
        let isUsable = flags & UInt32(IFF_UP) != 0 && flags & UInt32(IFF_LOOPBACK) == 0
        if isUsable, family == sa_family_t(AF_INET) {
            names.insert(unsafe String(cString: address.pointee.ifa_name))
        }
        unsafe next = address.pointee.ifa_next
    }
    return names.sorted()
}
