// SPDX-License-Identifier: Apache-2.0
#include "clinux.h"

#include <sys/ioctl.h>

int clinux_terminal_columns(int descriptor)
{
    struct winsize size = {.ws_col = 0};
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
