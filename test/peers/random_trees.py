"""random_trees.py FOLDER COUNT SEED: COUNT XGBoost and as many LightGBM models of random kinds, parameters and
tables, and what each library predicts of rows with unseen categories, extreme and missing values."""
import json
import os
import sys

import lightgbm as lgb
import numpy as np
import pandas as pd
import xgboost as xgb

folder, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = np.random.default_rng(seed)
cases = []


def pick(values):
    return values[rng.integers(len(values))]


def chance(share):
    return rng.random() < share


def random_table(rows):
    """Numbers of many scales, whole ones and zeros among them, with gaps; some columns are categories."""
    # Names that the ONNX graph also uses for tensors of its own.
    names = ["label", "value", "probabilities", "margins", "é", "LabelEncoder_out"]
    table = pd.DataFrame(index=range(rows))
    for name in names[: rng.integers(1, len(names) + 1)]:
        values = rng.normal(size=rows) * 10.0 ** rng.integers(-3, 4)
        values = np.round(values) if chance(0.3) else values
        values = np.where(rng.random(rows) < 0.5, 0, values) if chance(0.3) else values
        column = pd.Series(np.where(rng.random(rows) < pick([0.1, 0.9]), np.nan, values) if chance(0.4) else values)
        if chance(0.3):
            size = pick([2, 5, 40, 300])
            known = pick([[f"c{k}" for k in range(size)], [10 + k for k in range(size)], [k - 5 for k in range(size)]])
            drawn = pd.Series([known[k] for k in rng.integers(0, size, rows)], dtype=object)
            column = pd.Series(pd.Categorical(drawn.where(rng.random(rows) < 0.9), categories=known))
        table[name] = column
    numbers = [name for name in table if table[name].dtype == "float64"]
    for _ in range(4 if numbers else 0):
        table.loc[rng.integers(rows // 2, rows), pick(numbers)] = pick([-0.0, 1e30, -1e30, 1e-36, 1e-35, 1e-40])
    return table


def random_signal(table):
    signal = rng.normal(size=len(table))
    for name in table:
        column = table[name]
        values = np.sin(3 * column.cat.codes) if column.dtype == "category" else np.tanh(column.fillna(0))
        signal = signal + values.to_numpy()
    return signal


def targets(signal, classes):
    return {
        "value": signal * pick([1, 1000]),
        "yes": (signal > 0).astype(int),
        "class": np.argsort(np.argsort(signal)) * classes // len(signal),
        "positive": np.exp(signal) + 0.01,
        "count": rng.poisson(np.exp(np.clip(signal, -2, 2))),
        "share": 1 / (1 + np.exp(-signal)),
    }


def write(name, file, rows, prediction):
    columns = {}
    for column in rows.columns:
        cells = rows[column].astype(object).where(rows[column].notna(), None)
        columns[column] = [cell.item() if hasattr(cell, "item") else cell for cell in cells]
    cases.append({"name": name, "files": [file], "columns": columns, "prediction": np.asarray(prediction).tolist()})


xgboost_objectives = {
    "reg:squarederror": "value", "reg:absoluteerror": "value", "reg:pseudohubererror": "value", "reg:quantileerror": "value",
    "reg:squaredlogerror": "positive", "reg:gamma": "positive", "reg:tweedie": "positive", "survival:cox": "positive",
    "reg:logistic": "share", "count:poisson": "count", "rank:pairwise": "yes", "rank:ndcg": "yes", "rank:map": "yes",
    "binary:logistic": "yes", "binary:logitraw": "yes", "binary:hinge": "yes", "multi:softprob": "class", "multi:softmax": "class",
    "survival:aft": "positive",
}


def random_xgboost(at):
    objective = pick(list(xgboost_objectives))
    rows, classes = int(pick([80, 200])), int(pick([2, 3, 7]))
    table = random_table(rows)
    target = targets(random_signal(table), classes)[xgboost_objectives[objective]]
    params = {"objective": objective, "seed": 1, "nthread": 1, "max_depth": int(pick([1, 3, 6])), "eta": pick([0.1, 0.5, 1])}
    if chance(0.3):
        params["base_score"] = pick([0.1, 0.5, 0.9])
    if chance(0.3):
        params["scale_pos_weight"] = 3
    if chance(0.2):
        params |= {"num_parallel_tree": 3, "subsample": 0.7}
    if chance(0.2):
        params |= {"booster": "dart", "rate_drop": 0.5, "normalize_type": pick(["tree", "forest"])}
    if chance(0.3):
        params["max_cat_to_onehot"] = int(pick([1, 100]))
    if objective.startswith("multi"):
        params["num_class"] = classes
    if objective == "reg:quantileerror":
        params["quantile_alpha"] = 0.3
    half = rows // 2
    data = xgb.DMatrix(table[:half], target[:half], enable_categorical=True)
    if objective.startswith("rank"):
        data.set_group([half])
    if objective == "survival:aft":
        for bound in ["label_lower_bound", "label_upper_bound"]:
            data.set_float_info(bound, target[:half])
    file = f"random-xgb-{at}.{pick(['json', 'ubj'])}"
    xgb.train(params, data, int(pick([1, 3, 10]))).save_model(os.path.join(folder, file))
    booster = xgb.Booster(model_file=os.path.join(folder, file))
    prediction = booster.predict(xgb.DMatrix(table[half:], enable_categorical=True))
    write(f"random-xgb-{objective.replace(':', '-')}", file, table[half:], prediction)


lightgbm_objectives = {
    "regression": "value", "regression_l1": "value", "huber": "value", "fair": "value", "quantile": "value", "mape": "value",
    "poisson": "count", "gamma": "positive", "tweedie": "positive", "cross_entropy": "share", "cross_entropy_lambda": "share",
    "binary": "yes", "multiclass": "class", "multiclassova": "class", "lambdarank": "yes", "rank_xendcg": "yes",
}


def random_lightgbm(at):
    objective = pick(list(lightgbm_objectives))
    rows, classes = int(pick([80, 400])), int(pick([2, 3, 7]))
    table = random_table(rows)
    target = targets(random_signal(table), classes)[lightgbm_objectives[objective]]
    params = {
        "objective": objective, "verbose": -1, "seed": 1, "num_threads": 1, "deterministic": True,
        "num_leaves": int(pick([2, 7, 31])), "min_data_in_leaf": int(pick([1, 5])), "min_data_per_group": int(pick([1, 100])),
        "max_cat_to_onehot": int(pick([1, 4, 100])), "zero_as_missing": chance(0.3), "use_missing": chance(0.8),
        "reg_sqrt": chance(0.3) and objective in ["regression", "regression_l1", "fair", "quantile", "mape"],
        "sigmoid": pick([0.5, 1, 2.3]), "boost_from_average": chance(0.7),
    }
    if chance(0.2):
        params |= {"boosting": "rf", "bagging_fraction": 0.6, "bagging_freq": 1}
    elif chance(0.3):
        params |= {"boosting": "dart", "drop_rate": 0.5}
    if objective.startswith("multi"):
        params["num_class"] = classes
    half = rows // 2
    group = [half] if "rank" in objective else None
    data = lgb.Dataset(table[:half], target[:half], group=group)
    file = f"random-lgb-{at}.txt"
    lgb.train(params, data, int(pick([1, 3, 12]))).save_model(os.path.join(folder, file))
    prediction = lgb.Booster(model_file=os.path.join(folder, file)).predict(table[half:])
    write(f"random-lgb-{objective}", file, table[half:], prediction)


def draw(make, at):
    """Some random tables suit no library, such as one without a column that can be split."""
    try:
        make(at)
    except (lgb.basic.LightGBMError, xgb.core.XGBoostError, ValueError) as error:
        print(f"passed over {make.__name__} {at}: {str(error)[:100]}", file=sys.stderr)


for at in range(count):
    draw(random_xgboost, at)
    draw(random_lightgbm, at)
with open(os.path.join(folder, "cases.json"), "w") as file:
    json.dump({"xgboost": xgb.__version__, "lightgbm": lgb.__version__, "cases": cases}, file, allow_nan=False)
