// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The limit on open descriptors of this process.
public enum DescriptorLimit {
    /// Raises the limit to `wanted`, or as near to it as an unprivileged process may, and returns the limit
    /// that now holds. Never lowers it.
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
    /// The two declarations of one C header disagree about the type.
    fileprivate var forCalls: __rlimit_resource_t { __rlimit_resource_t(rawValue) }
}
