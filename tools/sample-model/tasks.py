# SPDX-License-Identifier: MIT
"""The training data: checkable tasks, small talk and stories, made by a seeded generator.

Every task that computes something draws its operands through `Source`, which never lets a training example
use operands that the evaluation will ask about (a tenth of all, chosen by a hash).
"""

import random
import zlib

import words
from stories import story

ABOUT_ME = "I am the tiny sample model of Phi4.Engine. I can add and subtract, compare and sort numbers, and tell short stories."
TOO_SMALL = "I am too small to know that. Ask me for a sum like 12 + 30, or for a short story."

SYSTEM_MESSAGES = ["You are a helpful assistant.", "You are a friendly helper.", "You answer short questions.",
                   "You are a small model. Be brief.", "Answer the user.", "You are Phi, a tiny language model."]


def is_held_out(key):
    return zlib.crc32(repr(key).encode()) % 10 == 0


class Source:
    """Random operands from one side of the split."""

    def __init__(self, rng, held_out=False):
        self.rng = rng
        self.held_out = held_out

    def draw(self, make, key=lambda value: value):
        while True:
            value = make()
            if is_held_out(key(value)) == self.held_out:
                return value

    def pair(self):
        """Two numbers; {a, b} is held out whole, whichever comes first and whatever is done with them."""
        low = 10 if self.held_out or self.rng.random() < 0.85 else 0
        return self.draw(lambda: (self.rng.randint(low, 99), self.rng.randint(low, 99)), key=lambda value: tuple(sorted(value)))

    def triple(self):
        return self.draw(lambda: tuple(self.rng.sample(range(0, 100), 3)), key=lambda value: tuple(sorted(value)))


ADD_QUESTIONS = ["What is {a} + {b}?", "What is {a} + {b}?", "What is {a} plus {b}?", "{a} + {b}", "{a} + {b} = ?", "{a}+{b}", "{a}+{b}=?",
                 "What's {a} + {b}?", "What is {a}+{b}?", "How much is {a} + {b}?", "How much is {a} plus {b}?", "Add {a} and {b}.",
                 "Calculate {a} + {b}.", "Compute {a} + {b}.", "What is the sum of {a} and {b}?", "Can you add {a} and {b}?",
                 "Tell me {a} plus {b}.", "I have {a} {things} and get {b} more. How many do I have?",
                 "{name} has {a} {things} and finds {b} more. How many {things} is that?"]
SUBTRACT_QUESTIONS = ["What is {a} - {b}?", "What is {a} - {b}?", "What is {a} minus {b}?", "{a} - {b}", "{a} - {b} = ?", "{a}-{b}", "{a}-{b}=?",
                      "What's {a} - {b}?", "What is {a}-{b}?", "How much is {a} - {b}?", "How much is {a} minus {b}?",
                      "Subtract {b} from {a}.", "Calculate {a} - {b}.", "Compute {a} - {b}.",
                      "What is the difference of {a} and {b}?", "Take {b} away from {a}."]
GIVE_AWAY_QUESTIONS = ["I have {a} {things} and give away {b}. How many are left?", "{name} has {a} {things} and loses {b}. How many {things} are left?"]


def ask_numbers(source, questions, a, b):
    rng = source.rng
    return rng.choice(questions).format(a=a, b=b, things=rng.choice(words.THINGS), name=rng.choice(words.NAMES))


def add(source):
    a, b = source.pair()
    return ask_numbers(source, ADD_QUESTIONS, a, b), f"{a} + {b} = {a + b}."


def subtract(source):
    a, b = source.pair()
    if source.rng.random() < 0.7:
        a, b = max(a, b), min(a, b)
    questions = SUBTRACT_QUESTIONS + (GIVE_AWAY_QUESTIONS if a >= b else [])
    return ask_numbers(source, questions, a, b), f"{a} - {b} = {a - b}."


def listed(numbers, last_word):
    return ", ".join(map(str, numbers[:-1])) + f" {last_word} {numbers[-1]}"


def largest(source):
    numbers = source.triple()
    question = source.rng.choice(["What is the largest of {}?", "Which number is the biggest: {}?", "What is the maximum of {}?", "Find the largest number: {}."])
    return question.format(listed(numbers, "and")), f"The largest is {max(numbers)}."


def smallest(source):
    numbers = source.triple()
    question = source.rng.choice(["What is the smallest of {}?", "Which number is the smallest: {}?", "What is the minimum of {}?", "Find the smallest number: {}."])
    return question.format(listed(numbers, "and")), f"The smallest is {min(numbers)}."


