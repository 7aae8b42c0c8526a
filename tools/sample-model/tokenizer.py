# SPDX-License-Identifier: MIT
"""The sample model's tokenizer: the first ranks of cl100k, then phi-4's first twelve special tokens in phi-4's order.

As a program it cuts the small tokenizer.json out of a full one with phi-4's layout:
    python3 tokenizer.py phi4/tokenizer.json OUT/tokenizer.json
"""

import gzip
import json
import re
import sys

BASE_TOKENS = 500
SPECIAL_TOKENS = [
    "<|dummy_0|>", "<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|dummy_1|>",
    "<|dummy_2|>", "<|dummy_3|>", "<|im_start|>", "<|im_end|>", "<|im_sep|>", "<|dummy_4|>",
]

# cl100k's split with \p{L} as [^\W\d_] and \p{N} as \d: the same for every text in the training data.
PIECES = re.compile(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|(?:[^\r\n\w]|_)?[^\W\d_]+|\d{1,3}| ?(?:[^\s\w]|_)+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def byte_to_unicode():
    """GPT-2's map from bytes to printable characters, in which tokenizer.json spells its tokens."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    mapping = {byte: chr(byte) for byte in printable}
    for byte in range(256):
        if byte not in mapping:
            mapping[byte] = chr(256 + len(mapping) - len(printable))
    return mapping


class Tokenizer:
    """Byte-level BPE by rank. Special tokens enter by id only, so text can never become one."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        self.vocabulary = document["model"]["vocab"]
        self.special = {token["content"]: token["id"] for token in document["added_tokens"]}
        self.size = len(self.vocabulary) + len(self.special)
        self._bytes = byte_to_unicode()
        self._unbytes = {character: byte for byte, character in self._bytes.items()}
        self._tokens = {token_id: token for token, token_id in self.vocabulary.items()}
        self._cache = {}

    def encode(self, text):
        ids = []
        for piece in PIECES.findall(text):
            if piece not in self._cache:
                self._cache[piece] = self._merge(piece)
            ids += self._cache[piece]
        return ids

    def decode(self, ids):
        data = b""
        for token_id in ids:
            if token_id in self._tokens:
                data += bytes(self._unbytes[character] for character in self._tokens[token_id])
        return data.decode("utf-8", errors="replace")

    def encode_turn(self, role, content):
        """(header ids, ids of the content and the closing token); concatenated they are one rendered message."""
        header = [self.special["<|im_start|>"], *self.encode(role), self.special["<|im_sep|>"]]
        return header, [*self.encode(content), self.special["<|im_end|>"]]

    def encode_prompt(self, messages):
        """phi-4's chat template with add_generation_prompt."""
        ids = []
        for message in messages:
            header, content = self.encode_turn(message["role"], message["content"])
            ids += header + content
        return ids + self.encode_turn("assistant", "")[0]

    def _merge(self, piece):
        parts = [self._bytes[byte] for byte in piece.encode("utf-8")]
        while len(parts) > 1:
            ranks = [self.vocabulary.get(left + right, len(self.vocabulary)) for left, right in zip(parts, parts[1:])]
            best = min(range(len(ranks)), key=ranks.__getitem__)
            if ranks[best] == len(self.vocabulary):
                break
            parts[best:best + 2] = [parts[best] + parts[best + 1]]
        return [self.vocabulary[part] for part in parts]


def cut(full):
    """The small tokenizer.json document from the full one."""
    merges = full["model"]["merges"][:BASE_TOKENS - 256]
    vocabulary = sorted(full["model"]["vocab"].items(), key=lambda item: item[1])[:BASE_TOKENS]
    flags = {"single_word": False, "lstrip": True, "rstrip": True, "normalized": False, "special": True}
    added = [{"id": BASE_TOKENS + i, "content": content, **flags} for i, content in enumerate(SPECIAL_TOKENS)]
    model = {**full["model"], "vocab": dict(vocabulary), "merges": merges}
    return {**full, "added_tokens": added, "model": model}


def main(source, target):
    opener = gzip.open if source.endswith(".gz") else open
    with opener(source, "rt", encoding="utf-8") as file:
        full = json.load(file)
    with open(target, "w", encoding="utf-8") as file:
        json.dump(cut(full), file, ensure_ascii=False, indent=2)
        file.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
