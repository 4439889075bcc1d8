"""Reads lines `module.Class method`, and prints those whose class is there and lacks the method. `()` is a call."""

import importlib
import sys

for line in sys.stdin:
    symbol, method = line.split()
    module, name = symbol.rsplit(".", 1)
    found = getattr(importlib.import_module(module), name)
    if not hasattr(found, "__call__" if method == "()" else method):
        print(line.strip())
    elif method == "()" and "__call__" not in dir(found):
        print(line.strip())
