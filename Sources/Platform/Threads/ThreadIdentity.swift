// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Identifies a thread among those that exist at the same time.
public struct ThreadIdentity: Hashable, Sendable {
    private let value: pthread_t

    /// The calling thread.
    public static var current: ThreadIdentity { ThreadIdentity(value: pthread_self()) }
}