def sort(source):
    numbers = source.triple()
    question = source.rng.choice(["Sort {}.", "Sort these numbers: {}.", "Put {} in order.", "Sort {} from small to large."])
    return question.format(listed(numbers, "and")), ", ".join(map(str, sorted(numbers)))


def compare(source):
    a, b = source.pair()
    if a == b:
        return f"Which is bigger, {a} or {b}?", "They are equal."
    if source.rng.random() < 0.5:
        return source.rng.choice(["Which is bigger, {} or {}?", "What is larger, {} or {}?"]).format(a, b), f"{max(a, b)} is bigger."
    return source.rng.choice(["Which is smaller, {} or {}?", "What is less, {} or {}?"]).format(a, b), f"{min(a, b)} is smaller."


def parity(source):
    number = source.draw(lambda: source.rng.randint(0, 199), key=lambda value: ("parity", value))
    question = source.rng.choice(["Is {} even or odd?", "Is {} odd or even?", "Is the number {} even or odd?"])
    return question.format(number), f"{number} is {'odd' if number % 2 else 'even'}."


def neighbor(source):
    number = source.draw(lambda: source.rng.randint(1, 98), key=lambda value: ("neighbor", value))
    if source.rng.random() < 0.5:
        question = source.rng.choice(["What number comes after {}?", "What comes after {}?", "Which number follows {}?"])
        return question.format(number), f"{number + 1} comes after {number}."
    question = source.rng.choice(["What number comes before {}?", "What comes before {}?"])
    return question.format(number), f"{number - 1} comes before {number}."


def calendar(source):
    rng = source.rng
    names, kind = rng.choice([(words.DAYS, "day"), (words.MONTHS, "month")])
    index = rng.randrange(len(names))
    word, step = rng.choice([("after", 1), ("before", -1)])
    other = names[(index + step) % len(names)]
    question = rng.choice(["What {kind} comes {word} {name}?", "Which {kind} is {word} {name}?", "What is the {kind} {word} {name}?"])
    return question.format(kind=kind, word=word, name=names[index]), f"The {kind} {word} {names[index]} is {other}."


def opposite(source):
    rng = source.rng
    a, b = rng.choice(words.OPPOSITES).split()
    if rng.random() < 0.5:
        a, b = b, a
    return rng.choice(["What is the opposite of {}?", "Opposite of {}?", "Tell me the opposite of {}."]).format(a), f"The opposite of {a} is {b}."


def fact(source):
    rng = source.rng
    kind = rng.choice(["sound", "color", "capital", "legs"])
    if kind == "sound":
        animal, sound = rng.choice(sorted(words.SOUNDS.items()))
        question = rng.choice(["What does the {} say?", "What sound does a {} make?", "What does a {} say?"])
        return question.format(animal), f"The {animal} says {sound}."
    if kind == "color":
        thing, color = rng.choice(sorted(words.COLORS.items()))
        return rng.choice(["What color is {}?", "What is the color of {}?"]).format(thing), f"{thing[0].upper()}{thing[1:]} is {color}."
    if kind == "capital":
        country, city = rng.choice(sorted(words.CAPITALS.items()))
        return rng.choice(["What is the capital of {}?", "Tell me the capital of {}.", "Capital of {}?"]).format(country), f"The capital of {country} is {city}."
    animal, legs = rng.choice(sorted(words.LEGS.items()))
    return f"How many legs does a {animal} have?".replace("a ant", "an ant"), f"It has {legs} legs." if legs else "It has no legs."


SMALL_TALK = [
    (["Hello", "Hello!", "Hi", "Hi!", "Hey", "Hello there", "Good morning", "Good evening", "Hi there!", "Good day"], "Hello! How can I help you?"),
    (["How are you?", "How are you today?", "How do you do?", "How is it going?"], "I am fine, thank you. How can I help you?"),
    (["Who are you?", "What are you?", "What is your name?", "Tell me about yourself.", "Are you phi-4?", "Introduce yourself.",
      "What's your name?", "Who is this?", "Are you a robot?", "What model are you?"], ABOUT_ME),
    (["What can you do?", "Help", "Help me", "What do you know?", "How can you help me?", "What can I ask you?", "What should I ask?"],
     "I can add and subtract two-digit numbers, compare and sort numbers, name opposites and tell short stories."),
    (["Thanks", "Thank you", "Thank you!", "Thanks a lot!", "Thanks!", "Thank you very much."], "You are welcome!"),
    (["Bye", "Goodbye", "Bye!", "See you", "Goodbye!", "Good night", "See you later"], "Goodbye!"),
    (["Who made you?", "How were you made?", "Who trained you?", "Where do you come from?", "How were you trained?"],
     "I was trained from scratch for Phi4.Engine, on examples that a small program made up."),
    (["How big are you?", "How many parameters do you have?", "Are you small?", "Are you big?"], "I am tiny: I have fewer than three million parameters."),
    (["Ok", "Okay", "Good", "Great!", "Nice", "Cool", "Very good", "Well done!", "Good job!", "Yes", "Fine"], "Good! What shall we do next?"),
    (["Tell me a joke.", "Do you know a joke?", "Make me laugh."], "Why did the chicken cross the road? To get to the other side!"),
]


