// SPDX-License-Identifier: GPL-2.0-or-later

/// The error of a value; the reason is a clause that names the accepted values.
struct SettingError: Error { var reason: String }
