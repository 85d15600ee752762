import csv
import os

import torch

kept = torch.load(os.environ["SLIPWAY_MODEL_FILE"])
names = kept["names"]
model = torch.nn.Sequential(torch.nn.Linear(len(names), 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
model.load_state_dict(kept["state"])
with open(os.environ["SLIPWAY_ROWS"]) as file:
    rows = list(csv.DictReader(file))
x = torch.tensor([[float(row[name]) for name in names] for row in rows])
with torch.no_grad():
    scores = torch.sigmoid(model((x - kept["mean"]) / kept["deviation"]))[:, 0].tolist()
with open(os.environ["SLIPWAY_PREDICTIONS"], "w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["row_key", "prediction", "score_1"])
    writer.writerows([row["row_key"], int(score >= 0.5), repr(score)] for row, score in zip(rows, scores))
