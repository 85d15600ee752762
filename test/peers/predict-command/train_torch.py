"""Trains an older and a newer PyTorch model: train.csv, older, newer."""

import csv
import sys

import torch

with open(sys.argv[1]) as file:
    rows = list(csv.DictReader(file))
names = [name for name in rows[0] if name not in ("patient", "target")]
x = torch.tensor([[float(row[name]) for name in names] for row in rows])
y = torch.tensor([[float(row["target"])] for row in rows])
for path, steps in zip(sys.argv[2:], (400, 6)):
    torch.manual_seed(7)
    model = torch.nn.Sequential(torch.nn.Linear(len(names), 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
    mean, deviation = x.mean(0), x.std(0)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(model((x - mean) / deviation), y)
        loss.backward()
        optimizer.step()
    torch.save({"names": names, "mean": mean, "deviation": deviation, "state": model.state_dict()}, path)
