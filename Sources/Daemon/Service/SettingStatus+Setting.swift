// SPDX-License-Identifier: GPL-2.0-or-later
internal import Configuration
internal import Control

extension SettingStatus {
    init(_ setting: LoadedConfiguration.Setting) {
        self.init(key: setting.key, value: setting.value, file: setting.file, line: setting.line)
    }
}
