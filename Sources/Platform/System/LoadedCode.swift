// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// The program or shared library that this code was loaded from.
public enum LoadedCode {
    /// Keeps the code loaded until the process ends, even if the program unloads the library: threads may
    /// still run it.
    public static func pin() { clinux_pin_code() }
}
