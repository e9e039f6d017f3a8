"""Write 7,000 sentences as they sound, in ARPAbet, and as they are spelt.

Each line is `sounds<TAB>spelling`: the phonemes of a word joined by hyphens, as in `N-AY-T`, which
is night or knight. Every sentence has a word of one of 53 such groups, and only the rest of the
sentence says which of the two it is. Each of the two has frames of its own, and the first of them
is drawn at 55 %.

Run it with: python corpora/sounds.py > corpora/sounds.tsv
and for 1,000 other sentences: python corpora/sounds.py --unseen > corpora/sounds-unseen.tsv
"""

import random
from collections.abc import Iterator

from pairs import main

SEED = 1971
PAIRS, UNSEEN = 7_000, 1_000
FIRST = 0.55
"""The share of the first word of a group."""

# Of each word: frames in which it stands and the other one cannot. W: a person; H: his or her.
FRAMES = """
write: W will write a letter; W can write a long story; please write it down; W wants to write a
    book
right: W gave the right answer; W must turn right at the bridge; W was right; that is the right
    door
there: there is a cat in the garden; W was there; W will wait over there; there was a lamp on
    the table
their: W saw their car; their house is old; W painted their door; W lost their ball
new: W has a new coat; the new car is fast; W got a new lamp; W wants a new bike
knew: W knew the answer; W knew that it was late; W knew what to do; nobody knew the way
here: W came here; W is here; please come here; W slept here
hear: W can hear the music; W could not hear the bell; did W hear that; W wants to hear a song
see: W can see the moon; did W see the film; W could see nothing; W wants to see the garden
sea: W swam in the sea; the sea was cold; the boat is out at sea; W loves the sea
sun: the sun was hot; W sat in the sun; the sun came up; clouds hid the sun
son: W has a son and a daughter; the king has a son; W sent H son to school; her son is ten
    years old
meat: W likes meat; the dog loves meat; W cooked the meat; W put meat in the soup
meet: W will meet my friend; W wants to meet the king; they meet at the station; nice to meet W
flower: W picked a flower; the bee found a flower; W drew a flower; a flower grew in the garden
flour: W put flour in the cake; the baker needs flour and butter; bread needs flour and water; W
    mixed the flour with milk
night: W slept all night; the owl flies at night; it was a dark night; W worked day and night
knight: the knight has a sword; the king called a knight; the knight fought the dragon; W played
    a brave knight
mail: W opened the mail; the letter came in the mail; W reads the mail; there is mail in the box
male: a rooster is a male bird; the male lion has long hair; W drew a male duck; the male nurse
    helped W
pair: W got a pair of shoes; W lost a pair of gloves; W wore a pair of boots; they danced as a
    pair
pear: W got a ripe pear; a pear is a sweet fruit; W cut the pear in half; a pear fell from the
    tree
sale: the house is on sale; W went to a sale in the shop; that old car is not on sale; W found
    the coat in a sale
sail: W will sail across the lake; the boat has a white sail; W can sail a boat; they sail to
    the island
tail: the dog wagged his tail; the cat has a long tail; the fish lost its tail; W pulled the
    tail of the donkey
tale: W told a tale of a dragon; the old tale made W laugh; W loves a fairy tale; the tale has a
    happy end
wait: W must wait in the hall; please wait at the station; W could not wait; W had to wait in
    the rain
weight: W lost weight; the weight of the box is ten pounds; W put on weight; the ship sank under
    its weight
week: W stayed a week; next week W will sing; W came back last week; the week has seven days
weak: W felt weak and ill; the old king was weak; the tea is very weak; the lamp gave a weak
    light
would: W would help; would W come; W said that it would snow; W would like some tea
wood: the table is made of wood; W cut wood in the forest; W put wood on the fire; the box is
    made of dark wood
whole: W took the whole cake; W slept the whole day; the whole town came; W read the whole book
hole: W dug a hole in the garden; the mouse ran to its hole; there was a hole in the roof; W
    found a hole in H coat
one: W has one sister; one of them was late; W found only one egg; there was one chair in the
    hall
won: W won the game; my team won the cup; W won a gold coin; the king won the prize
eight: W has eight cats; a spider has eight legs; eight men came to dinner; W slept eight hours
ate: W ate an egg; the cat ate the mouse; the children ate soup; W ate dinner at home
blue: the sky is blue; W wore a blue coat; W painted the door blue; the boat is blue and white
blew: the wind blew hard; W blew the candle out; the storm blew the roof off; W blew a horn
red: the apple is red; W has a red car; W wore a red hat; the door is red and white
read: W read the letter aloud; W has read the whole story; yesterday W read a book; W read a
    poem to the class
road: the road was wet; W walked along the road; a dog ran across the road; W lives on a quiet
    road
rode: W rode a horse; W rode a bike to school; the knight rode across the land; they rode on a
    donkey
bear: W saw a big brown bear; the bear slept in a cave; a bear loves honey; the bear ran after W
bare: W walked with bare feet; the tree was bare; the room was cold and bare; W sat on the bare
    floor
break: W did not want to break the cup; W took a short break; the glass will break; did W break
    the lamp
brake: W hit the brake and the car stopped; the bike has a bad brake; W pulled the brake; the
    brake of the car was stuck
plane: W took the plane to Paris; the plane landed late; W saw a plane in the sky; the plane
    flew above the clouds
plain: W wore a plain dress; W likes plain food; the truth is plain; the answer was plain to W
piece: W got a piece of cake; W lost a piece of the puzzle; a piece of glass fell down; W took a
    piece of bread
peace: W wants peace and quiet; after the storm came peace; the old kings want peace; W wants to
    sleep in peace
steal: W did not steal the ring; the thief tried to steal a car; a fox came to steal a hen; it
    is bad to steal
steel: the bridge is made of steel; W got a steel knife; the ship has a steel door; steel is a
    hard metal
wear: W will wear a coat; W likes to wear a hat; what did W wear; W must wear gloves
where: where did W go; W knows where the key is; where is the station; nobody knows where W
    lives
hair: W has long hair; W cut H hair; W washed H hair; the doll has black hair
hare: the dog chased a hare; the hare ran across the field; a fox caught the hare; the hare hid
    in the grass
dear: W wrote to a dear friend; my dear friend W is ill; W is very dear to me; come in my dear
    child
deer: the deer ran to the forest; W saw a deer in the field; the wolf chased the deer; a young
    deer drank from the lake
die: the plant will die without water; the old king will die; the hero must die at the end; the
    fish will die on land
dye: W will dye H dress green; W put green dye in the water; W wants to dye the wool; the dye
    turned my hands green
sell: W will sell the house; W wants to sell H car; they sell bread and milk; W had to sell the
    farm
cell: the thief sat in a cell; the monk lives in a small cell; W was locked in a cell; the cell
    has no window
sent: W sent a letter; the king sent a ship; W sent me to the shop; W was sent to school
cent: W has not a cent left; the sweet costs one cent; W paid every cent; W found a cent on the
    floor
guest: W was a guest at the hotel; the guest slept in my room; every guest got a present; W came
    as a guest
guessed: W guessed the answer; nobody guessed the truth; W guessed that it was late; the teacher
    guessed the right number
missed: W missed the train; W missed the bus; the arrow missed W; W missed H old friend
mist: the hill was hidden in mist; W got lost in the mist; a cold mist came from the lake; the
    ship came out of the mist
passed: W passed the test; W passed the salt; the days passed quickly; the bus passed W
past: W walked past the church; the train went past the station; it is half past ten; W ran past
    the school
through: W went through the door; the train came through the tunnel; W looked through the
    window; they walked through the forest
threw: W threw the ball; the boy threw a stone; W threw the letter on the fire; the horse threw
    W off
route: the bus took the short route; the bus has a new route; W lost the route in the snow; the
    ship left its route
root: the root of the tree is deep; W dug up a root and some leaves; the plant has a long root;
    W pulled the plant out by its root
rain: W walked in the rain; the rain fell all day; after the rain came the sun; W got wet in the
    rain
reign: the reign of the king was long; the queen will reign wisely; under the reign of the queen
    came peace; the old king had a happy reign
main: the main door is open; W lives on the main road; W sat in the main hall; the main thing is
    to win
mane: the lion has a long mane; W brushed the mane of the horse; the horse shook its mane; the
    wind blew through the mane of the horse
made: W made a cake; the table is made of glass; W made a mistake; W was made to wait
maid: the maid cleaned the room; the queen called the maid; the maid brought W some tea; W asked
    the maid to open the window
board: W wrote it on the board; W cut a long board with a saw; there was a board on the wall;
    the teacher cleaned the board
bored: W was bored and went home; the children are bored; the long film bored W; W felt bored at
    school
find: W could not find the key; W wants to find the truth; did W find the cat; please find my
    glove
fined: the judge fined W ten pounds; the police fined W; the police fined the driver; the driver
    was fined ten pounds
heal: the wound will heal quickly; the doctor can heal W; my arm did not heal; the doctor tried
    to heal the child
heel: W hurt H heel on a stone; the shoe has a high heel; the dog bit W in the heel; W broke the
    heel of H shoe
no: W has no money; there was no milk; no bird can speak; W saw no light
know: W did not know the way; does W know my name; W wants to know the truth; they know W very
    well
by: W sat by the fire; the book was written by W; W came by train; W was bitten by a dog
buy: W will buy a house; W wants to buy some bread; did W buy the ring; W had to buy a ticket
be: W will be late; it must be cold; W wants to be a doctor; the child will be tall
bee: a bee stung W; the bee likes honey; W is afraid of a bee; a bee landed on the rose
for: W cooked dinner for me; the letter is for W; W worked for the king; thank you for the book
four: W has four cats; a horse has four legs; four men came to dinner; the table has four legs
our: W saw our house; our dog is old; W lives in our town; W found our key
hour: W slept an hour; the film took an hour; W came an hour early; the train leaves in an hour
toe: W hurt H big toe; W broke a toe; the stone fell on my toe; a crab bit W in the toe
tow: the truck will tow the car; W had to tow the boat; W can tow the car to town; they tow the
    ship to land
stairs: W ran up the stairs; W fell down the stairs; the stairs are old; W sat on the stairs
stares: W stares at the wall; the child stares at W; the owl stares at the mouse; W sits and
    stares at the fire
waste: it is a waste of time; W did not waste any money; do not waste food; the plan was a waste
    of money
waist: W wore a belt around H waist; the water came up to my waist; W has a slim waist; the
    dress is tight at the waist
berry: W picked a sweet berry; the bird found a berry; W lost a berry in the grass; a berry is a
    small fruit
bury: the dog will bury the bone; W wants to bury the treasure; they will bury the old king; W
    had to bury the bird
"""

