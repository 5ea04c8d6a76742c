"""Draws models/NAME/results.svg from results.json beside it: confusion matrix, receiver operating characteristic, precision and recall.

    python pictures.py ../keyword/results.json ../person/results.json
"""
from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "mlsensor", "font.size": 9, "font.sans-serif": ["DejaVu Sans"], "axes.spines.top": False,
                        "axes.spines.right": False, "legend.frameon": False, "path.simplify_threshold": 0.5}
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator, PercentFormatter

INK, GRID = "#010203", "#040506"  # put in place of the colours of dark and of light pages
COLOURS = ("#2f7ed8", "#d9822b", "#1b9e77", "#c0508e", "#8a6fd1", "#7f8c2a")  # can be told apart on either
STYLE = """<style>
svg { --ink: #24292f; --grid: #d0d7de }
@media (prefers-color-scheme: dark) { svg { --ink: #d0d7de; --grid: #444c56 } }
text { font-family: system-ui, sans-serif }
</style>
"""
for key in ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"):
    matplotlib.rcParams[key] = INK
matplotlib.rcParams |= {"grid.color": GRID, "grid.linewidth": 0.6}


def save(figure: plt.Figure, path: Path, title: str) -> None:
    """An SVG without background and fonts, that follows the page into the dark."""
    figure.savefig(path, transparent=True, metadata={"Date": None, "Creator": None, "Title": title})
    text = path.read_text().replace(INK, "var(--ink)").replace(GRID, "var(--grid)").replace("font-family: 'DejaVu Sans', sans-serif; ", "")
    text = re.sub(r"(\d\.\d\d)\d+(?![^<>]*</text)", r"\1", text)  # pixels need no more
    head, tail = text.split("<defs>", 1)
    path.write_text("\n".join(line.rstrip() for line in (head + STYLE + "<defs>" + tail).splitlines()) + "\n")
    print(f"{path}: {path.stat().st_size} bytes")


def matrix(axes: plt.Axes, counts: dict[str, dict[str, int]], columns: list[str], title: str) -> None:
    """Rows are true classes, those that `columns` has first; a cell is as strong as its share of the row."""
    rows = [c for c in columns if c in counts] + [c for c in counts if c not in columns]
    for y, truth in enumerate(rows):
        total = sum(counts[truth].values())
        for x, decided in enumerate(columns):
            n = counts[truth].get(decided, 0)
            colour = COLOURS[2] if decided == (truth if truth in columns else "none") else COLOURS[1]
            if n:
                axes.add_patch(plt.Rectangle((x - 0.5, y - 0.5), 1, 1, color=colour, alpha=0.12 + 0.6 * n / total, linewidth=0))
                axes.text(x, y, str(n), ha="center", va="center")
    axes.set(title=title, xlabel="decided", ylabel="true class", xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5),
             xticks=range(len(columns)), yticks=range(len(rows)))
    axes.set_xticklabels([c.replace("_", " ") for c in columns])
    axes.set_yticklabels([c.strip("_").replace("_", " ") for c in rows])
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def curve(positive: np.ndarray, negative: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """False positive rate, recall and precision at each threshold where the recall changes, the highest first."""
    thresholds = np.unique(positive)[::-1]
    hits = len(positive) - np.searchsorted(np.sort(positive), thresholds)
    wrong = len(negative) - np.searchsorted(np.sort(negative), thresholds)
    return wrong / len(negative), hits / len(positive), hits / (hits + wrong)


def curves(roc: plt.Axes, precision: plt.Axes, classes: dict[str, tuple[np.ndarray, np.ndarray, float]]) -> None:
    """`classes`: scores of the class and of all others, and the threshold that is shipped, shown as a dot."""
    for colour, (name, (positive, negative, threshold)) in zip(COLOURS, classes.items()):
        rate, recall, exact = curve(positive, negative)
        hits, wrong = (positive >= threshold).sum(), (negative >= threshold).sum()
        roc.plot([0, *rate, 1], [0, *recall, 1], color=colour, label=name, linewidth=1.4, drawstyle="steps-post")
        roc.plot(wrong / len(negative), hits / len(positive), "o", color=colour, markersize=5)
        precision.plot(recall, exact, color=colour, label=name, linewidth=1.4)
        precision.plot(hits / len(positive), hits / max(1, hits + wrong), "o", color=colour, markersize=5)
    roc.set(title="Receiver operating characteristic", xlabel="others accepted", ylabel="found")
    precision.set(title="Precision and recall", xlabel="found", ylabel="right among accepted")
    for axes in (roc, precision):
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(6, steps=(1, 2, 5, 10)))
            axis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.grid(True)
        axes.set_axisbelow(True)


def keyword(results: dict) -> plt.Figure:
    decision, scores = results["decision"], results["scores_test"]
    words = scores["words"]
    truth = np.array([label for label, _ in scores["class_and_speaker"]])
    figure, (left, roc, precision) = plt.subplots(1, 3, figsize=(11, 4.2), width_ratios=(1.0, 1, 1), layout="constrained")
    matrix(left, results["stream_test"]["counts"], [*words, "none"], f"Test clips ({len(truth)}), first event")
    classes = {}
    for i, word in enumerate(words):
        values = np.array([row[1 + i] for row in scores["decided_and_scores"]["none"]])
        threshold = decision["high_threshold_permille"] + decision.get("word_offsets_permille", {}).get(word, 0)
        classes[word] = values[truth == word], values[truth != word], threshold
    curves(roc, precision, classes)
    roc.set(xlim=(0, 0.1), ylim=(0.8, 1.005))
    precision.set(xlim=(0.8, 1.005), ylim=(0.6, 1.01))
    roc.legend(loc="lower right", title="dots: as shipped")
    return figure


def person(results: dict) -> plt.Figure:
    held_out, high = results["held_out_sources"], results["held_out_sources"]["at_high_threshold"]
    found, kept = high["person_found"], high["no_person_kept"]
    counts = {"person": {"person": found["count"], "no_person": found["of"] - found["count"]},
              "no_person": {"person": kept["of"] - kept["count"], "no_person": kept["count"]}}
    figure, (left, roc, precision) = plt.subplots(1, 3, figsize=(11, 3.8), width_ratios=(0.8, 1, 1), layout="constrained")
    matrix(left, counts, ["person", "no_person"], "Held-out sources, as shipped")
    with_person, without = (np.array(results["scores_held_out"][name]) for name in ("person", "no_person"))
    threshold = np.sort(with_person)[::-1][found["count"] - 1]
    curves(roc, precision, {f"held-out sources, area {held_out['area_under_roc']:.3f}": (with_person, without, threshold)})
    for style, (percent, values) in zip((":", "-.", "--", (0, (6, 1)), "-"), results["scores_pasted_by_subject_size"].items()):
        rate, recall, _ = curve(np.array(values), without)
        roc.plot([0, *rate, 1], [0, *recall, 1], color=COLOURS[1], linewidth=1, linestyle=style, drawstyle="steps-post", label=f"pasted, {percent} % tall")
    roc.set(xlim=(0, 1), ylim=(0, 1.01))
    precision.set(xlim=(0, 1.01), ylim=(0.5, 1.01))
    precision.legend(*roc.get_legend_handles_labels(), loc="lower left", title="dot: as shipped")
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, nargs="+")
    for path in parser.parse_args().results:
        results = json.loads(path.read_text())
        is_keyword = "scores_test" in results
        figure = (keyword if is_keyword else person)(results)
        save(figure, path.with_suffix(".svg"), f"Measured: {'keyword' if is_keyword else 'person'}")


if __name__ == "__main__":
    main()
