#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The tests of KernelTests with the release's kernel, nft and iptables. MATRIX_TESTS, arguments of the program with the
# tests, selects some of them.
. "$(dirname "$0")/../host.sh"

# The folder with the built tests, given only in an emulated machine.
tests=${2-}
[[ $tests ]] || skip_check "the kernel is the machine's, which scripts/test tests"
# The tests look for files of their checkout where it was when they were built.
checkout=$(<"$tests/checkout")
mkdir -p "$checkout" "$matrix/../../.build/private-roots"
mv "$tests"/roots/* "$matrix/../../.build/private-roots"
mount --bind "$matrix/../.." "$checkout"
cd "$checkout"
# shellcheck disable=SC2086 # several arguments
TEREDOWALL_REQUIRE_KERNEL=1 LD_LIBRARY_PATH=$tests/lib "$tests/tests" --testing-library swift-testing --no-parallel \
    ${MATRIX_TESTS:---filter ^KernelTests}
