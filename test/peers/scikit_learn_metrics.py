"""scikit_learn_metrics.py CASES: reads cases as JSON, prints scikit-learn's values by Slipway's names."""
import json
import sys

import numpy as np
from sklearn import metrics as m
from sklearn.preprocessing import label_binarize


def count_metrics(truth, predicted, weights, labels):
    k = {"sample_weight": weights}
    out = {
        "accuracy": m.accuracy_score(truth, predicted, **k),
        "balanced_accuracy": m.balanced_accuracy_score(truth, predicted, **k),
        "mcc": m.matthews_corrcoef(truth, predicted, **k),
        "cohen_kappa": m.cohen_kappa_score(truth, predicted, **k),
    }
    for name, f, extra in [
        ("precision", m.precision_score, {}),
        ("recall", m.recall_score, {}),
        ("f1", m.f1_score, {}),
        ("f_beta", m.fbeta_score, {"beta": 2}),
    ]:
        argument = "(2)" if extra else ""
        for average in ("micro", "macro", "weighted"):
            value = f(truth, predicted, labels=labels, average=average, **k, **extra)
            out[f"{name}_{average}{argument}"] = value
        for label in labels:
            of = f"2, class{label}" if extra else f"class{label}"
            value = f(truth, predicted, labels=[label], average="macro", **k, **extra)
            out[f"{name}({of})"] = value
    return out


def binary(truth, predicted, scores, weights):
    k = {"sample_weight": weights}
    out = count_metrics(truth, predicted, weights, [0, 1])
    out["precision"] = m.precision_score(truth, predicted, **k)
    out["recall"] = m.recall_score(truth, predicted, **k)
    out["f1"] = m.f1_score(truth, predicted, **k)
    out["roc_auc"] = m.roc_auc_score(truth, scores, **k)
    out["average_precision"] = m.average_precision_score(truth, scores, **k)
    out["log_loss"] = m.log_loss(truth, scores, **k)
    out["brier"] = m.brier_score_loss(truth, scores, **k)
    at = (scores >= 0.3).astype(int)
    out["precision_at_threshold(0.3)"] = m.precision_score(truth, at, **k)
    out["recall_at_threshold(0.3)"] = m.recall_score(truth, at, **k)
    return out


def multiclass(truth, predicted, scores, weights):
    labels = list(range(scores.shape[1]))
    k = {"sample_weight": weights}
    out = count_metrics(truth, predicted, weights, labels)
    out["log_loss"] = m.log_loss(truth, scores, labels=labels, **k)
    out["brier"] = m.brier_score_loss(truth, scores, labels=labels, scale_by_half=False, **k)
    out["top_k_accuracy(2)"] = m.top_k_accuracy_score(truth, scores, k=2, labels=labels, **k)
    for average, name in [("macro", "roc_auc_ovr"), ("weighted", "roc_auc_ovr_weighted")]:
        out[name] = m.roc_auc_score(truth, scores, multi_class="ovr", average=average, **k)
    if weights is None:  # scikit-learn's one-vs-one takes no weights
        for average, name in [("macro", "roc_auc_ovo"), ("weighted", "roc_auc_ovo_weighted")]:
            out[name] = m.roc_auc_score(truth, scores, multi_class="ovo", average=average)
    marks = label_binarize(truth, classes=labels)
    out["average_precision"] = m.average_precision_score(marks, scores, **k)
    for label in labels:
        of = f"(class{label})"
        out[f"roc_auc{of}"] = m.roc_auc_score(marks[:, label], scores[:, label], **k)
        out[f"average_precision{of}"] = m.average_precision_score(marks[:, label], scores[:, label], **k)
    return out


def regression(truth, predicted, _scores, weights):
    k = {"sample_weight": weights}
    return {
        "mse": m.mean_squared_error(truth, predicted, **k),
        "rmse": m.root_mean_squared_error(truth, predicted, **k),
        "mae": m.mean_absolute_error(truth, predicted, **k),
        "median_absolute_error": m.median_absolute_error(truth, predicted, **k),
        "max_error": m.max_error(truth, predicted),
        "r2": m.r2_score(truth, predicted, **k),
        "explained_variance": m.explained_variance_score(truth, predicted, **k),
        "mape": m.mean_absolute_percentage_error(truth, predicted, **k),
        "pinball(0.9)": m.mean_pinball_loss(truth, predicted, alpha=0.9, **k),
    }


KINDS = {"binary": binary, "multiclass": multiclass, "regression": regression}
answers = []
with open(sys.argv[1]) as file:
    for case in json.load(file):
        arrays = [None if case[key] is None else np.asarray(case[key]) for key in ("truth", "prediction", "scores", "weights")]
        answers.append({name: float(value) for name, value in KINDS[case["task"]](*arrays).items()})
json.dump(answers, sys.stdout)