WHO = {
    "Anna": "her", "Tom": "his", "Peter": "his", "Maria": "her", "David": "his", "Lucy": "her",
    "Robert": "his", "Emma": "her", "my uncle": "his", "my sister": "her", "the farmer": "his",
    "the old man": "his", "the girl": "her", "my brother": "his", "the queen": "her",
    "the boy": "his",
}  # fmt: skip
WHEN = ("today", "on Monday", "in the morning", "after lunch", "in winter")
TIMED = 0.35
"""The share of sentences about what a person does that say when."""
STATES = {"has", "is", "was", "are", "likes", "loves", "lives", "must"}
"""Verbs of sentences that do not."""
REPORTS = ("said", "heard", "thinks")
REPORTED = 0.6
"""The share of statements about no person that one makes."""
REPORTABLE = {"the", "a", "an", "my", "our", "there", "they", "it", "nobody", "every"}
"""First words of statements."""

WORDS = """
a AH, above AH-B-AH-V, across AH-K-R-AO-S, afraid AH-F-R-EY-D, after AE-F-T-ER, all AO-L,
along AH-L-AO-NG, aloud AH-L-AW-D, an AE-N, and AE-N-D, Anna AE-N-AH, answer AE-N-S-ER,
any EH-N-IY, apple AE-P-AH-L, are AA-R, arm AA-R-M, around ER-AW-N-D, arrow AE-R-OW, as AE-Z,
asked AE-S-K-T, at AE-T, ate EY-T, back B-AE-K, bad B-AE-D, baker B-EY-K-ER, ball B-AO-L,
bare B-EH-R, be B-IY, bear B-EH-R, bee B-IY, bell B-EH-L, belt B-EH-L-T, berry B-EH-R-IY,
big B-IH-G, bike B-AY-K, bird B-ER-D, bit B-IH-T, bitten B-IH-T-AH-N, black B-L-AE-K,
blew B-L-UW, blue B-L-UW, board B-AO-R-D, boat B-OW-T, bone B-OW-N, book B-UH-K, boots B-UW-T-S,
bored B-AO-R-D, box B-AA-K-S, boy B-OY, brake B-R-EY-K, brave B-R-EY-V, bread B-R-EH-D, break
B-R-EY-K, bridge B-R-IH-JH, broke B-R-OW-K, brother B-R-AH-DH-ER, brought B-R-AO-T, brown
B-R-AW-N, brushed B-R-AH-SH-T, bury B-EH-R-IY, bus B-AH-S, butter B-AH-T-ER, buy B-AY, by B-AY,
cake K-EY-K, called K-AO-L-D, came K-EY-M, can K-AE-N, candle K-AE-N-D-AH-L, car K-AA-R, cat
K-AE-T, cats K-AE-T-S, caught K-AO-T, cave K-EY-V, cell S-EH-L, cent S-EH-N-T, chair CH-EH-R,
chased CH-EY-S-T, child CH-AY-L-D, children CH-IH-L-D-R-AH-N, church CH-ER-CH, class K-L-AE-S,
cleaned K-L-IY-N-D, clouds K-L-AW-D-Z, coat K-OW-T, coin K-OY-N, cold K-OW-L-D, come K-AH-M,
cooked K-UH-K-T, costs K-AO-S-T-S, could K-UH-D, crab K-R-AE-B, cup K-AH-P, cut K-AH-T, danced
D-AE-N-S-T, dark D-AA-R-K, daughter D-AO-T-ER, David D-EY-V-IH-D, day D-EY, days D-EY-Z, dear
D-IH-R, deep D-IY-P, deer D-IH-R, did D-IH-D, die D-AY, dinner D-IH-N-ER, do D-UW, doctor
D-AA-K-T-ER, does D-AH-Z, dog D-AO-G, doll D-AA-L, donkey D-AA-NG-K-IY, door D-AO-R, down
D-AW-N, dragon D-R-AE-G-AH-N, drank D-R-AE-NG-K, dress D-R-EH-S, drew D-R-UW, driver
D-R-AY-V-ER, duck D-AH-K, dug D-AH-G, dye D-AY, early ER-L-IY, egg EH-G, eight EY-T, Emma
EH-M-AH, end EH-N-D, every EH-V-ER-IY, fairy F-EH-R-IY, farm F-AA-R-M, farmer F-AA-R-M-ER, fast
F-AE-S-T, feet F-IY-T, fell F-EH-L, felt F-EH-L-T, field F-IY-L-D, film F-IH-L-M, find F-AY-N-D,
fined F-AY-N-D, fire F-AY-ER, fish F-IH-SH, flew F-L-UW, flies F-L-AY-Z, floor F-L-AO-R, flour
F-L-AW-ER, flower F-L-AW-ER, food F-UW-D, for F-AO-R, forest F-AO-R-AH-S-T, fought F-AO-T, found
F-AW-N-D, four F-AO-R, fox F-AA-K-S, friend F-R-EH-N-D, from F-R-AH-M, fruit F-R-UW-T, game
G-EY-M, garden G-AA-R-D-AH-N, gave G-EY-V, girl G-ER-L, glass G-L-AE-S, glove G-L-AH-V, gloves
G-L-AH-V-Z, go G-OW, gold G-OW-L-D, got G-AA-T, grass G-R-AE-S, green G-R-IY-N, grew G-R-UW,
guessed G-EH-S-T, guest G-EH-S-T, had HH-AE-D, hair HH-EH-R, half HH-AE-F, hall HH-AO-L, hands
HH-AE-N-D-Z, happy HH-AE-P-IY, hard HH-AA-R-D, hare HH-EH-R, has HH-AE-Z, hat HH-AE-T, heal
HH-IY-L, hear HH-IY-R, heard HH-ER-D, heel HH-IY-L, help HH-EH-L-P, helped HH-EH-L-P-T,
hen HH-EH-N, her HH-ER, here HH-IY-R, hero HH-IH-R-OW, hid HH-IH-D, hidden HH-IH-D-AH-N,
high HH-AY, hill HH-IH-L, his HH-IH-Z, hit HH-IH-T, hole HH-OW-L, home HH-OW-M,
honey HH-AH-N-IY, horn HH-AO-R-N, horse HH-AO-R-S, hot HH-AA-T, hotel HH-OW-T-EH-L, hour AW-ER,
hours AW-ER-Z, house HH-AW-S, hurt HH-ER-T, ill IH-L, in IH-N, is IH-Z, island AY-L-AH-N-D,
it IH-T, its IH-T-S, judge JH-AH-JH, key K-IY, king K-IH-NG, kings K-IH-NG-Z, knew N-UW,
knife N-AY-F, knight N-AY-T, know N-OW, knows N-OW-Z, lake L-EY-K, lamp L-AE-M-P, land L-AE-N-D,
landed L-AE-N-D-IH-D, last L-AE-S-T, late L-EY-T, laugh L-AE-F, leaves L-IY-V-Z, left L-EH-F-T,
legs L-EH-G-Z, letter L-EH-T-ER, light L-AY-T, like L-AY-K, likes L-AY-K-S, lion L-AY-AH-N,
lives L-IH-V-Z, locked L-AA-K-T, long L-AO-NG, looked L-UH-K-T, lost L-AO-S-T, loves L-AH-V-Z,
Lucy L-UW-S-IY, lunch L-AH-N-CH, made M-EY-D, maid M-EY-D, mail M-EY-L, main M-EY-N,
male M-EY-L, man M-AE-N, mane M-EY-N, Maria M-ER-IY-AH, me M-IY, meat M-IY-T, meet M-IY-T,
men M-EH-N, metal M-EH-T-AH-L, milk M-IH-L-K, missed M-IH-S-T, mist M-IH-S-T,
mistake M-IH-S-T-EY-K, mixed M-IH-K-S-T, Monday M-AH-N-D-IY, money M-AH-N-IY, monk M-AH-NG-K,
moon M-UW-N, morning M-AO-R-N-IH-NG, mouse M-AW-S, music M-Y-UW-Z-IH-K, must M-AH-S-T, my M-AY,
name N-EY-M, needs N-IY-D-Z, new N-UW, next N-EH-K-S-T, nice N-AY-S, night N-AY-T, no N-OW,
nobody N-OW-B-AA-D-IY, not N-AA-T, nothing N-AH-TH-IH-NG, number N-AH-M-B-ER, nurse N-ER-S,
of AH-V, off AO-F, old OW-L-D, on AA-N, one W-AH-N, only OW-N-L-IY, open OW-P-AH-N,
opened OW-P-AH-N-D, our AW-ER, out AW-T, over OW-V-ER, owl AW-L, paid P-EY-D,
painted P-EY-N-T-IH-D, pair P-EH-R, Paris P-EH-R-IH-S, passed P-AE-S-T, past P-AE-S-T,
peace P-IY-S, pear P-EH-R, Peter P-IY-T-ER, picked P-IH-K-T, piece P-IY-S, plain P-L-EY-N, plan
P-L-AE-N, plane P-L-EY-N, plant P-L-AE-N-T, played P-L-EY-D, please P-L-IY-Z, poem P-OW-AH-M,
police P-AH-L-IY-S, pounds P-AW-N-D-Z, present P-R-EH-Z-AH-N-T, prize P-R-AY-Z, pulled P-UH-L-D,
put P-UH-T, puzzle P-AH-Z-AH-L, queen K-W-IY-N, quickly K-W-IH-K-L-IY, quiet K-W-AY-AH-T, rain
R-EY-N, ran R-AE-N, read R-EH-D, reads R-IY-D-Z, red R-EH-D, reign R-EY-N, right R-AY-T, ring
R-IH-NG, ripe R-AY-P, road R-OW-D, Robert R-AA-B-ER-T, rode R-OW-D, roof R-UW-F, room R-UW-M,
rooster R-UW-S-T-ER, root R-UW-T, rose R-OW-Z, route R-UW-T, said S-EH-D, sail S-EY-L, sale
S-EY-L, salt S-AO-L-T, sank S-AE-NG-K, sat S-AE-T, saw S-AO, school S-K-UW-L, sea S-IY, see
S-IY, sell S-EH-L, sent S-EH-N-T, seven S-EH-V-AH-N, ship SH-IH-P, shoe SH-UW, shoes SH-UW-Z,
shook SH-UH-K, shop SH-AA-P, short SH-AO-R-T, sing S-IH-NG, sister S-IH-S-T-ER, sits S-IH-T-S,
sky S-K-AY, sleep S-L-IY-P, slept S-L-EH-P-T, slim S-L-IH-M, small S-M-AO-L, snow S-N-OW, some
S-AH-M, son S-AH-N, song S-AO-NG, soup S-UW-P, speak S-P-IY-K, spider S-P-AY-D-ER, stairs
S-T-EH-R-Z, stares S-T-EH-R-Z, station S-T-EY-SH-AH-N, stayed S-T-EY-D, steal S-T-IY-L, steel
S-T-IY-L, stone S-T-OW-N, stopped S-T-AA-P-T, storm S-T-AO-R-M, story S-T-AO-R-IY, stuck
S-T-AH-K, stung S-T-AH-NG, sun S-AH-N, swam S-W-AE-M, sweet S-W-IY-T, sword S-AO-R-D, table
T-EY-B-AH-L, tail T-EY-L, tale T-EY-L, tall T-AO-L, tea T-IY, teacher T-IY-CH-ER, team T-IY-M,
ten T-EH-N, test T-EH-S-T, thank TH-AE-NG-K, that DH-AE-T, the DH-AH, their DH-EH-R, them
DH-EH-M, there DH-EH-R, they DH-EY, thief TH-IY-F, thing TH-IH-NG, thinks TH-IH-NG-K-S,
threw TH-R-UW, through TH-R-UW, ticket T-IH-K-AH-T, tight T-AY-T, time T-AY-M, to T-UW,
today T-AH-D-EY, toe T-OW, told T-OW-L-D, Tom T-AA-M, took T-UH-K, tow T-OW, town T-AW-N,
train T-R-EY-N, treasure T-R-EH-ZH-ER, tree T-R-IY, tried T-R-AY-D, truck T-R-AH-K,
truth T-R-UW-TH, tunnel T-AH-N-AH-L, turn T-ER-N, turned T-ER-N-D, uncle AH-NG-K-AH-L,
under AH-N-D-ER, up AH-P, very V-EH-R-IY, wagged W-AE-G-D, waist W-EY-S-T, wait W-EY-T,
walked W-AO-K-T, wall W-AO-L, want W-AA-N-T, wants W-AA-N-T-S, was W-AA-Z, washed W-AA-SH-T,
waste W-EY-S-T, water W-AO-T-ER, way W-EY, weak W-IY-K, wear W-EH-R, week W-IY-K, weight W-EY-T,
well W-EH-L, went W-EH-N-T, wet W-EH-T, what W-AH-T, where W-EH-R, white W-AY-T, whole HH-OW-L,
will W-IH-L, win W-IH-N, wind W-IH-N-D, window W-IH-N-D-OW, winter W-IH-N-T-ER,
wisely W-AY-Z-L-IY, with W-IH-DH, without W-IH-TH-AW-T, wolf W-UH-L-F, won W-AH-N, wood W-UH-D,
wool W-UH-L, wore W-AO-R, worked W-ER-K-T, would W-UH-D, wound W-UW-N-D, write R-AY-T,
written R-IH-T-AH-N, wrote R-OW-T, years Y-IH-R-Z, yesterday Y-EH-S-T-ER-D-EY, you Y-UW,
young Y-AH-NG
"""
SOUNDS = dict(entry.split() for entry in WORDS.split(","))
"""Words and how they sound, in ARPAbet without stress, as Americans say them."""

