# SPDX-License-Identifier: MIT
"""Logits of phi4 on the card beside those of transformers' own class for the same weights: logits.py PHI4 MODEL OUTPUT.json"""
import json
import subprocess
import sys

import torch
from transformers import AutoModelForCausalLM

PROMPTS = [[1, 2, 3, 4, 5], list(range(10, 74)), [7] * 9 + list(range(100, 140)), list(range(5, 205))]

program, folder, output = sys.argv[1:4]
model = AutoModelForCausalLM.from_pretrained(folder, torch_dtype=torch.float32, attn_implementation="eager").to("cuda").eval()
torch.backends.cuda.matmul.allow_tf32 = False
lines = "\n".join(json.dumps({"ids": ids}) for ids in PROMPTS) + "\n"
results = []
# Nothing rounded first: there the two have to agree. Then as users run it: BF16 products and cache.
for name, options, most in [("f32", ["--activations", "f32", "--kv", "f32"], 1e-3), ("bf16", [], 0.1)]:
    command = [program, "score", "--model", folder, "--device", "cuda", "--jsonl", "--logits", *options]
    answers = subprocess.run(command, input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    for ids, answer in zip(PROMPTS, answers, strict=True):
        found = torch.tensor(json.loads(answer)["logits_last"])
        with torch.no_grad():
            expected = model(torch.tensor([ids], device="cuda")).logits[0, -1].float().cpu()
        off = ((found - expected).abs().max() / expected.std()).item()
        results.append({"type": name, "tokens": len(ids), "off": off, "same_choice": bool(found.argmax() == expected.argmax())})
        print(f"{name} {len(ids):4} tokens: off by {off:.2e} of the deviation, {'same' if results[-1]['same_choice'] else 'OTHER'} choice", flush=True)
        if off > most:
            sys.exit(f"more than {most}")
with open(output, "w", encoding="utf-8") as file:
    json.dump(results, file, indent=1)
