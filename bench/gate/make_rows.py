"""Writes the rows of the bench, seeded: candidate and baseline as CSV and Parquet, as pyarrow writes them.

usage: make_rows.py FOLDER ROWS
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

SEGMENTS = ["north", "south", "east", "west", "web", "phone", "store", "partner"]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def main():
    folder, rows = Path(sys.argv[1]), int(sys.argv[2])
    rng = np.random.default_rng(20260101)
    segment = rng.choice(len(SEGMENTS), rows, p=np.array([26, 20, 16, 12, 10, 8, 5, 3]) / 100)
    signal = rng.normal(size=rows) + 0.1 * (segment - 3)
    target = (rng.random(rows) < sigmoid(1.6 * signal - 1)).astype(np.int64)
    shared = rng.normal(size=rows)
    names = pa.array(SEGMENTS).take(pa.array(segment))
    for name, noise in [("candidate", 0.62), ("baseline", 0.68)]:
        seen = signal + noise * (0.6 * shared + 0.8 * rng.normal(size=rows))
        score = sigmoid(1.45 * seen - 1)
        columns = {"id": np.arange(rows) + 10_000_000, "target": target, "segment": names}
        columns["prediction"] = (score >= 0.5).astype(np.int64)
        columns["score_1"] = score
        kept = ["id", "target", "segment", "prediction", "score_1"]
        if name == "baseline":
            kept.remove("segment")
        table = pa.table({key: columns[key] for key in kept})
        pa.parquet.write_table(table, folder / f"{name}.parquet")
        pa.csv.write_csv(table, folder / f"{name}.csv")


main()
