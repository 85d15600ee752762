"""What scikit-learn makes of two models' predictions: holdout.csv, older, newer; JSON on stdout."""

import json
import sys

import pandas as pd
from sklearn.metrics import accuracy_score, f1_score, log_loss, roc_auc_score

truth = pd.read_csv(sys.argv[1])["target"]


def measure(path):
    found = pd.read_csv(path).sort_values("row_key")
    score, label = found["score_1"], found["prediction"]
    return {
        "accuracy": accuracy_score(truth, label),
        "f1": f1_score(truth, label),
        "roc_auc": roc_auc_score(truth, score),
        "log_loss": log_loss(truth, score),
    }


older, newer = measure(sys.argv[2]), measure(sys.argv[3])
print(json.dumps({"older": older, "newer": newer, "difference": {k: newer[k] - older[k] for k in newer}}))
