# SPDX-License-Identifier: MIT
"""Trains the sample model; see README.md for the commands."""

import argparse
import os
import random
import time

import torch
import torch.nn.functional as F

import safetensors
from batches import Packer
from model import Config, Phi4Sample
from optimizer import Muon
from tasks import Source
from tokenizer import Tokenizer

SHORT_ROW, LONG_ROW, TOOL_ROW = 192, 512, 1024
LONG_EVERY = 16


def learning_rate_factor(step, arguments):
    """Linear warm-up over 100 steps, constant, then linear down to zero from `decay_from` on."""
    return min(1.0, (step + 1) / 100, (arguments.steps - step) / (arguments.steps - arguments.decay_from))


def make_optimizers(model, arguments):
    matrices = [parameter for name, parameter in model.named_parameters() if parameter.dim() == 2 and ".layers." in name]
    chosen = {id(parameter) for parameter in matrices}
    others = [parameter for parameter in model.parameters() if id(parameter) not in chosen]
    return [Muon(matrices, lr=arguments.muon_lr), torch.optim.AdamW(others, lr=arguments.adam_lr, betas=(0.9, 0.95), weight_decay=0.0)]


def loss_of(model, ids, documents, targets, positions=None):
    """Mean cross-entropy over the learned tokens; the head runs on those rows only."""
    learned = targets >= 0
    return F.cross_entropy(model.lm_head(model.hidden(ids, documents, positions)[learned]).float(), targets[learned])


def save(path, step, model, optimizers, packer):
    state = {"step": step, "model": model.state_dict(), "optimizers": [optimizer.state_dict() for optimizer in optimizers],
             "data": packer.state()}
    torch.save(state, path + ".new")
    os.replace(path + ".new", path)


def resume(path, model, optimizers, packer):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    for optimizer, values in zip(optimizers, state["optimizers"]):
        optimizer.load_state_dict(values)
    packer.restore(state["data"])
    return state["step"]


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tokenizer", default="../../samples/phi4-sample/tokenizer.json")
    parser.add_argument("--out", default="checkpoint.pt", help="the checkpoint, rewritten every --save-every steps")
    parser.add_argument("--resume", help="a checkpoint to go on from; the result is that of a run never interrupted")
    parser.add_argument("--start", help="a model folder whose weights to begin with, in place of random ones")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--decay-from", type=int, default=2000, help="the step from which the learning rates fall to zero")
    parser.add_argument("--batch-tokens", type=int, default=1536)
    parser.add_argument("--tool-rows", type=int, default=0, help="how many rows with tools a step has besides")
    parser.add_argument("--bfloat16", action="store_true", help="multiply in bf16: faster where the processor knows it")
    parser.add_argument("--muon-lr", type=float, default=0.012)
    parser.add_argument("--adam-lr", type=float, default=0.002)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--save-every", type=int, default=100)
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    tokenizer = Tokenizer(arguments.tokenizer)
    model = Phi4Sample(Config(vocab_size=tokenizer.size)).to(arguments.device)
    print(f"{sum(parameter.numel() for parameter in model.parameters()):,} parameters", flush=True)
    if arguments.start:
        model.load_state_dict(safetensors.read(os.path.join(arguments.start, "model.safetensors")))
    packer = Packer(tokenizer, Source(random.Random(arguments.seed)))
    optimizers = make_optimizers(model, arguments)
    base_rates = [optimizer.param_groups[0]["lr"] for optimizer in optimizers]
    first = resume(arguments.resume, model, optimizers, packer) if arguments.resume else 0

    started, total, recent = time.time(), 0, []
    for step in range(first, arguments.steps):
        is_long = step % LONG_EVERY == LONG_EVERY - 1
        row_length = LONG_ROW if is_long else SHORT_ROW
        batches = [packer.batch(arguments.batch_tokens // row_length, row_length, is_long)]
        if arguments.tool_rows:
            batches.append(packer.tool_batch(arguments.tool_rows, TOOL_ROW))
        losses = []
        for batch in batches:
            with torch.autocast(arguments.device, torch.bfloat16, enabled=arguments.bfloat16):
                loss = loss_of(model, *(tensor.to(arguments.device) for tensor in batch))
            loss.backward()
            losses.append(loss.item())
            total += batch[0].numel()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        factor = learning_rate_factor(step, arguments)
        for optimizer, rate in zip(optimizers, base_rates):
            optimizer.param_groups[0]["lr"] = rate * factor
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        recent.append(losses)
        if step % 20 == 19:
            seconds = time.time() - started
            means = " ".join(f"{sum(values) / len(recent):.4f}" for values in zip(*recent))
            print(f"step {step + 1} loss {means} {total / seconds:.0f} tokens/s {seconds:.0f} s", flush=True)
            recent = []
        if (step + 1) % arguments.save_every == 0 or step + 1 == arguments.steps:
            save(arguments.out, step + 1, model, optimizers, packer)


if __name__ == "__main__":
    main()
