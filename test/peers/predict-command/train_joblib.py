"""Trains an older and a newer scikit-learn model: train.csv, older, newer."""

import sys

import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

train = pd.read_csv(sys.argv[1]).drop(columns="patient")
for path, rows in zip(sys.argv[2:], (220, 24)):
    part = train[:rows]
    model = make_pipeline(StandardScaler(), LogisticRegression())
    joblib.dump(model.fit(part.drop(columns="target"), part["target"]), path)
