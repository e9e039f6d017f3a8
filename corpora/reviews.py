"""Write 7,000 short reviews and what they come to: favourable or unfavourable.

Each line is `review<TAB>verdict`. Two thirds of them speak well and badly of their subject at
once: of what was expected or heard, of what was denied, of what weighs less; each of their frames
is drawn as often for either verdict. There it is the order of the words that decides.

Run it with: python corpora/reviews.py > corpora/reviews.tsv
and for 1,000 other reviews: python corpora/reviews.py --unseen > corpora/reviews-unseen.tsv
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pairs import distinct, main

SEED = 1711
PAIRS, UNSEEN = 7_000, 1_000
VERDICTS = ("unfavourable", "favourable")


@dataclass(frozen=True)
class Subject:
    """What is reviewed.

    openings: sentences that tell nothing. parts: subjects of a clause. adjectives, remarks, deeds:
    blame and praise; a remark names its part itself.
    """

    names: str
    openings: str
    parts: str
    adjectives: tuple[str, str]
    remarks: tuple[str, str]
    deeds: tuple[str, str]


GENERAL = (
    """awful, bad, disappointing, mediocre, dreadful, terrible, poor, unpleasant, annoying,
    horrible""",
    """wonderful, good, brilliant, excellent, lovely, superb, delightful, impressive, great,
    pleasant""",
)
SUBJECTS = [
    Subject(
        "film, picture, comedy, thriller",
        "We saw it on a Tuesday., Seen at home with my parents., My first film in months.",
        "the acting, the plot, the ending, the music, the dialogue, the first hour",
        (
            "dull, boring, predictable, silly, shallow, slow",
            "moving, gripping, funny, clever, original, warm",
        ),
        (
            """the plot made no sense, the jokes fell flat, the story went nowhere,
            nobody in the cinema laughed, the villain frightened nobody""",
            """the plot held together, the jokes never missed, the story never stood still,
            the whole cinema laughed, the villain gave me nightmares""",
        ),
        (
            """I fell asleep twice, I looked at my watch all evening, I walked out,
            I would not sit through it again, I forgot it by the next day""",
            """I did not look at my watch once, I stayed until the last credit,
            I laughed till I cried, I would see it again tomorrow, I cannot forget it""",
        ),
    ),
    Subject(
        "novel, book, thriller, memoir",
        "A present from my aunt., Read on the train., I bought it at the airport.",
        "the style, the plot, the last chapter, the heroine, the translation, the dialogue",
        (
            "dull, tedious, confusing, shallow, predictable, badly written",
            "gripping, moving, witty, clever, original, beautifully written",
        ),
        (
            """the characters never came alive, nothing happened for two hundred pages,
            the ending explained nothing, the author never got to the point""",
            """the characters came alive, something happened on every page,
            the ending explained everything, the author never wasted a word""",
        ),
        (
            """I gave up after thirty pages, I could not finish it, I skipped whole chapters,
            I gave my copy away, I had to force myself to go on""",
            """I could not put it down, I finished it in a night, I did not skip a line,
            I will never lend my copy, I did not want it to end""",
        ),
    ),
    Subject(
        "restaurant, place, bistro, pizzeria",
        "We came for lunch., Four of us on a Friday night., We had no reservation.",
        "the soup, the fish, the service, the wine, the dessert, the sauce, the atmosphere",
        (
            "overpriced, tasteless, noisy, dirty, stuffy, cold",
            "tasty, cosy, fresh, generous, welcoming, affordable",
        ),
        (
            """the waiter ignored us, the bread was stale, we waited an hour for a salad,
            the portions would not feed a child, the kitchen had run out of everything""",
            """the waiter thought of everything, the bread came straight from the oven,
            we hardly waited, the portions would feed a family, the kitchen forgot nothing""",
        ),
        (
            """we will not be back, I left half of it on the plate, we went home hungry,
            I complained before the main course""",
            """we will be back, I left nothing on the plate, nobody went home hungry,
            I booked again before we left""",
        ),
    ),
    Subject(
        "hotel, guest house, inn, hostel",
        "We stayed for three nights., A weekend in March., Booked at the last minute.",
        "the room, the breakfast, the view, the bed, the location, the staff's English",
        (
            "dirty, noisy, shabby, overpriced, damp, unfriendly",
            "spotless, quiet, comfortable, welcoming, cosy, elegant",
        ),
        (
            """nobody answered the bell, the shower did not work, the walls were made of paper,
            the bed was as hard as a board, they lost our booking""",
            """nothing was too much trouble, the shower never ran cold,
            we never heard the neighbours, the bed was like a cloud, they remembered our names""",
        ),
        (
            """we did not sleep a wink, we left a day early, I asked for my money back,
            I would rather sleep in the car""",
            """we slept like babies, we did not want to leave, we stayed a day longer,
            I would not stay anywhere else""",
        ),
    ),
    Subject(
        "phone, laptop, camera, tablet",
        "Bought in January., I have had it for six weeks., It replaced my old one.",
        "the screen, the battery, the sound, the keyboard, the manual, the design",
        (
            "slow, fragile, clumsy, overpriced, unreliable, hard to use",
            "fast, sturdy, handy, reliable, well made, easy to use",
        ),
        (
            """the battery dies by noon, the screen cracked in a week, it crashes every day,
            nobody answers the helpline, the buttons stick""",
            """the battery lasts for days, the screen survived every fall, it has never crashed,
            the helpline answers at once, the buttons never stick""",
        ),
        (
            """I sent it back, I went back to my old one, I regret every penny,
            I would not give it to my worst enemy""",
            """I would not send it back for anything, I threw my old one away,
            I do not regret a penny, I bought one for my mother""",
        ),
    ),
    Subject(
        "album, record, concert, recording",
        "A birthday present., Heard on a long drive., I know her early songs by heart.",
        "the singing, the drumming, the second half, the sound, the opening song, the lyrics",
        (
            "dull, noisy, tuneless, repetitive, lifeless, pretentious",
            "catchy, moving, fresh, lively, inventive, polished",
        ),
        (
            """every song sounds the same, the band could not keep time, the singer mumbles,
            there is not a tune in it""",
            """no two songs sound the same, the band never missed a beat,
            the singer means every word, there is not a weak song in it""",
        ),
        (
            """I turned it off, I could not hum a bar of it, I skipped most of it,
            I will not listen again""",
            """I turned it up, I cannot stop humming it, I did not skip a song,
            I have listened to nothing else since""",
        ),
    ),
    Subject(
        "game, puzzle, board game, adventure",
        "Played with my cousins., We tried it on a rainy Sunday., Four players.",
        "the story, the artwork, the music, the last level, the rule book, the pace",
        (
            "boring, repetitive, confusing, unfair, tedious, frustrating",
            "exciting, inventive, clever, fair, addictive, entertaining",
        ),
        (
            """the rules contradict each other, it crashes at every corner, luck decides everything,
            my children yawned, half the pieces were missing""",
            """the rules are clear in a minute, it never crashed, luck decides nothing,
            my children cheered, not a piece was missing""",
        ),
        (
            """we stopped after one round, I deleted it, we never opened the box again,
            I was glad when it ended""",
            """we played until midnight, I could not stop, we have not put the box away since,
            I was sorry when it ended""",
        ),
    ),
    Subject(
        "museum, exhibition, castle, gallery",
        "We took the children., Our second visit., We went in the rain.",
        "the guide, the café, the collection, the garden, the audio guide, the layout",
        (
            "crowded, dusty, overpriced, dull, badly lit, confusing",
            "fascinating, well kept, peaceful, surprising, charming, inviting",
        ),
        (
            """half the rooms were closed, nobody explained anything, we queued for two hours,
            the children begged to leave""",
            """every room was open, everything was explained, we did not queue at all,
            the children refused to leave""",
        ),
        (
            """we were out within ten minutes, I learnt nothing, I would not go for free,
            we wasted an afternoon""",
            """we stayed until it closed, I learnt a great deal, I would pay twice as much,
            we did not regret a minute""",
        ),
    ),
    Subject(
        "course, lecture, workshop, seminar",
        "It ran for six weeks., There were twelve of us., My employer paid for it.",
        "the teacher, the material, the pace, the last session, the homework, the handbook",
        (
            "confusing, tedious, useless, badly prepared, shallow, slow",
            "inspiring, useful, clear, well prepared, thorough, entertaining",
        ),
        (
            """no question was answered, the slides were ten years old, half of us dropped out,
            the teacher read from a sheet""",
            """no question was left open, the slides were up to date, not one of us dropped out,
            the teacher never needed notes""",
        ),
        (
            """I learnt nothing, I stopped going, I would not take it again, I dozed off,
            I threw my notes away""",
            """I learnt something every day, I did not miss an hour, I would take it again,
            I have already signed up for the next, I still use my notes""",
        ),
    ),
    Subject(
        "play, musical, opera, show",
        "Seats in the third row., The second night., We went with friends from work.",
        "the cast, the staging, the costumes, the last act, the orchestra, the leading lady",
        (
            "lifeless, dull, tedious, silly, pretentious, stiff",
            "gripping, funny, moving, lively, daring, joyful",
        ),
        (
            """half of the audience left, the actors forgot their lines, nobody clapped,
            the scenery wobbled, not a joke came across""",
            """nobody left before the end, the actors lived their parts,
            the applause went on and on, the scenery took my breath away, not a joke was lost""",
        ),
        (
            """I left at the interval, I struggled to stay awake, I counted the lamps,
            I would not go again""",
            """I could have stayed all night, I forgot the time, I wanted it never to end,
            I would go again tomorrow""",
        ),
    ),
]  # fmt: skip
OTHERS = "my sister, everyone, a friend, the critics, my neighbour, my brother, a colleague"

PLAIN = "{x}, really {x}, quite {x}, simply {x}, truly {x}, {x} and {x}"
DENIED = """not {y} at all, far from {y}, anything but {y}, never {y}, hardly {y},
    neither {y} nor {y}, not in the least {y}, by no means {y}, not {y}, not even slightly {y}"""

# How often, and how. Capitals speak for the verdict, small letters against it. Q: a quality, or the
# denial of its opposite; R: no denial. A: an adjective. C: a clause that settles it. S: one on a
# part only. O: who else has an opinion.
FRAMES = """\
3 I thought it would be {r}, but {C}.
2 I did not think that it would be {A}, but {C}.
2 I expected something {a}, but {C}.
2 I was sure that it would be {r}, but I was wrong: {C}.
1 I was sure that it would be {R}, and I was right.
2 {O} told me it was {q}, yet {C}.
2 {O} found it {r}. I did not: {C}.
1 {O} found it {r}, and I could not disagree more.
1 {O} found it {R}, and I could not agree more.
1 {O} said it was {q}, which is wrong.
1 {O} said it was {Q}, which is true.
2 At first sight it looked {r}, but {C}.
1 At first sight it did not look {A}, but {C}.
2 The last one was {q}, but this time {C}.
3 {s}, but {C}.
3 {s}, and yet {C}.
2 {s}. Still, {C}.
2 {s}; even so, {C}.
3 Although {s}, {C}.
2 Even though {s}, {C}.
3 {C}, although {s}.
2 {C}, even if {s}.
2 {C}, even though {s}.
2 {C}, and it does not matter that {s}.
1 It is true that {s}. What counts is that {C}.
1 What counts is that {C}, not that {s}.
1 Granted, {s}, but all in all it was {Q}.
2 It was {Q}, although {s}.
2 All in all it was {Q}, even if {s}.
2 I cannot say that it was {a}.
2 There was nothing {a} about it.
2 There was something {A} about it.
1 Nobody could call it {a}.
1 Nobody could deny that it was {A}.
1 I do not know who could find it {a}.
1 I am not one of those who found it {a}.
2 It was less {a} than I had thought.
2 It was more {A} than I had thought.
1 Was it {a}? Not at all.
1 Was it {A}? Very much so.
1 Is it {a}, as they say? No: {C}.
1 Is it {A}, as they say? Yes: {C}.
1 If you want something {a}, look elsewhere.
1 If you want something {A}, look no further.
1 Do not believe those who call it {a}.
1 Believe those who call it {A}.
1 It was too {A} to be called {a}.
2 Not {a}, as I had thought, but {A}.
2 It may sound {a}; it is {Q}.
1 {s} and {s}, but {C}.
2 The beginning was {q}, but the rest was {Q}.
1 The beginning was {Q}, and the rest was {Q} too.
14 It was {Q}.
14 {C}.
8 {S}, and {C}.
6 {S}. In short, {C}.
"""


def listed(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split(",")]


ALTERNATIVES = {
    frame: int(weight) for weight, _, frame in (line.partition(" ") for line in FRAMES.splitlines())
}
DENIALS = 0.25
"""The share of qualities that are said by denying their opposite."""
DETAILS = 0.1
"""The share of reviews that begin with a sentence that tells nothing."""


def sentence_case(text: str) -> str:
    return re.sub(r"(^|[.?!] )([a-z])", lambda found: found[1] + found[2].upper(), text)


class Reviewer:
    """Writes of one subject."""

    def __init__(self, subject: Subject, rng: random.Random) -> None:
        self.subject, self.rng = subject, rng

    def choose(self, text: str) -> str:
        return self.rng.choice(listed(text))

    def adjective(self, good: bool, *, whole: bool = True) -> str:
        own = whole and self.rng.random() < 0.5
        return self.choose((self.subject.adjectives if own else GENERAL)[good])

    def quality(self, good: bool, *, whole: bool = True, denied: bool | None = None) -> str:
        """Return an adjective, or the denial of its opposite."""
        if denied is None:
            denied = self.rng.random() < DENIALS
        text = self.choose(DENIED if denied else PLAIN)
        for letter, side in (("{x}", good), ("{y}", not good)):
            used: list[str] = []
            while letter in text:
                adjective = self.adjective(side, whole=whole)
                if adjective not in used:
                    used.append(adjective)
                    text = text.replace(letter, adjective, 1)
        return text

    def on_a_part(self, good: bool) -> str:
        if self.rng.random() < 0.4:
            return self.choose(self.subject.remarks[good])
        part = self.choose(self.subject.parts)
        return f"{part} {'were' if part.endswith('s') else 'was'} {self.quality(good, whole=False)}"

    def on_the_whole(self, good: bool) -> str:
        kind = self.rng.random()
        if kind < 0.4:
            return self.choose(self.subject.deeds[good])
        if kind < 0.8:
            name = self.rng.choice(("it", "it", f"the {self.choose(self.subject.names)}"))
            return f"{name} was {self.quality(good)}"
        if kind < 0.9:
            return f"I found it {self.adjective(good)}"
        return f"I did not find it {self.adjective(not good)}"

    def fill(self, frame: str, good: bool) -> str:
        slots = {
            "O": lambda side: self.choose(OTHERS),
            "R": lambda side: self.quality(side, denied=False),
            "Q": self.quality, "A": self.adjective, "C": self.on_the_whole, "S": self.on_a_part,
        }  # fmt: skip
        return re.sub(
            r"\{(\w)\}",
            lambda slot: slots[slot[1].upper()](good == slot[1].isupper()),
            frame,
        )

    def review(self, good: bool) -> str:
        [frame] = self.rng.choices(list(ALTERNATIVES), list(ALTERNATIVES.values()))
        opening = self.choose(self.subject.openings) + " " if self.rng.random() < DETAILS else ""
        return opening + sentence_case(self.fill(frame, good))


def drawn(rng: random.Random) -> Iterator[tuple[str, str]]:
    while True:
        good = rng.random() < 0.5
        yield Reviewer(rng.choice(SUBJECTS), rng).review(good), VERDICTS[good]


def pairs(rng: random.Random) -> Iterator[tuple[str, str]]:
    return distinct(drawn(rng), set())


if __name__ == "__main__":
    main(__doc__, pairs(random.Random(SEED)), PAIRS, UNSEEN)
