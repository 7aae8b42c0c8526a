# SPDX-License-Identifier: MIT
"""Answers as JSON under a schema: the fields that it names, in its order, from what the user says. Held out: a tenth of all pairs of name and city."""

import json
import random

import tasks
import words

FIELDS = {"name": "string", "age": "integer", "city": "string"}
SENTENCES = ["{name} is {age} years old and lives in {city}.", "{name} lives in {city} and is {age} years old.", "{name} from {city} is {age}.",
             "I am {name}, {age} years old, from {city}.", "{name} is {age} and lives in {city}."]


def fields(source):
    """Two or three in any order."""
    return source.rng.sample(list(FIELDS), source.rng.randint(2, 3))


def schema(names):
    """As GetResponseAsync<T> of Microsoft.Extensions.AI makes it for a record."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
            "properties": {name: {"type": FIELDS[name]} for name in names}, "required": names}


def system(document):
    """As Phi4.Extensions.AI says it."""
    return ("Answer with JSON and nothing else. It has to be valid under this JSON Schema:\n" + json.dumps(document, separators=(",", ":")))


def exchange(source, names):
    """[(the user, the assistant)] of one sentence."""
    rng = source.rng
    cities = sorted(words.CAPITALS.values())
    name, city = source.draw(lambda: (rng.choice(words.NAMES), rng.choice(cities)))
    values = {"name": name, "age": rng.randint(1, 99), "city": city}
    return [(rng.choice(SENTENCES).format(**values), json.dumps({name: values[name] for name in names}))]


def main():
    """Prints a few to look at."""
    source = tasks.Source(random.Random(0))
    for _ in range(10):
        names = fields(source)
        print(system(schema(names)), *exchange(source, names))


if __name__ == "__main__":
    main()
