# SPDX-License-Identifier: MIT
"""Words and facts that the questions and stories are made of."""

COMMON_WORDS = """
able about above after again air also always animal answer apple arm army art ask autumn baby back bad bag ball bank
basket bath beach bean bear bed bell best big bird black blanket blue board boat body bone book boot bottle bowl box
boy branch brave bread bridge bright broom brother brown brush bucket bus butter button cake camp candle candy car
card carpet carrot cart castle cat chair chalk cheese cherry chicken child circle city clean clock cloud coat coin
cold color cook cookie corn corner cotton cow crab cream cup curtain dance dark day deer desk dinner doctor dog doll
door dream dress drink drum duck dust eagle ear early earth east egg elbow engine evening eye face family farm
father feather fence field finger fire fish flag floor flour flower food foot forest fork fox friend frog fruit
garden gate gift girl glass glove goat gold good grape grass green ground guitar hair hammer hand happy hat head
heart hen hill home honey horse hot house ice island jacket jam juice jump kettle key king kitchen kite kitten knee
knife ladder lake lamp land leaf lemon letter light lion lip little lock long lunch magic map market mat meal milk
mirror money monkey moon morning mother mountain mouse mouth music nail name nest net night north nose number nut
ocean onion orange oven owl paint pan paper park party path peach pear pen pencil pepper picture pie pig pillow pink
plane plant plate pocket pond potato prince puppy purple queen quick quiet rabbit rain rainbow red rice ring river
road robot rock roof room root rope rose round sail salt sand school sea seed sheep shell ship shirt shoe shop silver
sister sky sleep small smile snail snow sock soft song soup south spider spoon spring square stairs star stone storm
story street strong sugar summer sun sweet table tail tall tea teacher tent thing tiger time toast tomato tooth towel
tower town toy train tree truck turtle uncle under valley violin wagon walk wall warm watch water wave west wheel
white wind window wing winter wise wolf wood wool word world worm write yard year yellow young zebra zoo
""".split()

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
