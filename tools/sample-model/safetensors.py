# SPDX-License-Identifier: MIT
"""The safetensors format, as much of it as a bf16 checkpoint in one file needs."""

import json
import struct

import torch


def write(path, tensors):
    """Writes bf16 tensors in the order of their names."""
    header, data = {"__metadata__": {"format": "pt"}}, []
    offset = 0
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        content = tensor.view(torch.int16).numpy().astype("<i2").tobytes()
        header[name] = {"dtype": "BF16", "shape": list(tensor.shape), "data_offsets": [offset, offset + len(content)]}
        offset += len(content)
        data.append(content)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(data))


def read(path):
    """The tensors of a bf16 file, widened to float32."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            values = torch.frombuffer(bytearray(data[begin:end]), dtype=torch.bfloat16)
            tensors[name] = values.view(entry["shape"]).float()
    return tensors
