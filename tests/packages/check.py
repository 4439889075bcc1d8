"""Reads symbols, one a line, and prints those that the installed packages do not have."""

import importlib
import sys


def exists(symbol: str) -> bool:
    parts = symbol.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for name in parts[cut:]:
            if not hasattr(found, name):
                return False
            found = getattr(found, name)
        return True
    return False


for line in sys.stdin:
    if not exists(line.strip()):
        print(line.strip())
