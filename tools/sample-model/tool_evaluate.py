# SPDX-License-Identifier: MIT
"""Goes through tools.jsonl and records.jsonl and prints the share of conversations in which every call and answer is right, word for word.

What the assistant says is greedy and nothing forces its form. A conversation goes on behind a call as if it had been right, so one pass over the
whole shows each turn: it is right where every token of it is the likeliest behind those before.
"""

from collections import defaultdict

import torch

import record_tasks
import tool_prompt
from batches import tokenize
from inference import open_for_evaluation, read_lines


@torch.no_grad()
def wrong_turns(model, tokenizer, row):
    """What the assistant should have said and did not."""
    system = tool_prompt.rulebook(row["tools"]) if "tools" in row else record_tasks.system(row["schema"])
    ids, learn = tokenize(tokenizer, [{"role": "system", "content": system}, *row["messages"]])
    likeliest = model(torch.tensor([ids]))[0].argmax(-1).tolist()
    wrong, turn, is_right = [], 0, True
    said = [message["content"] for message in row["messages"] if message["role"] == "assistant"]
    for i in range(1, len(ids)):
        if learn[i]:
            is_right &= likeliest[i - 1] == ids[i]
            if i + 1 == len(ids) or not learn[i + 1]:
                wrong += [] if is_right else [said[turn]]
                turn, is_right = turn + 1, True
    return wrong


def main():
    arguments, model, tokenizer = open_for_evaluation()
    rows = read_lines(arguments.folder, "tools.jsonl") + read_lines(arguments.folder, "records.jsonl")
    results = defaultdict(list)
    for row in rows:
        results[row["task"]].append((row, wrong_turns(model, tokenizer, row)))
    print("| task | conversations | right |\n|---|---|---|")
    for task, judged in results.items():
        print(f"| {task} | {len(judged)} | {100 * sum(not wrong for _, wrong in judged) / len(judged):.1f} % |")
    calls = [message["content"] not in wrong for judged in results.values() for row, wrong in judged
             for message in row["messages"] if message["content"].startswith("<tool_call>")]
    print(f"{len(calls)} calls, {100 * sum(calls) / len(calls):.1f} % right")
    for task, judged in results.items():
        for row, wrong in [(row, wrong) for row, wrong in judged if wrong][:arguments.show_wrong]:
            offered = ", ".join(tool["name"] for tool in row["tools"]) if "tools" in row else "a schema"
            print(f"{task}: {row['messages'][0]['content']!r} with {offered}: not {wrong}")


if __name__ == "__main__":
    main()
