// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The process's environment, read only.
public enum Environment {
    /// The value of a variable; nil when it is unset or empty.
    public static func value(of name: String) -> String? {
        guard let text = unsafe getenv(name) else { return nil }
        let value = unsafe String(cString: text)
        return value.isEmpty ? nil : value
    }
}
