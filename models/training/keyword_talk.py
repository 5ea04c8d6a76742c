"""Fetches talk to choose thresholds on: the announcements of Debian's asterisk-core-sounds-*-g722 (CC BY-SA 3.0 and CC BY 3.0), of a second and
a half or longer, in five languages. They take no part in training. Needs apt-get, dpkg-deb and ffmpeg.

    python keyword_talk.py --work /tmp/keyword
"""
from __future__ import annotations

import argparse
import gzip
import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np

LANGUAGES = ("en", "es", "fr", "it", "ru")
LEAST_SECONDS = 1.5
RATE = 16000
# One of the four words, or what sounds the same in another language; or no talk, as in "[sound of monkeys screaming]".
LEFT_OUT = re.compile(r"\b(yes|no|up|down)\b|\[", re.IGNORECASE)


def transcripts(folder: Path, language: str) -> dict[str, str]:
    """By the name of the recording, where there is one."""
    text = gzip.open(folder / f"usr/share/doc/asterisk-core-sounds-{language}/core-sounds-{language}.txt.gz", "rt", errors="replace").read()
    return {name.strip(): said for name, colon, said in (line.partition(":") for line in text.splitlines()) if colon and not name.startswith(";")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    clips, labels, files = [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        packages = [f"asterisk-core-sounds-{language}{form}" for language in LANGUAGES for form in ("", "-g722")]
        subprocess.run(["apt-get", "download", *packages], cwd=folder, check=True)
        for package in sorted(folder.glob("*.deb")):
            subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
        for language in LANGUAGES:
            said = transcripts(folder, language)
            voice = next((folder / "usr/share/asterisk/sounds").glob(f"{language}_*_*"))
            for file in sorted(voice.rglob("*.g722")):
                recording = str(file.relative_to(voice).with_suffix(""))
                if recording.startswith("silence/") or LEFT_OUT.search(said.get(recording, "")):
                    continue
                decode = ["ffmpeg", "-nostdin", "-v", "error", "-f", "g722", "-i", file, "-f", "s16le", "-ac", "1", "-ar", str(RATE), "-"]
                raw = subprocess.run(decode, check=True, capture_output=True).stdout
                samples = np.frombuffer(raw, "<i2")
                if len(samples) >= LEAST_SECONDS * RATE:
                    clips.append(samples)
                    labels.append(language)
                    files.append(f"{language}/{recording}")
    np.savez(args.work / "talk.npz", samples=np.concatenate(clips), lengths=np.array([len(c) for c in clips]), labels=np.array(labels),
             files=np.array(files))
    print(f"{len(clips)} announcements, {sum(map(len, clips)) / RATE / 3600:.2f} hours")


if __name__ == "__main__":
    main()
