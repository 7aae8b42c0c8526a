# SPDX-License-Identifier: MIT
"""Conversations with tools: one to three of six are offered, described in changing words and order, and the question says which is wanted, if any.

Held out beside the operands of `tasks`: what a tool is asked about (the weather of one city, the time of another), a tenth of each.
"""

import random

import tasks
import tool_prompt
import words
from tool_prompt import Tool

# kind, which is the tool's name: (descriptions, argument names, argument type)
KINDS = {
    "add": (["Adds two numbers.", "The sum of two numbers."], ("a", "b"), "integer"),
    "subtract": (["Subtracts two numbers.", "The difference of two numbers."], ("a", "b"), "integer"),
    "multiply": (["Multiplies two numbers.", "The product of two numbers."], ("a", "b"), "integer"),
    "weather": (["The weather of a city.", "Tells the weather."], ("city",), "string"),
    "time": (["The time in a city.", "Tells what time it is."], ("city",), "string"),
    "age": (["The age of a person.", "Tells how old somebody is."], ("name",), "string"),
}
MULTIPLY_QUESTIONS = ["What is {a} * {b}?", "What is {a} times {b}?", "{a} * {b}", "How much is {a} times {b}?", "Multiply {a} by {b}.",
                      "Multiply {a} and {b}.", "Calculate {a} * {b}.", "What is the product of {a} and {b}?", "Tell me {a} times {b}."]
LOOKUP_QUESTIONS = {
    "weather": ["What is the weather in {x}?", "How is the weather in {x}?", "Weather in {x}?", "Tell me the weather in {x}.", "What's the weather like in {x}?"],
    "time": ["What time is it in {x}?", "Tell me the time in {x}.", "What is the time in {x}?", "What's the time in {x}?"],
    "age": ["How old is {x}?", "What is the age of {x}?", "Tell me the age of {x}.", "Tell me how old {x} is."],
}
WEATHERS = "sunny rainy cloudy windy snowy foggy hot cold".split()
FIRST_STEPS = {"add": "Add {a} and {b}", "subtract": "Subtract {b} from {a}", "multiply": "Multiply {a} by {b}"}
NEXT_STEPS = {"add": ", then add {c}.", "subtract": ", then subtract {c}.", "multiply": ", then multiply by {c}."}
OPERATIONS = {"add": lambda a, b: a + b, "subtract": lambda a, b: a - b, "multiply": lambda a, b: a * b}


def tool(source, kind):
    descriptions, arguments, argument_type = KINDS[kind]
    return Tool(kind, source.rng.choice(descriptions), arguments, argument_type)


def offer(source, counts=(1, 2, 2, 3)):
    return [tool(source, kind) for kind in source.rng.sample(list(KINDS), source.rng.choice(counts))]


def question(source, kind):
    """What a user asks for one kind of tool: (question, values of the call, result, answer made from the result)."""
    rng = source.rng
    if kind in OPERATIONS:
        a, b = source.pair()
        if kind == "subtract" and rng.random() < 0.7:
            a, b = max(a, b), min(a, b)
        phrases = {"add": tasks.ADD_QUESTIONS, "subtract": tasks.SUBTRACT_QUESTIONS, "multiply": MULTIPLY_QUESTIONS}[kind]
        result = OPERATIONS[kind](a, b)
        return tasks.ask_numbers(source, phrases, a, b), (a, b), result, f"The result is {result}."
    known = words.NAMES if kind == "age" else sorted(words.CAPITALS.values())
    x = source.draw(lambda: rng.choice(known), key=lambda value: (kind, value))
    text = rng.choice(LOOKUP_QUESTIONS[kind]).format(x=x)
    if kind == "age":
        result = rng.randint(1, 99)
        return text, (x,), result, f"{x} is {result} years old."
    result = rng.choice(WEATHERS) if kind == "weather" else f"{rng.randint(1, 12)}:{rng.randint(0, 59):02}"
    return text, (x,), result, f"It is {result} in {x}."


def called(source, chosen):
    """[(the user, or a result), what the assistant says to it]: a call of one tool and an answer from its result."""
    text, values, result, answer = question(source, chosen.name)
    return [(tasks.vary(source.rng, text), tool_prompt.call(chosen, values)), (tool_prompt.response(chosen, result), answer)]


def chained(source, first, second):
    """Two calls, the second on the first one's result."""
    a, b = source.pair()
    if first.name == "subtract":
        a, b = max(a, b), min(a, b)
    between = OPERATIONS[first.name](a, b)
    highest = 9 if second.name == "multiply" else 99
    c = source.rng.randint(2, highest)
    while not source.held_out and tasks.is_held_out(tuple(sorted((between, c)))):
        c = source.rng.randint(2, highest)
    result = OPERATIONS[second.name](between, c)
    text = FIRST_STEPS[first.name].format(a=a, b=b) + NEXT_STEPS[second.name].format(c=c)
    return [(text, tool_prompt.call(first, (a, b))), (tool_prompt.response(first, between), tool_prompt.call(second, (between, c))),
            (tool_prompt.response(second, result), f"The result is {result}.")]


def other(source):
    """A question that asks for no tool."""
    names = [name for name in tasks.TASKS if name not in ("add", "subtract", "story")]
    text, answer = tasks.TASKS[source.rng.choices(names, [tasks.TASKS[name][1] for name in names])[0]][0](source)
    return [(tasks.vary(source.rng, text), answer)]


def exchange(source, tools):
    rng = source.rng
    kind = rng.random()
    numeric = [tool for tool in tools if tool.name in OPERATIONS]
    if kind < 0.15:
        return other(source)
    if kind < 0.35 and numeric:
        return chained(source, rng.choice(numeric), rng.choice(numeric))
    return called(source, rng.choice(tools))


def exchanges(source, tools):
    """Mostly one exchange, sometimes two."""
    return [turn for _ in range(source.rng.choice((1, 1, 1, 1, 2))) for turn in exchange(source, tools)]


def messages_of(turns):
    return [{"role": role, "content": content} for turn in turns for role, content in zip(("user", "assistant"), turn)]


def system(source, tools):
    """The system turn that offers the tools, sometimes behind instructions."""
    before = source.rng.choice(tasks.SYSTEM_MESSAGES) + "\n\n" if source.rng.random() < 0.15 else ""
    return {"role": "system", "content": before + tool_prompt.rulebook([tool.declaration() for tool in tools])}


def main():
    """Prints a few conversations to look at."""
    source = tasks.Source(random.Random(0))
    tools = offer(source)
    print(system(source, tools)["content"])
    for _ in range(12):
        print("\n".join(f"{message['role']:>10}: {message['content']}" for message in messages_of(exchange(source, tools))), "\n")


if __name__ == "__main__":
    main()
