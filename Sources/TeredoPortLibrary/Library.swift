// SPDX-License-Identifier: Apache-2.0
// Only links: how the shared library is put together belongs to this target, and would spoil programs and tests if it
// belonged to the target with the functions.
internal import TeredoPortABI
