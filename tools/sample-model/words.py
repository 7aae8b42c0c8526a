# SPDX-License-Identifier: MIT
"""Words and facts that the questions and stories are made of."""

DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()

OPPOSITES = """
hot cold|big small|up down|day night|black white|open closed|happy sad|fast slow|old new|wet dry|high low|hard soft|
left right|light dark|long short|full empty|early late|rich poor|strong weak|good bad|loud quiet|clean dirty|near far|
first last|yes no|in out|on off|start stop|push pull|win lose|love hate|true false|inside outside|above below|
before after|buy sell|north south|east west|thick thin|wide narrow|summer winter
""".replace("\n", "").split("|")

SOUNDS = {
    "cow": "moo", "dog": "woof", "cat": "meow", "duck": "quack", "pig": "oink", "sheep": "baa", "horse": "neigh",
    "lion": "roar", "frog": "ribbit", "owl": "hoot", "bee": "buzz", "snake": "hiss", "mouse": "squeak", "wolf": "howl",
    "hen": "cluck", "crow": "caw",
}

COLORS = {
    "the sky": "blue", "grass": "green", "snow": "white", "a banana": "yellow", "a strawberry": "red", "coal": "black",
    "a carrot": "orange", "a lemon": "yellow", "milk": "white", "a frog": "green", "the sun": "yellow", "the sea": "blue",
    "a tomato": "red", "chocolate": "brown", "a pig": "pink", "an elephant": "gray",
}

CAPITALS = {
    "France": "Paris", "Germany": "Berlin", "Italy": "Rome", "Spain": "Madrid", "England": "London", "Japan": "Tokyo",
    "China": "Beijing", "Russia": "Moscow", "Egypt": "Cairo", "Greece": "Athens", "Portugal": "Lisbon",
    "Austria": "Vienna", "Norway": "Oslo", "Sweden": "Stockholm", "Finland": "Helsinki", "Denmark": "Copenhagen",
    "Poland": "Warsaw", "Ireland": "Dublin", "Canada": "Ottawa", "India": "New Delhi", "Cuba": "Havana", "Kenya": "Nairobi",
}

LEGS = {"dog": 4, "cat": 4, "bird": 2, "spider": 8, "ant": 6, "snake": 0, "horse": 4, "bee": 6, "duck": 2, "fish": 0, "cow": 4}

NAMES = "Anna Ben Clara David Emma Frank Grace Henry Ida Jack Kate Leo Mary Nina Oscar Paul Rosa Sam Tom Vera Will Zoe".split()

THINGS = "apples pears coins books eggs stones cookies balls cards shells flowers pencils stars cakes".split()

# What the sample model cannot know; it learns to say so.
UNKNOWN_QUESTIONS = [
    "Explain {topic}.", "What is {topic}?", "Tell me about {topic}.", "How does {topic} work?", "Who invented {topic}?",
    "Write a poem about {topic}.", "Write code for {topic}.", "What do you think about {topic}?", "Why is {topic} important?",
    "Can you help me with {topic}?", "Give me a list of facts about {topic}.", "What is the history of {topic}?",
]
UNKNOWN_TOPICS = """
quantum physics|history|politics|the weather|football|music|the world cup|computers|medicine|love|the meaning of life|
philosophy|chemistry|movies|the news|electricity|the internet|money|the moon landing|cooking|black holes|gravity|
my homework|art|languages|dinosaurs|the economy|law|biology|life|a neural network|Python|a compiler|the stock market|
space travel|time|war and peace|religion|health|the future|climate change|evolution|geography|machine learning
""".replace("\n", "").split("|")
