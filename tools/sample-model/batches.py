# SPDX-License-Identifier: MIT
"""Conversations packed into rows of equal length."""

import torch

import record_tasks
import tool_tasks
from model import SHARED
from tasks import FACT_PRACTICE, NUMBER_PRACTICE, conversation, practice

# The shares of documents that are practice lists.
NUMBER_SHARE, FACT_SHARE = 0.10, 0.05

# The share of rows that ask for a record in place of offering tools.
RECORD_SHARE = 0.15

# Room in which one more exchange with tools is sure to be found, if a short one.
SHORTEST_EXCHANGE = 60


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

    def tool_batch(self, row_count, row_length):
        """
        (ids, documents, targets, positions): rows of one system turn, with tools or a schema, and of conversations that share it, each as if it followed alone.
        """
        shape = (row_count, row_length)
        ids, documents = torch.full(shape, self.tokenizer.special["<|dummy_4|>"]), torch.full(shape, -1)
        targets, positions = torch.full(shape, -100), torch.zeros(shape, dtype=torch.long)
        for row in range(row_count):
            system, more = self._system_turn()
            shared, _ = tokenize(self.tokenizer, [system])
            chosen = [(SHARED, shared, [False] * len(shared))]
            start = len(shared)
            while start < row_length - SHORTEST_EXCHANGE:
                document = tokenize(self.tokenizer, tool_tasks.messages_of(more()))
                if start + len(document[0]) <= row_length:
                    chosen.append((len(chosen), *document))
                    start += len(document[0])
            start = 0
            for number, document, learn in chosen:
                end, first = start + len(document), 0 if number == SHARED else len(shared)
                tokens = torch.tensor(document)
                ids[row, start:end] = tokens
                documents[row, start:end] = number
                positions[row, start:end] = torch.arange(first, first + len(document))
                targets[row, start:end - 1] = torch.where(torch.tensor(learn), tokens, torch.tensor(-100))[1:]
                start = end
        return ids, documents, targets, positions

    def _system_turn(self):
        """A system turn with tools, or with the schema of a record, and what gives exchanges that can follow it."""
        source = self.source
        if source.rng.random() < RECORD_SHARE:
            names = record_tasks.fields(source)
            return {"role": "system", "content": record_tasks.system(record_tasks.schema(names))}, lambda: record_tasks.exchange(source, names)
        tools = tool_tasks.offer(source)
        return tool_tasks.system(source, tools), lambda: tool_tasks.exchanges(source, tools)

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
