"""Writes train.csv and holdout.csv of scikit-learn's breast cancer data into a folder."""

import sys

from sklearn.datasets import load_breast_cancer

folder = sys.argv[1]
table = load_breast_cancer(as_frame=True).frame.sample(frac=1, random_state=7)
columns = ["mean radius", "mean texture", "mean smoothness", "mean symmetry", "target"]
table = table[columns].reset_index(names="patient")
table[:220].to_csv(f"{folder}/train.csv", index=False)
table[220:].to_csv(f"{folder}/holdout.csv", index=False)
