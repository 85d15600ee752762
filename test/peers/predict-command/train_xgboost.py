"""Trains an older and a newer XGBoost model: train.csv, older, newer."""

import sys

import pandas as pd
from xgboost import XGBClassifier

train = pd.read_csv(sys.argv[1]).drop(columns="patient")
for path, rows in zip(sys.argv[2:], (220, 30)):
    part = train[:rows]
    model = XGBClassifier(n_estimators=30, max_depth=3, n_jobs=1, random_state=7)
    model.fit(part.drop(columns="target"), part["target"]).save_model(path)
