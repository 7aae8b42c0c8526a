# SPDX-License-Identifier: MIT
"""PyTorch's times for what tools/gpu/bench.cpp measures, on the same card: peers.py OUTPUT.json"""
import json
import sys

import torch
import torch.nn.functional as F

HIDDEN, HEADS, KV_HEADS, HEAD, MLP, VOCABULARY, LAYERS = 5120, 40, 10, 128, 17920, 100352, 40
SHAPES = {"qkv": (7680, HIDDEN), "o": (HIDDEN, HIDDEN), "gate_up": (2 * MLP, HIDDEN), "down": (HIDDEN, MLP), "head": (VOCABULARY, HIDDEN)}
results = []


def milliseconds(work, calls):
    """The median of nine graph replays, of one of `calls` calls."""
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for i in range(3):
            work(i)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for i in range(calls):
            work(i)
    times = []
    for _ in range(11):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        graph.replay()
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end) / calls)
    return sorted(times[2:])[4]


def report(name, ms, flops=0.0, moved=0.0):
    results.append({"name": name, "ms": ms, "tflops": flops / ms / 1e9, "gbps": moved / ms / 1e6})
    print(f"{name:34} {ms:10.4f} ms {moved / ms / 1e6:9.1f} GB/s {flops / ms / 1e9:8.1f} TFLOP/s", flush=True)


def normal(*shape):
    return torch.randn(*shape, device="cuda", dtype=torch.bfloat16) * 0.05


@torch.inference_mode()
def main():
    a, b = normal(8192, 8192), normal(8192, 8192)
    peak_ms = milliseconds(lambda i: a @ b, 4)
    report("torch.matmul 8192", peak_ms, 2 * 8192**3)
    peak = results[-1]["tflops"]

    for name, (features, columns) in SHAPES.items():
        copies = [normal(features, columns) for _ in range(max(2, int(4 * 50e6 / (features * columns * 2)) + 1))]
        for tokens in (1, 8, 16, 32, 64, 512, 2048):
            if tokens > 64 and name == "head":
                continue
            x = normal(tokens, columns)
            ms = milliseconds(lambda i: F.linear(x, copies[i % len(copies)]), 8)
            report(f"{name} bf16, {tokens} tokens", ms, 2.0 * tokens * features * columns, 2.0 * features * columns)
        del copies

    for sequences, length in ((1, 1024), (1, 4096), (1, 16384), (32, 4096)):
        q, k, v = normal(sequences, HEADS, 1, HEAD), normal(sequences, KV_HEADS, length, HEAD), normal(sequences, KV_HEADS, length, HEAD)
        ms = milliseconds(lambda i: F.scaled_dot_product_attention(q, k, v, enable_gqa=True), 8)
        report(f"attention, {sequences} x {length}", ms, 0, 2.0 * sequences * length * KV_HEADS * HEAD * 2)
    for length in (2048, 8192):
        q, k, v = normal(1, HEADS, length, HEAD), normal(1, KV_HEADS, length, HEAD), normal(1, KV_HEADS, length, HEAD)
        ms = milliseconds(lambda i: F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True), 2)
        report(f"attention of a prompt of {length}", ms, 2.0 * length * length * HEADS * HEAD)

    # A token's step as PyTorch replays it from a graph: the same matrices, norms and attention, forty layers. Two layers' weights would fit no cache.
    weights = [[normal(*SHAPES[name]) for name in ("qkv", "o", "gate_up", "down")] for _ in range(4)]
    head, norm = normal(*SHAPES["head"]), normal(HIDDEN)
    for context in (1, 4096, 16384):
        k, v = normal(1, KV_HEADS, context, HEAD), normal(1, KV_HEADS, context, HEAD)
        start = normal(1, HIDDEN)

        def step(_):
            x = start
            for layer in range(LAYERS):
                qkv, o, gate_up, down = weights[layer % 4]
                h = F.linear(F.rms_norm(x, (HIDDEN,), norm), qkv)
                q = h[:, : HEADS * HEAD].view(1, HEADS, 1, HEAD)
                x = x + F.linear(F.scaled_dot_product_attention(q, k, v, enable_gqa=True).reshape(1, HIDDEN), o)
                gate, up = F.linear(F.rms_norm(x, (HIDDEN,), norm), gate_up).chunk(2, dim=-1)
                x = x + F.linear(F.silu(gate) * up, down)
            return F.linear(F.rms_norm(x, (HIDDEN,), norm), head)

        moved = 2.0 * (LAYERS * sum(f * c for name, (f, c) in SHAPES.items() if name != "head") + VOCABULARY * HIDDEN)
        report(f"a token's step at context {context}", milliseconds(step, 1), 0, moved + LAYERS * 4.0 * context * KV_HEADS * HEAD)

    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump({"torch": torch.__version__, "device": torch.cuda.get_device_name(), "peak_tflops": peak, "results": results}, file, indent=1)


main()
