# SPDX-License-Identifier: MIT
"""phi-4's network (Phi3ForCausalLM) in plain torch: fused projections, grouped queries, rotary halves, SwiGLU, RMSNorm."""

from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F

# The document of tokens that every later document of their row sees.
SHARED = -2


@dataclass(frozen=True)
class Config:
    vocab_size: int = 512
    hidden_size: int = 256
    layer_count: int = 4
    head_count: int = 8
    kv_head_count: int = 2
    mlp_size: int = 576
    context_length: int = 2048
    rope_theta: int = 250000
    norm_epsilon: float = 1e-5

    @property
    def head_size(self):
        return self.hidden_size // self.head_count


class RmsNorm(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(config.hidden_size))
        self.epsilon = config.norm_epsilon

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon))


def rotary_tables(config, token_count, device):
    """cos and sin, each [T, 1, head_size / 2]."""
    exponents = torch.arange(0, config.head_size, 2, dtype=torch.float32) / config.head_size
    angles = torch.arange(token_count, dtype=torch.float32)[:, None] * (1.0 / config.rope_theta ** exponents)[None, :]
    return angles.cos()[:, None].to(device), angles.sin()[:, None].to(device)


def rotate(x, cos, sin):
    """Rotates the pairs (i, i + head_size / 2) of x [B, T, heads, head_size]."""
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        rows = (config.head_count + 2 * config.kv_head_count) * config.head_size
        self.qkv_proj = nn.Linear(config.hidden_size, rows, bias=False)
        self.o_proj = nn.Linear(config.hidden_size, config.hidden_size, bias=False)

    def forward(self, x, cos, sin, mask):
        batch, length, _ = x.shape
        queries, keys, size = self.config.head_count, self.config.kv_head_count, self.config.head_size
        group = queries // keys
        qkv = self.qkv_proj(x).view(batch, length, queries + 2 * keys, size)
        rotated = rotate(qkv[:, :, :queries + keys], cos, sin)
        # The queries of one kv head become one tall matrix [group * T, size]: fewer and larger products.
        q = rotated[:, :, :queries].reshape(batch, length, keys, group, size).permute(0, 2, 3, 1, 4).reshape(batch * keys, group * length, size)
        k = rotated[:, :, queries:].permute(0, 2, 3, 1).reshape(batch * keys, size, length)
        v = qkv[:, :, queries + keys:].transpose(1, 2).reshape(batch * keys, length, size)
        scores = torch.bmm(q * size ** -0.5, k).view(batch, keys * group, length, length) + mask
        weights = torch.softmax(scores, dim=-1).view(batch * keys, group * length, length)
        heads = torch.bmm(weights, v).view(batch, queries, length, size).transpose(1, 2)
        return self.o_proj(heads.reshape(batch, length, queries * size))


class Mlp(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.gate_up_proj = nn.Linear(config.hidden_size, 2 * config.mlp_size, bias=False)
        self.down_proj = nn.Linear(config.mlp_size, config.hidden_size, bias=False)

    def forward(self, x):
        gate, up = self.gate_up_proj(x).chunk(2, dim=-1)
        return self.down_proj(up * F.silu(gate))


class DecoderLayer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.input_layernorm = RmsNorm(config)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = RmsNorm(config)
        self.mlp = Mlp(config)

    def forward(self, x, cos, sin, mask):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask)
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    """Named like the checkpoint's `model.` tensors."""

    def __init__(self, config):
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(DecoderLayer(config) for _ in range(config.layer_count))
        self.norm = RmsNorm(config)


class Phi4Sample(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.model = Decoder(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                depth_scale = (2 * config.layer_count) ** -0.5 if name.endswith(("o_proj.weight", "down_proj.weight")) else 1.0
                nn.init.normal_(parameter, std=0.02 * depth_scale)

    def hidden(self, ids, documents=None, positions=None):
        """
        Final hidden states [B, T, H]. A token sees earlier tokens of its own document, and those of document SHARED; None: one document a row.
        Positions [B, T] count from the row's beginning where they are not given.
        """
        length = ids.shape[1]
        cos, sin = rotary_tables(self.config, length, ids.device)
        if positions is not None:
            cos, sin = cos[positions], sin[positions]
        visible = torch.ones(length, length, dtype=torch.bool, device=ids.device).tril()[None]
        if documents is not None:
            visible = visible & ((documents[:, :, None] == documents[:, None, :]) | (documents[:, None, :] == SHARED))
        mask = torch.zeros(visible.shape, device=ids.device).masked_fill_(~visible, -1e9)[:, None]
        x = self.model.embed_tokens(ids)
        for layer in self.model.layers:
            x = layer(x, cos, sin, mask)
        return self.model.norm(x)

    def forward(self, ids, documents=None):
        return self.lm_head(self.hidden(ids, documents))