def small_talk(source):
    questions, answer = source.rng.choice(SMALL_TALK)
    return source.rng.choice(questions), answer


def unknown(source):
    return source.rng.choice(words.UNKNOWN_QUESTIONS).format(topic=source.rng.choice(words.UNKNOWN_TOPICS)), TOO_SMALL


def tell_story(source):
    return story(source.rng)


TASKS = {
    "add": (add, 20), "subtract": (subtract, 20), "largest": (largest, 5), "smallest": (smallest, 6), "sort": (sort, 8),
    "compare": (compare, 4), "parity": (parity, 4), "neighbor": (neighbor, 5), "calendar": (calendar, 3), "opposite": (opposite, 5),
    "fact": (fact, 6), "small_talk": (small_talk, 7), "unknown": (unknown, 3), "story": (tell_story, 8),
}
FUNCTIONS = [function for function, _ in TASKS.values()]
WEIGHTS = [weight for _, weight in TASKS.values()]


def vary(rng, question):
    """Small differences of the kind that people type."""
    if rng.random() < 0.05:
        question = "Please " + question[0].lower() + question[1:] if not question[0].isdigit() else question
    if rng.random() < 0.1:
        question = question[0].lower() + question[1:]
    if rng.random() < 0.1:
        question = question.rstrip("?.!")
    return question


NUMBER_PRACTICE = [(add, " = "), (subtract, " = ")]
FACT_PRACTICE = [(calendar, " is "), (opposite, " is "), (fact, " is "), (fact, " says ")]


def practice(source, kinds, count):
    """Answers one after the other, each split into what is given and what is to be said: more of them a token than conversations have."""
    statements = []
    while len(statements) < count:
        function, separator = source.rng.choice(kinds)
        given, found, result = function(source)[1].partition(separator)
        if found:
            statements.append(((" " if statements else "") + given + separator.rstrip(), " " + result))
    return statements


def turns(source):
    """One question and its answer, sometimes with a follow-up that needs the first: a list of (user, assistant)."""
    rng = source.rng
    kind = rng.random()
    if kind < 0.03:
        name = rng.choice(words.NAMES)
        between = turns(source) if rng.random() < 0.5 else []
        hello = rng.choice(["My name is {}.", "I am {}.", "Hi, I am {}.", "Hello, my name is {}."]).format(name)
        return [(hello, f"Nice to meet you, {name}!"), *between, (rng.choice(["What is my name?", "Who am I?"]), f"Your name is {name}.")]
    question, answer = rng.choices(FUNCTIONS, WEIGHTS)[0](source)
    result = [(vary(rng, question), answer)]
    if kind < 0.06:
        a, b = source.draw(lambda: (rng.randint(1, 60), rng.randint(1, 39)), key=lambda value: tuple(sorted(value)))
        c = source.draw(lambda: rng.randint(1, 99), key=lambda value: tuple(sorted((a + b, value))))
        follow_up = rng.choice(["And {} more?", "Now add {}.", "Add {} to that.", "Plus {}?"]).format(c)
        result = [(ask_numbers(source, ADD_QUESTIONS, a, b), f"{a} + {b} = {a + b}."), (follow_up, f"{a + b} + {c} = {a + b + c}.")]
    return result


def conversation(source, turn_count):
    """Messages of one chat with at least `turn_count` user turns."""
    rng = source.rng
    messages = []
    if rng.random() < 0.15:
        messages.append({"role": "system", "content": rng.choice(SYSTEM_MESSAGES)})
    while sum(message["role"] == "user" for message in messages) < turn_count:
        for question, answer in turns(source):
            messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return messages


def main():
    """Prints a few conversations to look at."""
    source = Source(random.Random(0))
    for _ in range(20):
        print("\n".join(f"{message['role']:>10}: {message['content']}" for message in conversation(source, 1)), "\n")


if __name__ == "__main__":
    main()
