# SPDX-License-Identifier: MIT
"""Writes evaluation.jsonl: questions whose operands no training example used, with the expected answers.

One JSON object a line: `task`, `held_out` (false where the task is to know a fact or a phrase, so that there is nothing
to hold out), `messages` (a conversation that ends with the user), `expected` (the whole answer), `result` (for sums and
differences the number itself).
"""

import argparse
import json
import os
import random

import tasks

RECALLED = ["calendar", "opposite", "fact", "small_talk", "unknown"]
COUNTS = {"add": 200, "subtract": 200}
OTHER_COUNT = 25


def single_turn(task, source):
    question, expected = tasks.TASKS[task][0](source)
    row = {"task": task, "held_out": task not in RECALLED,
           "messages": [{"role": "user", "content": tasks.vary(source.rng, question)}], "expected": expected}
    if task in ("add", "subtract"):
        row["result"] = expected.split(" = ")[1].rstrip(".")
    return row


def multi_turn(source):
    """The last question of a conversation of two to four turns, most of them on held-out operands."""
    messages = tasks.conversation(source, source.rng.randint(2, 4))
    return {"task": "multi_turn", "held_out": True, "messages": messages[:-1], "expected": messages[-1]["content"]}


def is_checkable(row):
    return not row["expected"].startswith(("Once", "There was"))


def open_source(seed):
    """(folder, source) of a program that makes held-out questions."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", default="../../samples/phi4-sample")
    parser.add_argument("--seed", type=int, default=seed)
    arguments = parser.parse_args()
    return arguments.folder, tasks.Source(random.Random(arguments.seed), held_out=True)


def write(folder, name, rows):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")
    print(f"{name}: {len(rows)} lines")


def main():
    folder, source = open_source(seed=2)
    rows = []
    for task in tasks.TASKS:
        if task != "story":
            rows += [single_turn(task, source) for _ in range(COUNTS.get(task, OTHER_COUNT))]
    rows += [row for row in (multi_turn(source) for _ in range(60)) if is_checkable(row)][:OTHER_COUNT]
    write(folder, "evaluation.jsonl", rows)


if __name__ == "__main__":
    main()
