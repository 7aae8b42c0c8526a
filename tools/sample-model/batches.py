# SPDX-License-Identifier: MIT
"""Conversations packed into rows of equal length."""

import torch

from tasks import FACT_PRACTICE, NUMBER_PRACTICE, conversation, practice

# The shares of documents that are practice lists.
NUMBER_SHARE, FACT_SHARE = 0.10, 0.05


def tokenize(tokenizer, messages):
    """Ids of a rendered conversation and, for each, whether the model is to learn to say it."""
    ids, learn = [], []
    for message in messages:
        header, content = tokenizer.encode_turn(message["role"], message["content"])
        ids += header + content
        learn += [False] * len(header) + [message["role"] == "assistant"] * len(content)
    return ids, learn


def tokenize_practice(tokenizer, statements):
    """Like `tokenize`, for one answer that is a list of statements; only their results are learned."""
    header, closing = tokenizer.encode_turn("assistant", "")
    ids, learn = list(header), [False] * len(header)
    for given, result in statements:
        given_ids, result_ids = tokenizer.encode(given), tokenizer.encode(result)
        ids += given_ids + result_ids
        learn += [False] * len(given_ids) + [True] * len(result_ids)
    return ids + closing, learn + [False] * len(closing)


class Packer:
    """Fills rows with conversations, choosing from a pool so that little of a row stays empty."""

    POOL = 48

    def __init__(self, tokenizer, source):
        self.tokenizer = tokenizer
        self.source = source
        self.pool = []

    def state(self):
        return self.source.rng.getstate(), self.pool

    def restore(self, state):
        rng_state, self.pool = state
        self.source.rng.setstate(rng_state)

    def batch(self, row_count, row_length, long_conversations):
        """(ids, documents, targets), each [row_count, row_length]; a target of -100 is not learned."""
        shape = (row_count, row_length)
        ids, documents = torch.full(shape, self.tokenizer.special["<|dummy_4|>"]), torch.full(shape, -1)
        targets = torch.full(shape, -100)
        for row in range(row_count):
            chosen = [self._long_document(row_length)] if long_conversations else self._fill(row_length)
            start = 0
            for number, (document, learn) in enumerate(chosen):
                end = start + len(document)
                tokens = torch.tensor(document)
                ids[row, start:end] = tokens
                documents[row, start:end] = number
                targets[row, start:end - 1] = torch.where(torch.tensor(learn), tokens, torch.tensor(-100))[1:]
                start = end
        return ids, documents, targets

    def _fill(self, row_length):
        """The oldest document of the pool, then whatever still fits, oldest first."""
        chosen, room = [], row_length
        while True:
            while len(self.pool) < self.POOL:
                document = self._document()
                if len(document[0]) <= row_length:
                    self.pool.append(document)
            fitting = next((i for i, document in enumerate(self.pool) if len(document[0]) <= room), None)
            if fitting is None:
                return chosen
            chosen.append(self.pool.pop(fitting))
            room -= len(chosen[-1][0])

    def _document(self):
        rng = self.source.rng
        kind = rng.random()
        if kind < NUMBER_SHARE:
            return tokenize_practice(self.tokenizer, practice(self.source, NUMBER_PRACTICE, 8))
        if kind < NUMBER_SHARE + FACT_SHARE:
            return tokenize_practice(self.tokenizer, practice(self.source, FACT_PRACTICE, 8))
        return tokenize(self.tokenizer, conversation(self.source, 1 if rng.random() < 0.75 else rng.randint(2, 4)))

    def _long_document(self, row_length):
        document, learn = tokenize(self.tokenizer, conversation(self.source, row_length // 25))
        return document[:row_length], learn[:row_length]
