# SPDX-License-Identifier: MIT
"""Writes a training checkpoint as a model folder in the layout of phi-4's own: bf16 weights, configuration, chat template."""

import argparse
import json
import os

import torch

import safetensors
from model import Config
from tokenizer import Tokenizer

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if (message['role'] == 'system') %}{{'<|im_start|>system<|im_sep|>' + message['content'] + '<|im_end|>'}}"
    "{% elif (message['role'] == 'user') %}{{'<|im_start|>user<|im_sep|>' + message['content'] + '<|im_end|>'}}"
    "{% elif (message['role'] == 'assistant') %}{{'<|im_start|>assistant<|im_sep|>' + message['content'] + '<|im_end|>'}}"
    "{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant<|im_sep|>' }}{% endif %}")


def model_config(config, special):
    return {
        "architectures": ["Phi3ForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": special["<|endoftext|>"],
        "embd_pdrop": 0.0,
        "eos_token_id": special["<|im_end|>"],
        "hidden_act": "silu",
        "hidden_size": config.hidden_size,
        "initializer_range": 0.02,
        "intermediate_size": config.mlp_size,
        "max_position_embeddings": config.context_length,
        "model_type": "phi3",
        "num_attention_heads": config.head_count,
        "num_hidden_layers": config.layer_count,
        "num_key_value_heads": config.kv_head_count,
        "original_max_position_embeddings": config.context_length,
        "pad_token_id": special["<|dummy_4|>"],
        "resid_pdrop": 0.0,
        "rms_norm_eps": config.norm_epsilon,
        "rope_scaling": None,
        "rope_theta": config.rope_theta,
        "sliding_window": None,
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        "transformers_version": "4.47.0",
        "use_cache": True,
        "vocab_size": config.vocab_size,
    }


def generation_config(special):
    return {
        "_from_model_config": True,
        "bos_token_id": special["<|endoftext|>"],
        "eos_token_id": special["<|im_end|>"],
        "pad_token_id": special["<|dummy_4|>"],
        "transformers_version": "4.47.0",
    }


def tokenizer_config(config, special):
    flags = {"lstrip": True, "normalized": False, "rstrip": True, "single_word": False, "special": True}
    return {
        "add_prefix_space": False,
        "added_tokens_decoder": {str(token_id): {"content": content, **flags} for content, token_id in special.items()},
        "bos_token": "<|endoftext|>",
        "chat_template": CHAT_TEMPLATE,
        "clean_up_tokenization_spaces": False,
        "eos_token": "<|im_end|>",
        "model_max_length": config.context_length,
        "pad_token": "<|dummy_4|>",
        "tokenizer_class": "GPT2Tokenizer",
    }


def write_json(folder, name, document):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2)
        file.write("\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint")
    parser.add_argument("--folder", default="../../samples/phi4-sample", help="a folder that has the tokenizer.json")
    arguments = parser.parse_args()
    tokenizer = Tokenizer(os.path.join(arguments.folder, "tokenizer.json"))
    config = Config(vocab_size=tokenizer.size)
    weights = torch.load(arguments.checkpoint, map_location="cpu")["model"]
    path = os.path.join(arguments.folder, "model.safetensors")
    safetensors.write(path, {name: tensor.to(torch.bfloat16) for name, tensor in weights.items()})
    write_json(arguments.folder, "config.json", model_config(config, tokenizer.special))
    write_json(arguments.folder, "generation_config.json", generation_config(tokenizer.special))
    write_json(arguments.folder, "tokenizer_config.json", tokenizer_config(config, tokenizer.special))
    print(f"{path}: {os.path.getsize(path):,} bytes")


if __name__ == "__main__":
    main()
