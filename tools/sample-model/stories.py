# SPDX-License-Identifier: MIT
"""Short stories from templates: a hero, a plot of three or four sentences, an ending."""

ANIMALS = "cat dog bear fox rabbit mouse bird frog duck pig horse lion owl turtle wolf cow hen sheep monkey tiger".split()
PEOPLE = {"girl": "girl", "boy": "boy", "robot": None, "dragon": None, "king": "boy", "queen": "girl"}
HEROES = ANIMALS + list(PEOPLE)
SHE_NAMES = "Mimi Lily Rosa Bella Nina Daisy Luna Molly".split()
HE_NAMES = "Max Tom Leo Sam Ben Otto Felix Toby".split()
TRAITS = "little brave kind happy clever shy small young".split()
HOMES = ["in a small house by the sea", "in a green forest", "on a farm near a river", "in a cozy house on a hill", "at the edge of a town"]
PLACES = ["under a tree", "in the garden", "near the river", "behind a rock", "on the beach", "in the tall grass"]
OBJECTS = ["red ball", "golden key", "blue kite", "silver bell", "shiny stone", "yellow hat", "magic lamp", "big drum"]
FOODS = ["cake", "soup", "bread", "apple pie"]
SKILLS = ["swim", "sing", "dance", "jump high", "paint", "climb trees"]
ENDINGS = ["From that day on they were best friends.", "Then they went home, tired and happy.",
           "It was the best day of all.", "That night {name} slept very well."]
REQUESTS = ["Tell me a story about {hero}.", "Tell me a short story about {hero}.", "Write a story about {hero}.",
            "Write a short story about {hero}.", "Can you tell me a story about {hero}?", "I want a story about {hero}.",
            "Tell me about {hero} in a story.", "Please tell me a story about {hero}."]
OPEN_REQUESTS = ["Tell me a story.", "Tell me a short story.", "Write a story.", "Can you tell me a story?",
                 "Another story, please.", "I want to hear a story.", "Write a short story."]

PLOTS = [
    "One day {name} found a {object} {place}. {She} showed it to {her} friend {friend} the {other}. They played with it until the sun went down.",
    "One day {name} lost {her} {object}. {She} looked {place} and {place2}. At last {friend} the {other} found it {place3}. {name} was so happy that {she} danced.",
    "One night there was a loud storm. {name} was afraid of the dark. {friend} the {other} came and sang a soft song. Soon the storm was over.",
    "One day {name} made a big {food}. {friend} the {other} came by and was very hungry. {name} gave {friend} half of the {food}. They ate it together {place}.",
    "{name} wanted to learn to {skill}. At first it was very hard. {friend} the {other} said, \"Try again.\" {name} tried every day, and at last {she} could {skill}.",
    "One day {name} saw {friend} the {other} sitting {place}. {friend} was sad and alone. {name} gave {friend} a {object}. {friend} smiled and said, \"Thank you.\"",
]


def article(noun):
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def tell(rng, hero):
    """A story about the hero: four to six sentences."""
    female = {"girl": True, "boy": False}.get(PEOPLE.get(hero), rng.random() < 0.5)
    name = rng.choice(SHE_NAMES if female else HE_NAMES)
    place, place2, place3 = rng.sample(PLACES, 3)
    words = {
        "name": name, "She": "She" if female else "He", "she": "she" if female else "he", "her": "her" if female else "his",
        "friend": rng.choice([other for other in SHE_NAMES + HE_NAMES if other != name]),
        "other": rng.choice([animal for animal in ANIMALS if animal != hero]),
        "object": rng.choice(OBJECTS), "food": rng.choice(FOODS), "skill": rng.choice(SKILLS),
        "place": place, "place2": place2, "place3": place3,
    }
    trait = rng.choice(TRAITS)
    opening = rng.choice(["Once upon a time there was", "Once there was", "There was once"])
    beginning = f"{opening} {article(trait)} {hero} named {name}. {words['She']} lived {rng.choice(HOMES)}. "
    return beginning + (rng.choice(PLOTS) + " " + rng.choice(ENDINGS)).format(**words)


def story(rng):
    hero = rng.choice(HEROES)
    if rng.random() < 0.2:
        return rng.choice(OPEN_REQUESTS), tell(rng, hero)
    return rng.choice(REQUESTS).format(hero=article(hero)), tell(rng, hero)
