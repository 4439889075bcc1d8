#!/usr/bin/env python3
"""Times `unmoor` with 12, 100, all and 1,000 rules and prints a Markdown table.

The packs are made from the built-in rules below `rules/`. Beyond the first copy of a rule each copy looks for other
names: its words are spelled with a shuffled alphabet (vowels for vowels), so that `AzureOpenAI` becomes `AzefiUpikAO`.
Such rules are different ones to the prefilter and to the matcher, as long as real ones, and find nothing.
"""

import argparse
import os
import random
import re
import shutil
import statistics
import sys
from pathlib import Path

from peers import HERE, run

RULES = HERE.parent / "rules"
TARGET = HERE.parent / "target" / "bench"
# The rules that stand for what the other tools' packs look for.
TWELVE = (
    "python/import-openai", "python/client-openai", "python/config-azure-endpoint", "python/config-openai-module-type",
    "python/model-openai-engine", "python/client-langchain", "python/auth-token-arguments", "python/endpoint-host",
    "javascript/import-openai", "javascript/import-azure-openai", "javascript/client-openai",
    "javascript/config-langchain-arguments",
)
# The fields of a clause; another word before a colon is the name of an argument.
FIELDS = ("any|import|call|key|reference|member|store|env|text|of|under|on|as|access|value|with|without|imports|beside"
          "|flows-into|equals|prefix|matches|mentions|symbol|class|rule|within")
# Fields that hold words of the rule format instead of names that occur in code.
STRUCTURED = re.compile(r"(?<![\w-])(?:as|access|class|rule|within|flows-into):\s*(?:\[[^\]]*\]|[\w-]+)")
# Words, and what holds letters but no names: fields, comments, escapes, flags and classes of regular expressions.
WORD = re.compile(rf"(?<![\w-])(?:{FIELDS}):(?=\s)|\s#.*|\\.|\(\?\w+\)|\[[^\]\s]*-[^\]\s]*\]|global:|default\b"
                  r"|(?P<word>[A-Za-z]{3,})")


def alphabet(copy):
    """The letters of a copy, as a table for `str.translate`."""
    shuffled = random.Random(copy)
    table = {}
    for letters in ("aeiou", "bcdfghjklmnpqrstvwxyz"):
        others = list(letters)
        shuffled.shuffle(others)
        table.update(zip(letters + letters.upper(), "".join(others) + "".join(others).upper()))
    return str.maketrans(table)


def respelled(text, copy):
    """A rule file whose `match` looks for other names."""
    start = re.search(r"(?m)^match:", text).end()
    end = re.compile(r"(?m)^\S").search(text, start).start()
    table = alphabet(copy)

    def change(match):
        return match["word"].translate(table) if match["word"] else match[0]

    parts, last, block = [], 0, text[start:end]
    for kept in STRUCTURED.finditer(block):
        parts += [WORD.sub(change, block[last:kept.start()]), kept[0]]
        last = kept.end()
    parts.append(WORD.sub(change, block[last:]))
    return text[:start] + "".join(parts) + text[end:]


def leans_on(text):
    """The rules beside whose findings a rule's own must stand, as LANGUAGE-less names."""
    lists = re.findall(r"\brule:\s*\[([^\]]*)\]", text[:text.index("\nmessage:")])
    return {name for names in lists for name in re.split(r"[\s,]+", names) if name}


def chosen(count, files):
    """The first `count` rules, without those that lean on rules that are not among them."""
    if count >= len(files):
        return files
    pack, known = [], set()
    for name, text in files:
        language, short = name.removesuffix(".yaml").split("/")
        if len(pack) < count and all((language, other) in known for other in leans_on(text) - {short}):
            pack.append((name, text))
            known.add((language, short))
    return pack


def make_pack(count, files):
    """Writes a folder of `count` rules."""
    folder = TARGET / f"rules-{count}"
    shutil.rmtree(folder, ignore_errors=True)
    files = chosen(count, files)
    for number in range(count):
        copy, which = divmod(number, len(files))
        name, text = files[which]
        # The first copy is the original, with its re-exports.
        path = folder / f"copy-{copy:02}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if copy == 0 else respelled(text, copy), encoding="utf-8")
    for pack in RULES.glob("*/pack.yaml"):
        shutil.copy(pack, folder / "copy-00" / "pack.yaml")
    return folder


def built_in():
    """The built-in rules as (LANGUAGE/NAME.yaml, text): those for all tools first, the ones that lean on others last."""
    found = []
    for path in RULES.glob("*/*/*.yaml"):
        name = "/".join(path.parts[-2:])
        text = path.read_text(encoding="utf-8")
        found.append((name.removesuffix(".yaml") not in TWELVE, bool(leans_on(text)), name, text))
    missing = set(TWELVE) - {name.removesuffix(".yaml") for _, _, name, _ in found}
    if missing:
        sys.exit(f"no such rules: {', '.join(sorted(missing))}; mend TWELVE")
    return [(name, text) for _, _, name, text in sorted(found)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tree", metavar="TREE", help="directory to scan")
    parser.add_argument("--rounds", type=int, default=7, help="counted rounds [default: 7]")
    parser.add_argument("--unmoor", default=os.environ.get("UNMOOR", str(HERE.parent / "target" / "release" / "unmoor")),
                        help="the binary [default: $UNMOOR, else target/release/unmoor]")
    arguments = parser.parse_args()
    if not shutil.which(arguments.unmoor):
        parser.error(f"{arguments.unmoor} is missing; build it with cargo build --release")
    files = built_in()
    small = TARGET / "small.py"
    counts = sorted({12, 100, len(files), 1000})
    cases = {f"{count:,}": ["--no-built-in-rules", "--rules", str(make_pack(count, files))] for count in counts}
    cases[f"{len(files)}, built in"] = []
    small.write_text("from openai import AzureOpenAI as Client\n\nclient = Client(azure_endpoint=URL)\n", encoding="utf-8")
    times = {name: ([], []) for name in cases}
    for number in range(arguments.rounds + 1):
        for name, options in cases.items():
            command = [arguments.unmoor, "scan", "--no-config", "--format", "json", "-q", *options]
            for place, runs in zip((arguments.tree, str(small)), times[name]):
                measured = run([*command, place], TARGET / "out.json")
                if number > 0:
                    runs.append(measured)
    print("| rules | tree: wall s | CPU s | peak MiB | wall ÷ 12 rules | one small file: wall ms | CPU ms |")
    print("|---|---|---|---|---|---|---|")
    base = times["12"][0]
    for name, (tree, start) in times.items():
        wall, cpu, peak = (statistics.median(column) for column in zip(*tree))
        start_wall, start_cpu, _ = (statistics.median(column) for column in zip(*start))
        ratio = statistics.median(run[0] / first[0] for run, first in zip(tree, base))
        print(f"| {name} | {wall:.2f} | {cpu:.2f} | {peak:.0f} | {ratio:.2f} | {1000 * start_wall:.0f} | {1000 * start_cpu:.0f} |")


if __name__ == "__main__":
    main()
