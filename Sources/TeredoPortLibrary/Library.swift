// SPDX-License-Identifier: Apache-2.0
// This target only links the shared library. The linker settings belong to it, since in the target with the
// functions they would also apply to programs and tests.
internal import TeredoPortABI
