#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""mingw-names.py NETIOAPI_H: prints the names that mingw-w64's netioapi.h declares, one on each line."""
import re
import sys

# The header without its comments.
text = re.sub(r"/\*.*?\*/", "", open(sys.argv[1], encoding="utf-8").read(), flags=re.S)
# Without the definition of NETIOAPI_API_ itself.
prototypes = " ".join(line for line in text.splitlines() if "NETIOAPI_API_" in line and "#" not in line)
# Functions. The types of callbacks begin with `VOID (`, which has the form of a function's name.
names = set(re.findall(r"\b([A-Za-z_]\w*)\s*\(", prototypes)) - {"VOID"}
# Macros.
names |= set(re.findall(r"#define\s+(\w+)", text))
# Types of callbacks.
names |= set(re.findall(r"\(NETIOAPI_API_ \*\s*(P\w+)\)", text))
# Tags of enumerations, structures and unions.
names |= set(re.findall(r"(?:enum|struct|union)\s+(_\w+)", text))
# Types: the names in capitals behind a closing brace.
for declared in re.findall(r"\}\s*([^;{}]+);", text):
    names |= {name for name in re.findall(r"[A-Z_]\w*", declared) if name.upper() == name}
# Values of enumerations.
for values in re.findall(r"enum\s+\w+\s*\{([^}]*)\}", text):
    names |= {value.split("=")[0].strip() for value in values.split(",")}
# The last value of an enumeration may have a comma behind it: empty texts are not names.
print("\n".join(sorted(name for name in names if re.fullmatch(r"[A-Za-z_]\w+", name))))
