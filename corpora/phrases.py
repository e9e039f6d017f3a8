"""Write 10,300 English sentences and their French, by a grammar over a lexicon of some 170 words.

Each line is `English<TAB>French`. Articles, adjectives, participles and pronouns agree with their
noun, which may stand in another clause: `it` and `they` are what came before. `you` follows the
name of the person addressed, `tu` for the family and `vous` for others. The short common
adjectives stand before the noun. After a negation `de` stands for `un`, `des` and `du`.

Run it with: python corpora/phrases.py > corpora/phrases.tsv
and for 1,000 other sentences: python corpora/phrases.py --unseen > corpora/phrases-unseen.tsv
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pairs import distinct, main

SEED = 1066
PAIRS, UNSEEN = 10_300, 1_000

Words = list[str]
Sentence = tuple[Words, Words]
VOWELS = "aeiouyâàéèêëîïôœûùh"
ASPIRATE = {"hibou", "hiboux"}
ELIDED = {"je", "me", "ne", "le", "la", "de", "que"}
CONTRACTED = {"de le": "du", "de les": "des", "à le": "au", "à les": "aux"}

# English, its plural if irregular, French, its plural if irregular, gender.
NOUNS = {
    "person": """girl fille f, boy garçon m, woman/women femme f, man/men homme m, sister sœur f,
        brother frère m, mother mère f, father père m, king roi m, queen reine f,
        actress actrice f""",
    "animal": """dog chien m, cat chat m, horse cheval m, bird oiseau m, mouse/mice souris f,
        owl hibou/hiboux m, bee abeille f""",
    "text": "book livre m, letter lettre f, newspaper journal m",
    "clothes": "hat chapeau m, coat manteau m, dress robe f, shirt chemise f, shoe chaussure f",
    "thing": """key clé f, car voiture f, bicycle vélo m, table table f, chair chaise f,
        knife/knives couteau m, umbrella parapluie m, flower fleur f, box boîte f""",
    "food": "apple pomme f, orange orange f, egg œuf m, cake gâteau m, onion oignon m",
    "mass": "bread pain m, cheese fromage m, meat viande f, rice riz m",
    "drink": "milk lait m, water eau f, soup soupe f, coffee café m",
    "place": """house maison f, garden jardin m, school école f, church église f, hotel hôtel m,
        village village m, kitchen cuisine f, market marché m, river rivière f, tree arbre m""",
}

# English, French masculine, before a vowel if it differs, feminine; the first ones stand before.
BEFORE = """big grand grande, little petit petite, good bon bonne, bad mauvais mauvaise,
    beautiful beau/bel belle, old vieux/vieil vieille, new nouveau/nouvel nouvelle,
    young jeune jeune, pretty joli jolie, long long longue"""
BEHIND = """red rouge rouge, white blanc blanche, black noir noire, green vert verte,
    blue bleu bleue, grey gris grise, sad triste triste, happy heureux heureuse,
    tired fatigué fatiguée, sick malade malade, rich riche riche,
    dirty sale sale, heavy lourd lourde, expensive cher chère, dangerous dangereux dangereuse,
    strange étrange étrange, empty vide vide, cold froid froide, quiet calme calme,
    proud fier fière, French français française"""
SUITS = {
    "person": """little good beautiful old young pretty sad happy tired sick rich strange quiet
        proud French""",
    "animal": """big little beautiful old young white black grey sad happy tired sick dirty
        dangerous strange quiet""",
    "text": "good bad beautiful old new long sad strange French dangerous",
    "clothes": """big little beautiful old new pretty red white black green blue grey dirty
        expensive strange heavy""",
    "thing": """big little beautiful old new pretty red white black green blue grey dirty
        heavy expensive strange empty""",
    "food": "big little good bad red green expensive cold",
    "mass": "good bad expensive French",
    "drink": "good bad cold expensive French",
    "place": "big little beautiful old new pretty quiet empty dirty strange dangerous",
}
COLOURS = {"red", "white", "black", "green", "blue", "grey"}
ATTRIBUTIVE = {"new", "good", "bad"}
"""Adjectives that stand with a noun only: after `to be` French says it otherwise."""
SINGULAR = {"mother", "father", "king", "queen"}
"""Nouns of which one sentence has one."""
OWNED = {
    "person": "sister brother mother father",
    "animal": "dog cat horse",
    "place": "house garden school village kitchen",
}
"""Nouns of these kinds that take a possessive; those of other kinds all do."""
COMPARED = {
    "old": "older", "heavy": "heavier", "dirty": "dirtier", "sad": "sadder", "dangerous": "",
    "expensive": "", "strange": "stranger",
}  # fmt: skip
"""English comparatives; empty for those with `more`."""
REASONABLE = {"sad", "happy", "tired", "sick", "proud"}
"""Adjectives that a clause with `because` explains."""

# English, its past, French, and if irregular its present, the stem of its future, its participle.
IRREGULAR = {
    "voir": "vois vois voit voyons voyez voient verr vu",
    "vendre": "vends vends vend vendons vendez vendent vendr vendu",
    "perdre": "perds perds perd perdons perdez perdent perdr perdu",
    "entendre": "entends entends entend entendons entendez entendent entendr entendu",
    "acheter": "achète achètes achète achetons achetez achètent achèter acheté",
    "lire": "lis lis lit lisons lisez lisent lir lu",
    "écrire": "écris écris écrit écrivons écrivez écrivent écrir écrit",
    "ouvrir": "ouvre ouvres ouvre ouvrons ouvrez ouvrent ouvrir ouvert",
    "connaître": "connais connais connaît connaissons connaissez connaissent connaîtr connu",
    "prendre": "prends prends prend prenons prenez prennent prendr pris",
    "suivre": "suis suis suit suivons suivez suivent suivr suivi",
    "boire": "bois bois boit buvons buvez boivent boir bu",
    "dormir": "dors dors dort dormons dormez dorment dormir dormi",
    "rire": "ris ris rit rions riez rient rir ri",
    "partir": "pars pars part partons partez partent partir parti",
    "venir": "viens viens vient venons venez viennent viendr venu",
    "aller": "vais vas va allons allez vont ir allé",
    "avoir": "ai as a avons avez ont aur eu",
    "être": "suis es est sommes êtes sont ser été",
    "vouloir": "veux veux veut voulons voulez veulent voudr voulu",
    "pouvoir": "peux peux peut pouvons pouvez peuvent pourr pu",
    "devoir": "dois dois doit devons devez doivent devr dû",
}
FUTURE = ("ai", "as", "a", "ons", "ez", "ont")
WITH_FUTURE = (0, 2, 5)
"""Persons that the grammar puts into the future: `je`, `il`, `ils`."""
BY_ETRE = {"arriver", "partir", "venir", "aller", "tomber"}
TRANSITIVE = {
    "text clothes thing food person animal place": "see saw voir, find found trouver",
    "text clothes thing animal": "draw drew dessiner, lose lost perdre",
    "text thing food clothes": "take took prendre, hide hid cacher",
    "text clothes thing food mass animal": "buy bought acheter, sell sold vendre",
    "text": "read read lire, write wrote écrire",
    "food mass": "eat ate manger",
    "drink": "drink drank boire",
    "person animal": "hear heard entendre, follow followed suivre",
    "clothes thing": "wash washed laver",
}
STATIVE = {
    "text clothes person animal food place drink": "love loved aimer",
    "person place": "know knew connaître",
    "clothes": "wear wore porter",
    "thing animal text": "have had avoir",
}
"""Verbs that the grammar puts into the present and the future only."""
INTRANSITIVE = """sleep slept dormir, sing sang chanter, dance danced danser, work worked
    travailler, laugh laughed rire, swim swam nager, arrive arrived arriver, leave left partir,
    fall fell tomber"""
OPENING = "open opened ouvrir, close closed fermer"
OPENED = "door porte f, window fenêtre f, box boîte f, umbrella parapluie m"
MODALS = {"want to": "vouloir", "can": "pouvoir", "must": "devoir"}

WHEN = {
    "present": {"today": "aujourd'hui", "now": "maintenant", "every day": "tous les jours"},
    "past": {"yesterday": "hier", "last night": "hier soir"},
    "future": {"tomorrow": "demain", "tonight": "ce soir"},
}
HOW_OFTEN = {"often": "souvent", "always": "toujours", "sometimes": "parfois"}
WHERE = {
    "in": ["dans"], "behind": ["derrière"], "near": ["près", "de"],
}  # fmt: skip
ADDRESSED = [
    ("Mum", "Maman", "f", False), ("Dad", "Papa", "m", False), ("Sir", "Monsieur", "m", True),
    ("Madam", "Madame", "f", True),
]  # fmt: skip
POSSESSIVES = {
    "my": ("mon", "ma", "mes"), "her": ("son", "sa", "ses"), "our": ("notre", "notre", "nos"),
    "their": ("leur", "leur", "leurs"),
}  # fmt: skip
DETERMINERS = {
    "the": ("le", "la", "les"), "a": ("un", "une", ""), "some": ("", "", "des"),
    "this": ("ce", "cette", ""), "these": ("", "", "ces"),
    "two": ("", "", "deux"), "three": ("", "", "trois"),
    **POSSESSIVES,
}  # fmt: skip


def starts_with_vowel(word: str) -> bool:
    return word[0].lower() in VOWELS and word.strip(",") not in ASPIRATE


def plural(french: str) -> str:
    if french[-1] in "sxz":
        return french
    if french.endswith("al"):
        return french[:-2] + "aux"
    return french + ("x" if french.endswith("eau") else "s")


def with_s(english: str) -> str:
    if english.endswith("y") and english[-2] not in "aeiou":
        return english[:-1] + "ies"
    return english + ("es" if english.endswith(("s", "x", "ch", "sh")) else "s")


@dataclass(frozen=True)
class Noun:
    kind: str
    english: tuple[str, str]
    french: tuple[str, str]
    gender: str

    @classmethod
    def parse(cls, kind: str, entry: str) -> "Noun":
        english, french, gender = entry.split()
        en, _, ens = english.partition("/")
        fr, _, frs = french.partition("/")
        return cls(kind, (en, ens or with_s(en)), (fr, frs or plural(fr)), gender)


@dataclass(frozen=True)
class Adjective:
    english: str
    masculine: str
    before_vowel: str
    feminine: str
    is_before: bool

    @classmethod
    def parse(cls, entry: str, *, is_before: bool) -> "Adjective":
        english, masculine, feminine = entry.split()
        masculine, _, before_vowel = masculine.partition("/")
        return cls(english, masculine, before_vowel or masculine, feminine, is_before)

    def agreeing(self, gender: str, *, many: bool, following: str = "") -> str:
        if gender == "f":
            return self.feminine + "s" * many
        if many:
            return plural(self.masculine)
        vowel = following and starts_with_vowel(following)
        return self.before_vowel if vowel else self.masculine


@dataclass(frozen=True)
class Verb:
    english: str
    past: str
    french: str

    @classmethod
    def parse(cls, entry: str) -> "Verb":
        english, past, french = entry.split()
        return cls(english.partition("/")[0], past, french)

    @property
    def third(self) -> str:
        return {"have": "has"}.get(self.english, with_s(self.english))


def conjugated(french: str) -> tuple[Words, str, str]:
    """Return the six forms of the present, the stem of the future and the past participle."""
    if french in IRREGULAR:
        *present, future, participle = IRREGULAR[french].split()
        return present, future, participle
    stem = french.removesuffix("er")
    soft = "e" if stem.endswith("g") else ""  # nous mangeons
    endings = ("e", "es", "e", soft + "ons", "ez", "ent")
    return [stem + ending for ending in endings], french, stem + "é"


@dataclass(frozen=True)
class Phrase:
    """A subject or an object: its words in both languages, and what agrees with it.

    person: 0 to 5, `je` to `ils`. many: whether adjectives agree with it in the plural. gender:
    empty if the English does not say. kind: of its noun, empty for a pronoun.
    """

    english: Words
    french: Words
    person: int
    gender: str
    many: bool
    kind: str = ""

    @property
    def pronoun(self) -> "Phrase":
        """The pronoun that means this phrase later in the sentence."""
        if not self.kind:
            return replace(self, english=self.english[-1:], french=self.french[-1:])
        if self.many:
            english = "they"
        elif self.kind == "person":
            english = "she" if self.gender == "f" else "he"
        else:
            english = "it"
        french = ("elle" if self.gender == "f" else "il") + "s" * self.many
        return replace(self, english=[english], french=[french], kind="")

    @property
    def clitic(self) -> tuple[str, str]:
        """The pronoun of it as an object, in both languages."""
        if self.many:
            return "them", "les"
        french = "la" if self.gender == "f" else "le"
        if self.kind == "person":
            return ("her" if self.gender == "f" else "him"), french
        return "it", french


def entries(table: str) -> Words:
    return [" ".join(entry.split()) for entry in table.split(",")]


LEXICON = {
    kind: [Noun.parse(kind, entry) for entry in entries(table)] for kind, table in NOUNS.items()
}
OPENED_NOUNS = [Noun.parse("thing", entry) for entry in entries(OPENED)]
ADJECTIVES = {
    adjective.english: adjective
    for table, is_before in ((BEFORE, True), (BEHIND, False))
    for adjective in (Adjective.parse(entry, is_before=is_before) for entry in entries(table))
}


def verbs(table: dict[str, str]) -> list[tuple[Verb, Words]]:
    return [
        (Verb.parse(entry), kinds.split())
        for kinds, listed in table.items()
        for entry in entries(listed)
    ]


ACTIONS, STATES = verbs(TRANSITIVE), verbs(STATIVE)
MOVES = [Verb.parse(entry) for entry in entries(INTRANSITIVE)]
OPENINGS = [Verb.parse(entry) for entry in entries(OPENING)]
BE, GO, COME = (Verb(*words) for words in (("be", "was", "être"), ("go", "went", "aller"),
                                           ("come", "came", "venir")))  # fmt: skip
KNOWN = [
    verb
    for verb, _ in (*ACTIONS, *STATES)
    if verb.french in {"voir", "entendre", "suivre", "aimer", "connaître"}
]
PLACES = LEXICON["place"]


def written(words: Words, end: str) -> str:
    return " ".join(words)[0].upper() + " ".join(words)[1:] + end


def elided(words: Words) -> Words:
    """Return French words with elisions (`l'ami`) and contractions (`du`)."""
    out: Words = []
    for word in reversed(words):
        pair = f"{word} {out[0]}" if out else ""
        if word in ELIDED and out and starts_with_vowel(out[0]):
            out[0] = f"{word[:-1]}'{out[0]}"
        elif pair in CONTRACTED:
            out[0] = CONTRACTED[pair]
        else:
            out.insert(0, word)
    return out


def article(english: str) -> str:
    return "an" if english[0] in "aeiou" or english[0] == "I" else "a"


def noun_phrase(
    rng: random.Random, noun: Noun, *, negated: bool = False, bare: bool = False
) -> Phrase:
    """Return a noun with its determiner and adjectives.

    negated: it is the object of a negation. bare: without adjectives, and no `un`, `des` or number.
    """
    mass = noun.kind in ("mass", "drink")
    many = not mass and noun.english[0] not in SINGULAR and rng.random() < 0.35
    choices: tuple[str, ...]
    if mass:
        choices = ("the", "some", "my", "her")
    elif many:
        choices = ("the", "these", "some", "two", "three", *POSSESSIVES)
    else:
        choices = ("the", "the", "the", "this", "a", "a", "a", *POSSESSIVES)
    if noun.english[0] not in OWNED.get(noun.kind, noun.english[0]).split():
        choices = tuple(each for each in choices if each not in POSSESSIVES)
    if bare:
        choices = ("the", "the", "the", *(each for each in choices if each in {"my", "our"}))
    determiner = rng.choice(choices)
    suitable = [ADJECTIVES[name] for name in SUITS[noun.kind].split()]
    before = [rng.choice([each for each in suitable if each.is_before])] * (
        rng.random() < 0.1 * (not bare)
    )
    behind = [rng.choice([each for each in suitable if not each.is_before])] * (
        rng.random() < 0.1 * (not bare)
    )

    head = noun.french[many]
    in_front = [each.agreeing(noun.gender, many=many, following=head) for each in before]
    rest = [*in_front, head, *(each.agreeing(noun.gender, many=many) for each in behind)]
    french = DETERMINERS[determiner][2 if many else noun.gender == "f"]
    if starts_with_vowel(rest[0]):
        french = {"ma": "mon", "sa": "son", "ce": "cet"}.get(french, french)
    words = [french]
    if determiner in ("a", "some") and negated:
        words = ["de"]
    elif determiner == "some" and mass:
        words = ["de", "la" if noun.gender == "f" else "le"]
    elif determiner == "some" and before:
        words = ["de"]
    english = [*(each.english for each in (*before, *behind)), noun.english[many]]
    if determiner == "a":
        determiner = article(english[0])
    elif determiner == "some" and negated:
        determiner = "any"
    person = 5 if many else 2
    return Phrase([determiner, *english], [*words, *rest], person, noun.gender, many, noun.kind)


def pronoun(rng: random.Random) -> Phrase:
    """Return a pronoun; `you` with the person addressed."""
    name = rng.choice(("I", "he", "she", "we", "you"))
    if name == "you":
        english, french, gender, polite = rng.choice(ADDRESSED)
        word, person = ("vous", 4) if polite else ("tu", 1)
        return Phrase([f"{english},", "you"], [f"{french},", word], person, gender, many=False)
    french, person, gender = {
        "I": ("je", 0, ""), "he": ("il", 2, "m"), "she": ("elle", 2, "f"), "we": ("nous", 3, ""),
    }[name]  # fmt: skip
    return Phrase([name], [french], person, gender, many=name == "we")


def subject(rng: random.Random, *kinds: str) -> Phrase:
    if rng.random() < 0.5:
        return pronoun(rng)
    return noun_phrase(rng, rng.choice(LEXICON[rng.choice(kinds or ("person",))]), bare=True)


@dataclass(frozen=True)
class Way:
    """How a verb stands in its clause.

    negation: empty, `not` or `never`. often: an adverb of HOW_OFTEN. modal: one of MODALS.
    """

    tense: str = "present"
    negation: str = ""
    often: str = ""
    modal: str = ""


def way(rng: random.Random, verb: Verb, of: Phrase) -> Way:
    """Return a tense, a negation and an adverb that suit a verb and its subject."""
    tenses = ["present", "past", "future"]
    is_state = verb in [state for state, _ in STATES]
    if is_state or (verb.french in BY_ETRE and not of.gender):
        tenses.remove("past")
    if of.person not in WITH_FUTURE:
        tenses.remove("future")
    tense = rng.choice(tenses)
    if tense == "present" and not is_state and rng.random() < 0.2:
        often = rng.choice(list(HOW_OFTEN))
        return Way(tense, "" if often == "sometimes" else rng.choice(("", "", "not")), often)
    negation = rng.choice(("", "", "not"))
    if tense == "present" and rng.random() < 0.1:
        negation = "never"
    return Way(tense, negation)


def english_verb(verb: Verb, of: Phrase, how: Way) -> Words:
    """Return the English verb with its auxiliaries."""
    third = of.person == 2
    do = "does" if third else "do"
    negation = [how.negation] if how.negation else []
    often = [how.often] if how.often else []
    if how.modal == "want to":
        want = [do, "not", "want"] if negation else ["wants" if third else "want"]
        return [*want, "to", verb.english]
    if how.modal:
        modal = {"can": "cannot", "must": "must not"}[how.modal] if negation else how.modal
        return [modal, verb.english]
    if how.tense == "future":
        return ["will", *negation, *often, verb.english]
    if verb is BE:
        past = how.tense == "past"
        forms = ("was", "were", "was", "were") if past else ("am", "are", "is", "are")
        return [forms[min(of.person, 3)], *negation, *often]
    if how.negation == "not":
        return ["did" if how.tense == "past" else do, "not", *often, verb.english]
    present = verb.third if third else verb.english
    return [*negation, *often, verb.past if how.tense == "past" else present]


def french_verb(verb: Verb, of: Phrase, how: Way, clitic: Words) -> Words:
    """Return the French verb with `ne`, `pas`, its clitic, its auxiliary and its adverb."""
    present, future, participle = conjugated(MODALS[how.modal] if how.modal else verb.french)
    rest: Words = []
    if how.modal:
        form, rest, clitic = present[of.person], [*clitic, verb.french], []
    elif how.tense == "future":
        form = future + FUTURE[of.person]
    elif how.tense == "past" and verb is BE:
        form = ("étais", "étais", "était", "étions", "étiez", "étaient")[of.person]
    elif how.tense == "past":
        by_etre = verb.french in BY_ETRE
        form = conjugated("être" if by_etre else "avoir")[0][of.person]
        agreeing = ("e" if of.gender == "f" else "") + ("s" if of.many else "")
        rest = [participle + agreeing * by_etre]
    else:
        form = present[of.person]
    often = [HOW_OFTEN[how.often]] if how.often else []
    if not how.negation:
        return [*clitic, form, *often, *rest]
    return ["ne", *clitic, form, "jamais" if how.negation == "never" else "pas", *often, *rest]


def clause(
    of: Phrase, verb: Verb, how: Way, *, english: Words, french: Words, clitic: str = ""
) -> Sentence:
    """Return a subject, its verb, and what follows in both languages."""
    said = french_verb(verb, of, how, [clitic] if clitic else [])
    return [*of.english, *english_verb(verb, of, how), *english], [*of.french, *said, *french]


def join(first: Sentence, english: Words, french: Words, second: Sentence) -> Sentence:
    return [*first[0], *english, *second[0]], [*first[1], *french, *second[1]]


def with_comma(sentence: Sentence) -> Sentence:
    english, french = ([*words[:-1], words[-1] + ","] for words in sentence)
    return english, french


def when(rng: random.Random, how: Way) -> Sentence:
    """Return an adverb of time, sometimes."""
    if how.often or how.modal or how.negation == "never" or rng.random() < 0.85:
        return [], []
    english, french = rng.choice(list(WHEN[how.tense].items()))
    return [english], [french]


def quality(rng: random.Random, of: Phrase, kind: str, *others: str) -> tuple[str, str]:
    """Return an adjective as a predicate, one that shows no gender if the subject has none."""
    excluded = {*ATTRIBUTIVE, *others} | (COLOURS if COLOURS & set(others) else set())
    names = [name for name in SUITS[kind].split() if name not in excluded]
    found = [ADJECTIVES[name] for name in names]
    if not of.gender:
        found = [each for each in found if each.masculine == each.feminine]
    adjective = rng.choice(found)
    return adjective.english, adjective.agreeing(of.gender or "m", many=of.many)


def place(rng: random.Random, preposition: str = "") -> Sentence:
    english = preposition or rng.choice(list(WHERE))
    of = noun_phrase(rng, rng.choice(PLACES), bare=True)
    return [english, *of.english], [*WHERE[english], *of.french]


def deed(rng: random.Random, verb: Verb, kinds: Words, how: Way | None = None) -> Sentence:
    of = subject(rng)
    how = how or way(rng, verb, of)
    to = noun_phrase(rng, rng.choice(LEXICON[rng.choice(kinds)]), negated=bool(how.negation))
    english, french = when(rng, how)
    return clause(of, verb, how, english=to.english + english, french=to.french + french)


def action(rng: random.Random) -> Sentence:
    return deed(rng, *rng.choice(ACTIONS))


def state(rng: random.Random) -> Sentence:
    return deed(rng, *rng.choice(STATES))


def modal(rng: random.Random) -> Sentence:
    how = Way(negation=rng.choice(("", "", "not")), modal=rng.choice(list(MODALS)))
    return deed(rng, *rng.choice(ACTIONS), how)


def opening(rng: random.Random) -> Sentence:
    of, verb = subject(rng), rng.choice(OPENINGS)
    how = way(rng, verb, of)
    to = noun_phrase(rng, rng.choice(OPENED_NOUNS), bare=True)
    english, french = when(rng, how)
    return clause(of, verb, how, english=to.english + english, french=to.french + french)


def move(rng: random.Random) -> Sentence:
    verb = rng.choice(MOVES)
    of = subject(rng)
    how = way(rng, verb, of)
    english, french = when(rng, how) if rng.random() < 0.6 else place(rng)
    return clause(of, verb, how, english=english, french=french)


def way_to(rng: random.Random) -> Sentence:
    verb, english, french = rng.choice(((GO, "to", "à"), (COME, "from", "de")))
    of, goal = subject(rng), noun_phrase(rng, rng.choice(PLACES), bare=True)
    how = way(rng, verb, of)
    return clause(of, verb, how, english=[english, *goal.english], french=[french, *goal.french])


def being(rng: random.Random) -> Sentence:
    kind = rng.choice(("person", "person", "person", "animal", "text", "clothes", "thing", "food",
                       "place"))  # fmt: skip
    of = subject(rng, kind) if kind == "person" else noun_phrase(
        rng, rng.choice(LEXICON[kind]), bare=True)  # fmt: skip
    tenses = ("present", "present", "past", *(["future"] if of.person in WITH_FUTURE else []))
    how = Way(rng.choice(tenses), rng.choice(("", "", "not")))
    english, french = quality(rng, of, kind)
    degree = rng.choice((([], []), ([], []), (["very"], ["très"]), (["too"], ["trop"])))
    return clause(of, BE, how, english=[*degree[0], english], french=[*degree[1], french])


def location(rng: random.Random) -> Sentence:
    kind = rng.choice(("person", "animal", "text", "clothes", "thing", "food"))
    of = noun_phrase(rng, rng.choice(LEXICON[kind]), bare=True)
    how = Way(rng.choice(("present", "present", "past")), rng.choice(("", "", "not")))
    english, french = place(rng)
    return clause(of, BE, how, english=english, french=french)


def there_is(rng: random.Random) -> Sentence:
    kind = rng.choice(("person", "animal", "thing", "food", "mass", "drink"))
    negated = rng.random() < 0.3
    of = noun_phrase(rng, rng.choice(LEXICON[kind]), negated=negated)
    while of.english[0] not in ("a", "an", "some", "any", "two", "three"):
        of = noun_phrase(rng, rng.choice(LEXICON[kind]), negated=negated)
    english, french = place(rng)
    words = ["no", *of.english[1:]] if negated else of.english
    said = ["il", "ne", "y", "a", "pas"] if negated else ["il", "y", "a"]
    return ["there", "are" if of.many else "is", *words, *english], [*said, *of.french, *french]


def of_what_was_named(rng: random.Random) -> Sentence:
    """Return `The table is old, but it is beautiful`, or `... because they work`."""
    kind = rng.choice(("person", "animal", "clothes", "thing", "food", "place"))
    of = noun_phrase(rng, rng.choice(LEXICON[kind]), bare=True)
    how = Way(rng.choice(("present", "present", "past")), rng.choice(("", "not")))
    english, french = quality(rng, of, kind)
    first = clause(of, BE, how, english=[english], french=[french])
    if english in REASONABLE and kind == "person":
        how = replace(how, negation=rng.choice(("", "not")))
        second = clause(of.pronoun, rng.choice(MOVES), how, english=[], french=[])
        return join(first, ["because"], ["parce", "que"], second)
    english, french = quality(rng, of, kind, english)
    how = replace(how, negation="" if how.negation else rng.choice(("", "not")))
    second = clause(of.pronoun, BE, how, english=[english], french=[french])
    return join(with_comma(first), ["but"], ["mais"], second)


def clitic(rng: random.Random) -> Sentence:
    """Return `The girl sees the letter, but she does not read it`."""
    (one, _), (two, kinds) = rng.choice(ACTIONS[:2]), rng.choice(ACTIONS[2:])
    of, kind = subject(rng), rng.choice(kinds)
    to = noun_phrase(rng, rng.choice(LEXICON[kind]), bare=True)
    while of.kind and of.many and to.many:  # `they` would be either
        of = subject(rng)
    negation = rng.choice(("", "not"))
    first = with_comma(
        clause(of, one, Way(negation=negation), english=to.english, french=to.french)
    )
    tenses = ("present", "future") if of.person in WITH_FUTURE else ("present",)
    how = Way(rng.choice(tenses), "" if negation else "not")
    if rng.random() < 0.3:
        how = Way(negation=how.negation, modal=rng.choice(list(MODALS)))
    english, french = to.clitic
    second = clause(of.pronoun, two, how, english=[english], french=[], clitic=french)
    return join(first, ["but"], ["mais"], second)


def known(rng: random.Random) -> Sentence:
    """Return `He does not know me`."""
    of, verb = subject(rng), rng.choice(KNOWN)
    english, french = rng.choice((("him", "le"), ("her", "la"), ("them", "les"), ("me", "me"),
                                  ("us", "nous")))  # fmt: skip
    while of.person in (0, 3) and english in ("me", "us"):
        of = subject(rng)
    tenses = ("present", "future") if of.person in WITH_FUTURE else ("present",)
    how = Way(rng.choice(tenses), rng.choice(("", "not", "never")))
    if how.tense == "future" and how.negation:
        how = replace(how, negation="not")
    return clause(of, verb, how, english=[english], french=[], clitic=french)


def comparison(rng: random.Random) -> Sentence:
    kind = rng.choice(("person", "animal", "clothes", "thing", "place"))
    of, than = (noun_phrase(rng, noun, bare=True) for noun in rng.sample(LEXICON[kind], 2))
    name = rng.choice([each for each in SUITS[kind].split() if each in COMPARED])
    french = ADJECTIVES[name].agreeing(of.gender, many=of.many)
    english = [COMPARED[name]] if COMPARED[name] else ["more", name]
    how = Way(negation=rng.choice(("", "", "not")))
    return clause(of, BE, how, english=[*english, "than", *than.english],
                  french=["plus", french, "que", *than.french])  # fmt: skip


def owner(rng: random.Random) -> Sentence:
    """Return `The baker's dog is tired`."""
    by = noun_phrase(rng, rng.choice(LEXICON["person"]), bare=True)
    while by.many:
        by = noun_phrase(rng, rng.choice(LEXICON["person"]), bare=True)
    kind = rng.choice(("animal", "clothes", "thing"))
    noun, many = rng.choice(LEXICON[kind]), rng.random() < 0.35
    french = ["les"] if many else ["la" if noun.gender == "f" else "le"]
    of = Phrase([*by.english[:-1], by.english[-1] + "'s", noun.english[many]],
                [*french, noun.french[many], "de", *by.french], 5 if many else 2, noun.gender, many,
                kind)  # fmt: skip
    english, found = quality(rng, of, kind)
    how = Way(rng.choice(("present", "past")), rng.choice(("", "not")))
    return clause(of, BE, how, english=[english], french=[found])


def where(rng: random.Random) -> Sentence:
    kind = rng.choice(("person", "animal", "text", "clothes", "thing", "place"))
    of = noun_phrase(rng, rng.choice(LEXICON[kind]), bare=True)
    many = of.many
    return ["where", "are" if many else "is", *of.english], [
        "où",
        "sont" if many else "est",
        *of.french,
    ]


def whether(rng: random.Random) -> Sentence:
    """Return `Mum, do you see the cat?`."""
    verb, kinds = rng.choice((*ACTIONS, *STATES))
    of = subject(rng)
    to = noun_phrase(rng, rng.choice(LEXICON[rng.choice(kinds)]), bare=True)
    future = of.person in WITH_FUTURE and rng.random() < 0.3
    auxiliary = "will" if future else "does" if of.person == 2 else "do"
    said = french_verb(verb, of, Way("future" if future else "present"), [])
    named = len(of.english) - 1 if not of.kind else 0
    return (
        [*of.english[:named], auxiliary, *of.english[named:], verb.english, *to.english],
        [*of.french[:named], "est-ce", "que", *of.french[named:], *said, *to.french],
    )


KINDS: dict[Callable[[random.Random], Sentence], int] = {
    action: 20, state: 8, modal: 8, opening: 4, move: 14, way_to: 6, being: 10, location: 6,
    there_is: 6, of_what_was_named: 7, clitic: 5, known: 5, comparison: 3, owner: 4, where: 3,
    whether: 7,
}  # fmt: skip
"""Frames of sentences, and how often each is drawn."""


def drawn(rng: random.Random) -> Iterator[tuple[str, str]]:
    while True:
        [kind] = rng.choices(list(KINDS), list(KINDS.values()))
        english, french = kind(rng)
        asked = kind in (where, whether)
        yield (
            written(english, "?" if asked else "."),
            written(elided(french), " ?" if asked else "."),
        )


def pairs(rng: random.Random) -> Iterator[tuple[str, str]]:
    return distinct(drawn(rng), set())


if __name__ == "__main__":
    main(__doc__, pairs(random.Random(SEED)), PAIRS, UNSEEN)