GROUPS: dict[str, list[list[str]]] = {}
"""Of each sound the frames of its two words."""
for entry in FRAMES.strip().replace("\n    ", " ").splitlines():
    word, _, frames = entry.partition(": ")
    GROUPS.setdefault(SOUNDS[word], []).append(frames.split("; "))


def sentence(rng: random.Random, frames: list[str]) -> str:
    words = rng.choice(frames).split()
    if "W" in words:
        if not STATES & set(words) and rng.random() < TIMED:
            words += rng.choice(WHEN).split()
    elif words[0] in REPORTABLE and rng.random() < REPORTED:
        words = ["W", rng.choice(REPORTS), "that", *words]
    name = rng.choice(list(WHO))
    return " ".join({"W": name, "H": WHO[name]}.get(word, word) for word in words)


def pairs(rng: random.Random) -> Iterator[tuple[str, str]]:
    known: set[str] = set()
    while True:
        first, second = rng.choice(list(GROUPS.values()))
        frames = first if rng.random() < FIRST else second
        while (spelling := sentence(rng, frames)) in known:
            pass
        known.add(spelling)
        yield " ".join(SOUNDS[word] for word in spelling.split()), spelling


if __name__ == "__main__":
    main(__doc__, pairs(random.Random(SEED)), PAIRS, UNSEEN)
