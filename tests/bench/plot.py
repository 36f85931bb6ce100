"""Draw the results of `tests.bench.http`: `python -m tests.bench.plot results.json results.png`."""

import json
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
from matplotlib import pyplot as plt

CASES = ("list+filter, 50", "get, 50", "post, 50")
STYLES = {"floor": "....", "sync": "//", "async": "", "article": "xx"}  # patterns, not colours alone


def draw(found: dict[str, dict[str, dict[str, float]]], place: Path) -> None:
    """Draw requests per second at fifty connections, on a logarithmic scale, each bar with its number."""
    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    for number, (app, pattern) in enumerate(STYLES.items()):
        heights = [found[app][case]["per second"] for case in CASES]
        places = [case + number * 0.2 for case in range(len(CASES))]
        bars = axes.bar(places, heights, 0.18, label=app, hatch=pattern, color="white", edgecolor="black")
        axes.bar_label(bars, padding=2)
    axes.set_yscale("log")
    axes.set_xticks([case + 0.3 for case in range(len(CASES))], CASES)
    axes.set_ylabel("requests per second")
    axes.set_xlabel("request, connections")
    axes.margins(y=0.1)
    figure.legend(ncols=len(STYLES), loc="outside upper center")
    figure.savefig(place, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["found"], Path(sys.argv[2]))
