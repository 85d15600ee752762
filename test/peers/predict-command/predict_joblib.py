import os

import joblib
import pandas as pd

rows = pd.read_csv(os.environ["SLIPWAY_ROWS"], dtype={"row_key": str})
model = joblib.load(os.environ["SLIPWAY_MODEL_FILE"])
score = model.predict_proba(rows[model.feature_names_in_])[:, 1]
answers = pd.DataFrame({"row_key": rows["row_key"], "prediction": (score >= 0.5).astype(int), "score_1": score})
answers.to_csv(os.environ["SLIPWAY_PREDICTIONS"], index=False)
