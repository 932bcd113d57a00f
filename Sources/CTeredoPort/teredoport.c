// SPDX-License-Identifier: Apache-2.0
// Includes nothing but the header, which must compile without other headers before it.
#include "netioapi.h"
