# SPDX-License-Identifier: MIT
"""Writes tools.jsonl and records.jsonl: conversations with tools, and answers under a schema, whose operands, names and tools no training example used.

One JSON object a line: `task`, `tools` (name, description, parameters) or `schema`, `messages` (user, assistant, user, … as rendered, the system turn
left out); in tools.jsonl the first with so many tools has the rendered `system` turn too.
"""

import record_tasks
import tool_tasks
from questions import open_source, write

COUNTS = {"tool_call": 100, "tool_chain": 40, "tool_not_needed": 30}
RECORD_COUNT = 60


def ask(task, source):
    """Turns of one conversation and the tools offered in it."""
    choose = source.rng.choice
    while True:
        tools = tool_tasks.offer(source)
        numeric = [tool for tool in tools if tool.name in tool_tasks.OPERATIONS]
        if task == "tool_call":
            return tools, tool_tasks.called(source, choose(tools))
        if task == "tool_not_needed":
            return tools, tool_tasks.other(source)
        if numeric:
            return tools, tool_tasks.chained(source, choose(numeric), choose(numeric))


def ask_record(source):
    names = record_tasks.fields(source)
    return {"task": "record", "schema": record_tasks.schema(names), "messages": tool_tasks.messages_of(record_tasks.exchange(source, names))}


def main():
    folder, source = open_source(seed=6)
    rows = []
    for task, count in COUNTS.items():
        for _ in range(count):
            tools, turns = ask(task, source)
            declarations = [tool.declaration() for tool in tools]
            row = {"task": task, "tools": declarations, "messages": tool_tasks.messages_of(turns)}
            if all(len(other["tools"]) != len(tools) for other in rows):
                row["system"] = tool_tasks.tool_prompt.rulebook(declarations)
            rows.append(row)
    write(folder, "tools.jsonl", rows)
    write(folder, "records.jsonl", [ask_record(source) for _ in range(RECORD_COUNT)])


if __name__ == "__main__":
    main()
