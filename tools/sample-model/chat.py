# SPDX-License-Identifier: MIT
"""Asks the exported model the questions given on the command line, each in a conversation of its own."""

import sys

from inference import answer, load


def main(questions):
    model, tokenizer = load("../../samples/phi4-sample")
    for question in questions:
        prompt = tokenizer.encode_prompt([{"role": "user", "content": question}])
        ids, = answer(model, [prompt], tokenizer.special["<|im_end|>"], limit=250)
        print(f"{question}\n  {tokenizer.decode(ids)}")


if __name__ == "__main__":
    main(sys.argv[1:])
