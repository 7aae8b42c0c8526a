# SPDX-License-Identifier: MIT
"""The exported model in float32: what an engine computes, token by token and without a cache."""

import argparse
import json
import os

import torch

import safetensors
from model import Config, Phi4Sample
from tokenizer import Tokenizer


def load(folder):
    """(model, tokenizer) from the exported files alone."""
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        values = json.load(file)
    config = Config(
        vocab_size=values["vocab_size"], hidden_size=values["hidden_size"], layer_count=values["num_hidden_layers"],
        head_count=values["num_attention_heads"], kv_head_count=values["num_key_value_heads"], mlp_size=values["intermediate_size"],
        context_length=values["max_position_embeddings"], rope_theta=values["rope_theta"], norm_epsilon=values["rms_norm_eps"])
    model = Phi4Sample(config)
    model.load_state_dict(safetensors.read(os.path.join(folder, "model.safetensors")))
    return model.eval(), Tokenizer(os.path.join(folder, "tokenizer.json"))


def open_for_evaluation():
    """(arguments, model, tokenizer) of a program that asks the exported model questions."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", default="../../samples/phi4-sample")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--show-wrong", type=int, default=0, help="how many wrong answers to print for each task")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    return arguments, *load(arguments.folder)


def read_lines(folder, name):
    """The rows of a file of JSON lines."""
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@torch.no_grad()
def answer(model, prompts, stop, limit):
    """Greedy continuations of prompts (lists of ids), all in one batch padded on the right; `stop` itself is not returned."""
    rows = [list(prompt) for prompt in prompts]
    open_rows = set(range(len(rows)))
    for _ in range(limit):
        current = sorted(open_rows)
        longest = max(len(rows[row]) for row in current)
        ids = torch.tensor([rows[row] + [stop] * (longest - len(rows[row])) for row in current])
        last = torch.tensor([len(rows[row]) - 1 for row in current])
        chosen = model.lm_head(model.hidden(ids)[torch.arange(len(current)), last]).argmax(-1)
        for row, token in zip(current, chosen.tolist()):
            if token == stop:
                open_rows.discard(row)
            else:
                rows[row].append(token)
        if not open_rows:
            break
    return [row[len(prompt):] for row, prompt in zip(rows, prompts)]
