// SPDX-License-Identifier: Apache-2.0
// bpf(2) for this module. Not for Swift.
#ifndef CLINUX_BPF_H
#define CLINUX_BPF_H

#include <linux/bpf.h>

/// bpf(2) with everything in `attributes` but what the caller set being zero: the kernel refuses what it does not know.
/// Returns 0 or a descriptor, close-on-exec, or -errno.
int clinux_bpf(enum bpf_cmd command, union bpf_attr *attributes);

#endif
