"""Scores rows with onnxruntime; writes beside the answers, as JSON, what opening and scoring took.

usage: with_onnxruntime.py MODEL ROWS ANSWERS THREADS (float32 files; 0 threads for all cores)
"""

import json
import sys
import time

import numpy as np
import onnxruntime

model, rows_path, answers_path, threads = sys.argv[1:5]
rows = np.fromfile(rows_path, dtype=np.float32).reshape(-1, 30)
started = time.perf_counter()
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = int(threads)
session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
opened = time.perf_counter()
cpu = time.process_time()
(answers,) = session.run(None, {session.get_inputs()[0].name: rows})
ended = time.perf_counter()
cpu = time.process_time() - cpu
answers.astype(np.float64).tofile(answers_path)
with open(answers_path + ".json", "w") as file:
    times = {
        "openSeconds": opened - started,
        "scoreSeconds": ended - opened,
        "scoreCpuSeconds": cpu,
    }
    json.dump(times, file)
