# SPDX-License-Identifier: MIT
"""Writes goldens.json: last logits and greedy continuations of four prompts, in float32 over the exported bf16 weights."""

import argparse
import copy
import json
import os

import torch

from inference import load

CONVERSATIONS = [
    [("user", "What is 12 + 30?")],
    [("user", "Who are you?")],
    [("user", "Tell me a short story about a cat.")],
    [("system", "You are a helpful assistant."), ("user", "Hello!"), ("assistant", "Hello! How can I help you?"),
     ("user", "Sort 93, 7 and 86."), ("assistant", "7, 86, 93"), ("user", "And how much is 71 - 28?")],
]
TOKENS = 48


def number(value):
    """The shortest decimal that reads back as the same float32."""
    return float(str(torch.tensor(value, dtype=torch.float32).numpy()))


def checks(logits):
    exact = logits.double()
    signs = 1 - 2 * (torch.arange(len(exact)) % 2)
    return {"sum": exact.sum().item(), "l2": exact.norm().item(), "abs_sum": exact.abs().sum().item(),
            "alternating_sum": (exact * signs).sum().item(), "std": exact.std(unbiased=False).item()}


def greedy(model, prompt, stop):
    """TOKENS greedy tokens, the stop token treated like any other."""
    ids = list(prompt)
    steps = []
    for _ in range(TOKENS):
        values, tokens = model(torch.tensor([ids]))[0, -1].topk(2)
        steps.append((tokens[0].item(), values[0].item(), tokens[1].item(), values[1].item()))
        ids.append(tokens[0].item())
    tokens = [step[0] for step in steps]
    margins = [number(step[1] - step[3]) for step in steps]
    return {
        "prompt_ids": prompt, "tokens": tokens, "top1_logit": [number(step[1]) for step in steps],
        "top2_id": [step[2] for step in steps], "top2_logit": [number(step[3]) for step in steps],
        "margin": margins, "min_margin": min(margins), "first_eos_step": tokens.index(stop) if stop in tokens else None,
    }


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", default="../../samples/phi4-sample")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model, tokenizer = load(arguments.folder)
    double_model = copy.deepcopy(model).double()
    stop = tokenizer.special["<|im_end|>"]
    prompts, continuations = [], []
    for conversation in CONVERSATIONS:
        messages = [{"role": role, "content": content} for role, content in conversation]
        ids = tokenizer.encode_prompt(messages)
        logits = model(torch.tensor([ids]))[0, -1]
        deviation = (double_model(torch.tensor([ids]))[0, -1] - logits.double()).abs().max() / logits.double().std(unbiased=False)
        best = logits.topk(50)
        prompts.append({
            "messages": messages, "length": len(ids), "ids": ids, "logits_last": [number(value) for value in logits.tolist()],
            "top50": {"ids": best.indices.tolist(), "logits": [number(value) for value in best.values.tolist()]},
            "checks": checks(logits), "max_abs_deviation_over_std": {"float64": deviation.item()},
        })
        continuation = greedy(model, ids, stop)
        end = TOKENS if continuation["first_eos_step"] is None else continuation["first_eos_step"]
        continuations.append({**continuation, "text": tokenizer.decode(continuation["tokens"][:end])})
        print(repr(continuations[-1]["text"]), f"float64 differs by {deviation.item():.1e} std")
    document = {
        "format": 1, "model": "phi4-sample", "weights": "the stored bf16 values upcast to float32",
        "reference": "tools/sample-model/model.py, float32, no KV cache (whole sequence recomputed)",
        "eos_is_ignored_in_greedy": True, "prompts": prompts, "greedy": continuations,
    }
    with open(os.path.join(arguments.folder, "goldens.json"), "w", encoding="utf-8") as file:
        json.dump(document, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
