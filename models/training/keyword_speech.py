"""Synthesised words and sentences (espeak-ng and flite) that join the recordings in training.

    python keyword_speech.py --work /tmp/keyword
"""
from __future__ import annotations

import argparse
import io
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import scipy.signal
import soundfile

ACCENTS = ("en-us", "en-gb", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-029", "en-gb-scotland")
VARIANTS = ("", "+f1", "+f2", "+f3", "+f4", "+f5", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+m7", "+klatt", "+croak")
HELD_OUT_VARIANTS = ("+f4", "+m6", "+klatt3")  # for keyword_evaluate.py
FLITE_VOICES = ("awb", "kal16", "slt")
HELD_OUT_FLITE_VOICE = "rms"  # says the sentences that thresholds are chosen on
WORDS = ("yes", "no", "up", "down")
CONFUSABLES = tuple("""go off know-how town snow yet nope yeah low so toe though nose note norm knee now noun round gown
    dawn done don brown drown sound cup pup puppy upper app ape top hop pub but bus us guess chess less yesterday jess
    yep year mess left right on stop cat bed happy one two three four five six seven eight nine zero hello window
    open closed lamp light music water time today tomorrow please thanks okay hey pump jump hub op ah uh oh""".split())
CLOSEST = ("go", "off", "on", "stop", "left", "right")  # said more often: few recordings of them, and they sound alike
CONFUSABLES = tuple(word for word in CONFUSABLES if word not in WORDS)
SENTENCES = tuple(line.strip() for line in """
    I would like a large coffee with milk please
    could you open the window in the kitchen
    the weather is going to be fine for most of the week
    she sold the old house around the corner last summer
    we are having dinner with our neighbours tonight
    the train leaves at half past seven from platform nine
    turn the lamp off and close the door
    he told me about the music that they played
    my brother lives in a small town near the lake
    there is some cream and sugar on the table
    make it a double shot espresso with caramel syrup
    how long does it take to drive to the airport
    put the books onto the shelf behind the sofa
    can I get a medium americano with two sugars
    the children were playing football after school
    please remind me to water the flowers
    that sounds like a great idea to me
    it costs twenty five dollars and ninety cents
    the cat jumped over the fence and ran away
    let us meet again on monday morning at eleven""".strip().splitlines())


COMMON = tuple("""the a of and to in is you that it he was for on are as with his they I at be this have from or one had by not
    but what all were we when your can said there use an each which she do how their if will other about out many then them these so
    some her would make like him into time has look two more write go see number way could people my than first water been call who
    oil its now find long day did get come made may part over new sound take only little work know place year live me back give most
    very after thing our just name good sentence man think say great where help through much before line right too mean old any same
    tell boy follow came want show also around form three small set put end does another well large must big even such because turn
    here why ask went men read need land different home us move try kind hand picture again change off play spell air away animal
    house point page letter mother answer found study still learn should world""".split())

# The four words as parts of longer ones, and inside sentences: there they are to be taken for other speech.
EMBEDDED = tuple("""americano piano volcano casino domino kimono november notice nobody nothing nowhere notebook nova normal
    northern nostalgia canopy economy upset upstairs upper uproar update upgrade upright cupboard buttercup ketchup syrup setup
    makeup pickup startup backup wake-up soup coupon downtown download downhill touchdown countdown sundown breakdown lockdown dawn-chorus
    downy yesterday yes-man yesteryear estimate essence jester yesses espresso access process express guesses dresses
    eyelash yelling yellow knowledge renown pronoun announce unknown snowdrop minnow window supper puppet""".split())
INSIDE = tuple(line.strip() for line in """
    please sit down on the chair
    pick up the phone and call me
    I have no idea what you mean
    she said yes to the offer right away
    there is no milk in the fridge
    walk down the road and turn left
    wake up early in the morning
    there are no more seats in the front row
    he looked up and smiled at us
    yes please with a little sugar
    no thanks I am fine
    let us go up to the second floor
    the lift goes down every ten minutes
    oh no not again
    up and down the hill all day
    a small americano with no sugar
    one cappuccino and one americano to go
    add two shots of vanilla syrup
    make that a double espresso with no foam
    I want an iced latte with caramel""".strip().splitlines())

# What is spelt, counted and read out: short, alone, and many of them with the vowels of the four words.
SPELT = tuple("""b c d f g h j k l m n o p q r s t u v w x y z dot dash plus minus star pound hash slash comma hours from for kilo tango
    echo golf ten eleven twelve hundred million first second third half am pm""".split())


def flite(text: str, voice: str, stretch: float, pitch_hz: float) -> np.ndarray:
    """int16 at 16 kHz."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        subprocess.run(["flite", "-voice", voice, "--setf", f"duration_stretch={stretch:.2f}",
                        "--setf", f"int_f0_target_mean={pitch_hz:.0f}", "-t", text, "-o", file.name], check=True)
        samples, rate = soundfile.read(file.name, dtype="int16")
    assert rate == 16000, voice
    return samples


def say(text: str, voice: str, speed: int, pitch: int) -> np.ndarray:
    """int16 at 16 kHz."""
    wave = subprocess.run(["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", text],
                          check=True, capture_output=True).stdout
    samples, rate = soundfile.read(io.BytesIO(wave), dtype="int16")
    resampled = scipy.signal.resample_poly(samples.astype(np.float64), 320, 441) if rate == 22050 else samples
    return np.clip(np.rint(resampled), -32768, 32767).astype(np.int16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(11)

    def voice() -> str:
        # Half plain en-us or en-gb: the voices that people meet first.
        accent = ACCENTS[rng.integers(2)] if rng.random() < 0.5 else ACCENTS[rng.integers(len(ACCENTS))]
        kept = [v for v in VARIANTS if v not in HELD_OUT_VARIANTS]
        return accent + kept[rng.integers(len(kept))]

    clips: list[np.ndarray] = []
    labels: list[str] = []
    jobs = [(word, word) for word in WORDS for _ in range(220)]
    jobs += [(word, "_unknown_") for word in CONFUSABLES for _ in range(9)]
    jobs += [(text, "_sentence_") for text in SENTENCES for _ in range(10)]
    jobs += [(word, "_unknown_") for word in CLOSEST for _ in range(50)]
    jobs += [(" ".join(rng.choice(COMMON, 8)), "_sentence_") for _ in range(300)]
    for text, label in jobs:
        clips.append(say(text, voice(), int(rng.integers(100, 230)), int(rng.integers(15, 90))))
        labels.append(label)
    jobs = [(word, word) for word in WORDS for _ in range(36)]
    jobs += [(word, "_unknown_") for word in CLOSEST for _ in range(12)] + [(word, "_unknown_") for word in CONFUSABLES]
    jobs += [(" ".join(rng.choice(COMMON, 8)), "_sentence_") for _ in range(100)]
    for text, label in jobs:
        clips.append(flite(text, str(rng.choice(FLITE_VOICES)), rng.uniform(0.8, 1.35), rng.uniform(85, 220)))
        labels.append(label)
    for text in (*SENTENCES, *(" ".join(rng.choice(COMMON, 8)) for _ in range(80))):
        clips.append(flite(text, HELD_OUT_FLITE_VOICE, 1.0, 110))
        labels.append("_validation_sentence_")
    # The held-out voices say the four words and some confusables, for a test of synthesised speech.
    for text in (*WORDS, "go", "off", "on", "left", "right", "stop"):
        for accent in ("en-us", "en-gb"):
            for variant in HELD_OUT_VARIANTS:
                for speed, pitch in ((130, 40), (160, 50), (190, 60)):
                    clips.append(say(text, accent + variant, speed, pitch))
                    labels.append(f"test:{text}")
        for accent in ACCENTS[:4]:  # the plain voice at the default speed and pitch, as in a demonstration
            clips.append(say(text, accent, 175, 50))
            labels.append(f"plain:{text}")
    jobs = [(word, "_unknown_") for word in EMBEDDED for _ in range(5)] + [(text, "_sentence_") for text in INSIDE for _ in range(16)]
    for text, label in jobs:
        clips.append(say(text, voice(), int(rng.integers(120, 230)), int(rng.integers(15, 90))))
        labels.append(label)
    for text, label in [(word, "_unknown_") for word in EMBEDDED] + [(text, "_sentence_") for text in INSIDE for _ in range(4)]:
        clips.append(flite(text, str(rng.choice(FLITE_VOICES)), rng.uniform(0.75, 1.2), rng.uniform(85, 220)))
        labels.append(label)

    def run_of_words() -> str:
        """Talk in which the words that sound like the four, or contain them, come between others."""
        return " ".join(rng.permutation([*rng.choice(COMMON, 4), *rng.choice(EMBEDDED, 2), *rng.choice(CONFUSABLES, 2)]))

    for _ in range(350):
        clips.append(say(run_of_words(), voice(), int(rng.integers(120, 240)), int(rng.integers(15, 90))))
        labels.append("_sentence_")
    for _ in range(120):
        clips.append(flite(run_of_words(), str(rng.choice(FLITE_VOICES)), rng.uniform(0.7, 1.2), rng.uniform(85, 220)))
        labels.append("_sentence_")
    for word in SPELT:
        for _ in range(8):
            clips.append(say(word, voice(), int(rng.integers(100, 230)), int(rng.integers(15, 90))))
        for _ in range(2):
            clips.append(flite(word, str(rng.choice(FLITE_VOICES)), rng.uniform(0.8, 1.35), rng.uniform(85, 220)))
        labels += ["_unknown_"] * 10
    np.savez(args.work / "synthesised.npz", samples=np.concatenate(clips), lengths=np.array([len(c) for c in clips]),
             labels=np.array(labels))
    print(f"{len(clips)} synthesised clips")


if __name__ == "__main__":
    main()
