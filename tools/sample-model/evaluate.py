# SPDX-License-Identifier: MIT
"""Asks the exported model every question of evaluation.jsonl (greedy) and prints the share answered word for word."""

from collections import defaultdict

from inference import answer, open_for_evaluation, read_lines

BATCH = 50


def main():
    arguments, model, tokenizer = open_for_evaluation()
    rows = read_lines(arguments.folder, "evaluation.jsonl")
    right, wrong = defaultdict(int), defaultdict(list)
    pairs = sorted(((tokenizer.encode_prompt(row["messages"]), row) for row in rows), key=lambda pair: len(pair[0]))
    for begin in range(0, len(pairs), BATCH):
        prompts, part = zip(*pairs[begin:begin + BATCH])
        for row, ids in zip(part, answer(model, prompts, tokenizer.special["<|im_end|>"], limit=70)):
            text = tokenizer.decode(ids)
            if text == row["expected"]:
                right[row["task"]] += 1
            else:
                wrong[row["task"]].append((row["messages"][-1]["content"], row["expected"], text))
    print("| task | questions | right |\n|---|---|---|")
    for task in dict.fromkeys(row["task"] for row in rows):
        count = right[task] + len(wrong[task])
        print(f"| {task} | {count} | {100 * right[task] / count:.1f} % |")
    for task, examples in wrong.items():
        for question, expected, text in examples[:arguments.show_wrong]:
            print(f"{task}: {question!r} expected {expected!r} got {text!r}")


if __name__ == "__main__":
    main()
