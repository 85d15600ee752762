"""onnxruntime_predict.py MODEL ROWS: runs the model on columns of rows (JSON), prints its outputs."""
import json
import sys

import numpy as np
import onnxruntime

with open(sys.argv[2]) as file:
    columns = json.load(file)
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
feed = {}
for wanted in session.get_inputs():
    values = columns[wanted.name]
    if wanted.type == "tensor(string)":
        array = np.array(["" if value is None else value for value in values], dtype=object)
    else:
        dtype = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64}[wanted.type]
        array = np.array([np.nan if value is None else value for value in values], dtype=dtype)
    feed[wanted.name] = array.reshape(-1, 1) if len(wanted.shape) == 2 else array
outputs = {}
for declared, value in zip(session.get_outputs(), session.run(None, feed)):
    outputs[declared.name] = np.asarray(value).tolist()
json.dump({"version": onnxruntime.__version__, "outputs": outputs}, sys.stdout)
