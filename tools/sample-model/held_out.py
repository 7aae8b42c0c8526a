# SPDX-License-Identifier: MIT
"""Writes evaluation.txt: long conversations in the chat format, for perplexity and divergence.

Every other question asks for a story, so that most tokens are the model's to say: what users say it never learned to
foretell. Operands are held out; stories are put together anew from the parts that training used.
With --calibration, calibration.txt: the same, on operands that training may have used, for `phi4 quantize --calibrate`.
"""

import argparse
import os
import random

import tasks

CONVERSATIONS, TURNS = 20, 12


def render(messages):
    return "".join(f"<|im_start|>{message['role']}<|im_sep|>{message['content']}<|im_end|>" for message in messages)


def conversation(source):
    messages = []
    for _ in range(TURNS // 2):
        question, answer = tasks.tell_story(source)
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        messages += tasks.conversation(source, 1)[-2:]
    return messages


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", default="../../samples/phi4-sample")
    parser.add_argument("--calibration", action="store_true")
    arguments = parser.parse_args()
    source = tasks.Source(random.Random(4 if arguments.calibration else 3), held_out=not arguments.calibration)
    text = "".join(render(conversation(source)) for _ in range(CONVERSATIONS))
    with open(os.path.join(arguments.folder, "calibration.txt" if arguments.calibration else "evaluation.txt"), "w", encoding="utf-8") as file:
        file.write(text)
    print(f"{len(text)} characters")


if __name__ == "__main__":
    main()
