"""Evaluates an ONNX model as a careful script of one's own does, and comments on a pull request.

usage: evaluate.py MODEL ROWS BOOTSTRAP RESAMPLES COMMENTS_URL ANSWER

BOOTSTRAP is `numpy` (counts and sums, vectorised; no interval for the ROC AUC) or `scikit-learn`
(its metrics on each resample). The token comes from the environment. Writes the metrics as JSON.
"""

import json
import os
import sys
import urllib.request

import numpy as np
import onnxruntime
import pandas as pd
from sklearn import metrics

model_path, rows_path, bootstrap, resamples, comments_url, answer_path = sys.argv[1:7]
resamples = int(resamples)

frame = pd.read_csv(rows_path)
session = onnxruntime.InferenceSession(model_path, providers=["CPUExecutionProvider"])
feed = {}
for wanted in session.get_inputs():
    column = frame[wanted.name]
    dtype = object if wanted.type == "tensor(string)" else np.float32
    feed[wanted.name] = column.to_numpy(dtype=dtype).reshape(-1, 1)
label, *outputs = session.run(None, feed)
classes = [output.name[1:] for output in session.get_outputs()[1:]]
scores = np.stack([output.reshape(-1) for output in outputs], axis=1).astype(np.float64)
scores /= scores.sum(axis=1, keepdims=True)
truth = frame["weather"].to_numpy(dtype=object)

of_labels = {
    "accuracy": metrics.accuracy_score,
    "balanced_accuracy": metrics.balanced_accuracy_score,
    "f1_macro": lambda y, p: metrics.f1_score(y, p, average="macro"),
    "mcc": metrics.matthews_corrcoef,
}
of_scores = {
    "log_loss": lambda y, s: metrics.log_loss(y, s, labels=classes),
    "roc_auc_ovr": lambda y, s: metrics.roc_auc_score(y, s, multi_class="ovr", labels=classes),
}


def measure(rows):
    found = {name: metric(truth[rows], label[rows]) for name, metric in of_labels.items()}
    return found | {name: metric(truth[rows], scores[rows]) for name, metric in of_scores.items()}


def resample_counts(generator):
    """2,000 tables of truth and prediction at once, and the log loss by its rows' losses."""
    codes = pd.Categorical(truth, categories=classes).codes
    predicted = pd.Categorical(label, categories=classes).codes
    size = len(classes)
    table = np.bincount(codes * size + predicted, minlength=size * size)
    drawn = generator.multinomial(len(truth), table / len(truth), size=resamples)
    tables = drawn.reshape(-1, size, size).astype(np.float64)
    hit = np.diagonal(tables, axis1=1, axis2=2)
    true, said = tables.sum(axis=2), tables.sum(axis=1)
    total = len(truth)
    with np.errstate(invalid="ignore", divide="ignore"):
        f1 = np.nan_to_num(2 * hit / (true + said))
        recall = hit / true
    product = (true * said).sum(axis=1)
    width = np.sqrt(total**2 - (said**2).sum(axis=1)) * np.sqrt(total**2 - (true**2).sum(axis=1))
    losses = -np.log(np.clip(scores[np.arange(total), codes], 1e-15, 1))
    rows = generator.integers(0, total, size=(resamples, total))
    return {
        "accuracy": hit.sum(axis=1) / total,
        "balanced_accuracy": np.nanmean(recall, axis=1),
        "f1_macro": f1.mean(axis=1),
        "mcc": (hit.sum(axis=1) * total - product) / width,
        "log_loss": losses[rows].mean(axis=1),
    }


def resample_rows(generator):
    drawn = [measure(generator.integers(0, len(truth), len(truth))) for _ in range(resamples)]
    return {name: np.array([one[name] for one in drawn]) for name in drawn[0]}


point = measure(np.arange(len(truth)))
generator = np.random.default_rng(42)
drawn = resample_counts(generator) if bootstrap == "numpy" else resample_rows(generator)
lines = ["| metric | value | 95 % interval |", "| --- | ---: | ---: |"]
for name, value in point.items():
    ends = np.quantile(drawn[name], [0.025, 0.975]) if name in drawn else None
    interval = "" if ends is None else f"{ends[0]:.4f} to {ends[1]:.4f}"
    lines.append(f"| {name} | {value:.4f} | {interval} |")
body = json.dumps({"body": "\n".join(lines)}).encode()
headers = {
    "authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
    "content-type": "application/json",
}
with urllib.request.urlopen(urllib.request.Request(comments_url, body, headers)) as response:
    assert response.status == 201
with open(answer_path, "w") as file:
    json.dump(point, file)
