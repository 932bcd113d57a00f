// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The process's limit of open descriptors.
public enum DescriptorLimit {
    /// Raises the limit to `wanted`, but not above the hard limit, and returns the limit now in force.
    /// Never lowers it.
    @discardableResult
    public static func raise(to wanted: Int) throws(SystemError) -> Int {
        var limit = rlimit()
        try check("read the limit of open files") { unsafe getrlimit(RLIMIT_NOFILE.forCalls, &limit) }
        let target = min(rlim_t(wanted), limit.rlim_max)
        if target > limit.rlim_cur {
            limit.rlim_cur = target
            try check("raise the limit of open files") { unsafe setrlimit(RLIMIT_NOFILE.forCalls, &limit) }
        }
        return Int(clamping: limit.rlim_cur)
    }
}

extension __rlimit_resource {
    /// The C header declares the constant and the functions with different types.
    fileprivate var forCalls: __rlimit_resource_t { __rlimit_resource_t(rawValue) }
}
