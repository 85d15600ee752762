"""The gate's metrics by scikit-learn with a bootstrap of rows, as most notebooks have it.

usage: with_scikit_learn.py CANDIDATE BASELINE RESAMPLES
"""

import sys

import numpy as np
import pyarrow.parquet as pq
from sklearn import metrics as m

LABELS = [
    m.accuracy_score,
    m.balanced_accuracy_score,
    m.precision_score,
    m.recall_score,
    m.f1_score,
    m.matthews_corrcoef,
    m.cohen_kappa_score,
]
SCORES = [m.roc_auc_score, m.average_precision_score, m.log_loss, m.brier_score_loss]
SEGMENT = LABELS[:4]


def measure(truth, prediction, score):
    return [f(truth, prediction) for f in LABELS] + [f(truth, score) for f in SCORES]


def main():
    path_a, path_b, resamples = sys.argv[1], sys.argv[2], int(sys.argv[3])
    a, b = pq.read_table(path_a), pq.read_table(path_b)
    truth, segment = a["target"].to_numpy(), a["segment"].dictionary_encode().combine_chunks()
    segment = segment.indices.to_numpy()
    models = [(t["prediction"].to_numpy(), t["score_1"].to_numpy()) for t in (a, b)]
    rng = np.random.default_rng(42)
    draws = []
    for at in range(resamples + 1):
        rows = np.arange(len(truth)) if at == 0 else rng.integers(len(truth), size=len(truth))
        y, s = truth[rows], segment[rows]
        drawn = [(p[rows], q[rows]) for p, q in models]
        values = [measure(y, p, q) for p, q in drawn]
        for k in range(8):
            here = s == k
            values.append([f(y[here], drawn[0][0][here]) for f in SEGMENT])
        draws.append(values)
    for of_one in zip(*draws[1:], strict=True):
        np.percentile(np.array(of_one), [2.5, 97.5], axis=0)


main()
