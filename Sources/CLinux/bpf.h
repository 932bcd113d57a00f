// SPDX-License-Identifier: Apache-2.0
// bpf(2) for this module only, not for Swift.
#ifndef CLINUX_BPF_H
#define CLINUX_BPF_H

#include <linux/bpf.h>

/// Calls bpf(2). `attributes` must be zero except for what the caller sets, since the kernel rejects unknown
/// bits. Returns 0 or a descriptor (close-on-exec), or -errno.
int clinux_bpf(enum bpf_cmd command, union bpf_attr *attributes);

#endif
