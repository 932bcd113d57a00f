// SPDX-License-Identifier: GPL-2.0-or-later

/// The version of the whole package.
public enum Version {
    public static let text = "0.2.0"
}
