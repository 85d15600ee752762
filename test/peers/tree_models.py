"""tree_models.py FOLDER [small]: trains XGBoost and LightGBM models of many kinds, saves each, loads it again
and writes what the library then predicts of rows it has not seen, with its contributions. With `small`
fewer models, of fewer trees, on fewer rows: the files under test/fixtures/trees."""
import json
import math
import os
import sys

import lightgbm as lgb
import numpy as np
import pandas as pd
import xgboost as xgb

folder = sys.argv[1]
small_ones = (
    "xgb-binary-missing xgb-categories xgb-multiclass xgb-dart xgb-early-stopping xgb-count-poisson xgb-nameless "
    "lgb-binary-missing lgb-categories lgb-multiclass lgb-dart lgb-early-stopping lgb-zero-missing lgb-poisson"
).split()
is_small = sys.argv[2:] == ["small"]
shown = 12 if is_small else 200
rng = np.random.default_rng(7)
n = 600

frame = pd.DataFrame(
    {
        "age in years": rng.integers(18, 90, n).astype(float),
        "income": np.exp(rng.normal(10, 1, n)),
        "tenths": rng.integers(-20, 20, n) / 10,
        "sparse": np.where(rng.random(n) < 0.6, 0.0, rng.normal(size=n)),
    }
)
gaps = frame.copy()
for column, share in [("age in years", 0.15), ("tenths", 0.3), ("sparse", 0.1)]:
    gaps.loc[rng.random(n) < share, column] = np.nan
colours = ["red", "green", "blue", "dark \"red\"", "x|y"] + [f"shade {k}" for k in range(40)]
colour = rng.choice(colours, n)
cats = gaps.copy()
cats["colour"] = pd.Categorical(colour, categories=sorted(colours))
cats.loc[rng.random(n) < 0.1, "colour"] = np.nan
cats["level"] = pd.Categorical(rng.choice([10, 20, 35, 70], n), categories=[10, 20, 35, 70])
effect = {name: math.sin(3 * k) * 2 for k, name in enumerate(colours)}

signal = frame["age in years"] / 30 - 0.4 * np.log(frame["income"]) + frame["tenths"] ** 2 + frame["sparse"]
signal = (signal + np.array([effect[name] for name in colour]) - 1).to_numpy()
noise = rng.normal(size=n)
targets = {
    "value": 100 * signal + 5000,
    "yes": (signal + noise > 0).astype(int),
    "three": np.digitize(signal + noise, [-1, 1]),
    "count": rng.poisson(np.exp(np.clip(signal / 3, -2, 2))),
    "positive": np.exp(signal / 3) * rng.gamma(2, 0.5, n) + 1e-3,
    "share": 1 / (1 + np.exp(-signal)),
}
train, test = slice(0, 400), slice(400, n)
cases = []


def plain(table):
    """Rows as JSON: null for what is missing."""
    columns = {}
    for name in table.columns:
        values = table[name].astype(object).where(table[name].notna(), None)
        columns[str(name)] = [v.item() if hasattr(v, "item") else v for v in values]
    return columns


def write(name, files, table, prediction, **facts):
    rows = table[test][:shown]
    case = {"name": name, "files": files, "columns": plain(rows), "prediction": np.asarray(prediction).tolist()}
    contributions = facts.pop("contributions", None)
    if contributions is not None:
        case["contributions"] = np.asarray(contributions).tolist()
    cases.append({**case, **facts})


def xgboost_case(name, params, table, target, rounds=12, sklearn=None, names=True):
    if is_small and name not in small_ones:
        return
    rounds = min(rounds, 3) if is_small else rounds
    data = table if names else table.to_numpy(dtype=np.float32)
    label = targets[target][train]
    known = dict(enable_categorical=True)
    part = data[train] if names else data[train, :]
    held = (data[test] if names else data[test, :])[:shown]
    if sklearn is None:
        booster = xgb.train({"seed": 3, "nthread": 1, **params}, xgb.DMatrix(part, label, **known), rounds)
        save = booster.save_model
    else:
        model = sklearn(random_state=3, n_jobs=1, enable_categorical=True, **params)
        model.fit(part, label, eval_set=[(held, targets[target][test][:shown])], verbose=False)
        save = model.save_model
    files = [f"{name}.json", f"{name}.ubj"]
    for file in files:
        save(os.path.join(folder, file))
    if sklearn is None:
        loaded = xgb.Booster(model_file=os.path.join(folder, files[1]))
        rows = xgb.DMatrix(held, **known)
        write(name, files, table, loaded.predict(rows), contributions=loaded.predict(rows, pred_contribs=True))
    else:
        loaded = sklearn()
        loaded.load_model(os.path.join(folder, files[1]))
        prediction = loaded.predict_proba(held)[:, 1] if hasattr(loaded, "predict_proba") else loaded.predict(held)
        write(name, files, table, prediction)


def lightgbm_case(name, params, table, target, rounds=12, stop=False, names=True):
    if is_small and name not in small_ones:
        return
    rounds = min(rounds, 3) if is_small and not stop else rounds
    data = table if names else table.to_numpy()
    part = data[train] if names else data[train, :]
    held = (data[test] if names else data[test, :])[:shown]
    settings = {"verbose": -1, "seed": 3, "num_threads": 1, "num_leaves": 7, "min_data_in_leaf": 5, "deterministic": True, **params}
    first = lgb.Dataset(part, label=targets[target][train])
    more = {}
    if stop:
        more = dict(valid_sets=[lgb.Dataset(held, label=targets[target][test][:shown], reference=first)], callbacks=[lgb.early_stopping(3, verbose=False)])
    booster = lgb.train(settings, first, rounds, **more)
    file = f"{name}.txt"
    booster.save_model(os.path.join(folder, file))
    loaded = lgb.Booster(model_file=os.path.join(folder, file))
    contributions = loaded.predict(held, pred_contrib=True)
    if params.get("boosting") == "rf":
        # LightGBM adds up what it averages when it predicts.
        contributions = contributions / loaded.num_trees()
    if "num_class" in params:
        contributions = contributions.reshape(len(contributions), params["num_class"], -1)
    write(name, [file], table, loaded.predict(held), contributions=contributions)


small = {"max_depth": 3}
xgboost_case("xgb-regression", {**small, "objective": "reg:squarederror"}, frame, "value")
xgboost_case("xgb-binary-missing", {**small, "objective": "binary:logistic"}, gaps, "yes")
xgboost_case("xgb-categories", {**small, "objective": "binary:logistic", "max_cat_to_onehot": 1}, cats, "yes")
xgboost_case("xgb-one-hot-categories", {**small, "objective": "reg:squarederror", "max_cat_to_onehot": 100}, cats, "value")
xgboost_case("xgb-multiclass", {**small, "objective": "multi:softprob", "num_class": 3}, cats, "three", 6)
xgboost_case("xgb-dart", {**small, "objective": "binary:logistic", "booster": "dart", "rate_drop": 0.4, "one_drop": 1}, gaps, "yes")
xgboost_case("xgb-early-stopping", {**small, "objective": "binary:logistic", "n_estimators": 60, "learning_rate": 0.6, "early_stopping_rounds": 2}, gaps, "yes", sklearn=xgb.XGBClassifier)
xgboost_case("xgb-forest", {**small, "objective": "reg:squarederror", "num_parallel_tree": 5, "subsample": 0.7, "learning_rate": 1}, gaps, "value", 1)
xgboost_case("xgb-nameless", {**small, "objective": "binary:logistic"}, gaps, "yes", 5, names=False)
for objective, target in [
    ("reg:absoluteerror", "value"), ("reg:pseudohubererror", "yes"), ("reg:squaredlogerror", "positive"),
    ("reg:logistic", "share"), ("reg:gamma", "positive"), ("reg:tweedie", "positive"), ("count:poisson", "count"),
    ("rank:pairwise", "yes"), ("binary:logitraw", "yes"), ("binary:hinge", "yes"), ("multi:softmax", "three"),
    ("survival:cox", "positive"), ("reg:quantileerror", "value"),
]:
    params = {**small, "objective": objective}
    if objective == "multi:softmax":
        params["num_class"] = 3
    if objective == "reg:quantileerror":
        params["quantile_alpha"] = 0.3
    name = "xgb-" + objective.replace(":", "-")
    if objective.startswith("rank:") and not is_small:
        part = xgb.DMatrix(gaps[train], targets[target][train], group=[20] * 20)
        booster = xgb.train({"seed": 3, "nthread": 1, **params}, part, 6)
        for end in ["json", "ubj"]:
            booster.save_model(os.path.join(folder, f"{name}.{end}"))
        write(name, [f"{name}.json", f"{name}.ubj"], gaps, booster.predict(xgb.DMatrix(gaps[test][:shown])))
    elif not objective.startswith("rank:"):
        xgboost_case(name, params, gaps, target, 6)

lightgbm_case("lgb-regression", {"objective": "regression"}, frame, "value")
lightgbm_case("lgb-binary-missing", {"objective": "binary", "sigmoid": 1.7}, gaps, "yes")
lightgbm_case("lgb-categories", {"objective": "binary", "max_cat_to_onehot": 1, "min_data_per_group": 5, "cat_smooth": 1}, cats, "yes")
lightgbm_case("lgb-one-hot-categories", {"objective": "regression", "max_cat_to_onehot": 100, "min_data_per_group": 5}, cats, "value")
lightgbm_case("lgb-multiclass", {"objective": "multiclass", "num_class": 3}, cats, "three", 6)
lightgbm_case("lgb-multiclassova", {"objective": "multiclassova", "num_class": 3}, gaps, "three", 6)
lightgbm_case("lgb-dart", {"objective": "binary", "boosting": "dart", "drop_rate": 0.5}, gaps, "yes")
lightgbm_case("lgb-early-stopping", {"objective": "binary", "learning_rate": 0.6}, gaps, "yes", 60, stop=True)
lightgbm_case("lgb-forest", {"objective": "regression", "boosting": "rf", "bagging_fraction": 0.6, "bagging_freq": 1}, gaps, "value", 8)
lightgbm_case("lgb-zero-missing", {"objective": "regression", "zero_as_missing": True}, gaps, "value")
lightgbm_case("lgb-no-missing", {"objective": "regression", "use_missing": False}, gaps, "value")
lightgbm_case("lgb-nameless", {"objective": "binary"}, gaps, "yes", 5, names=False)
for objective, target in [
    ("regression_l1", "value"), ("huber", "value"), ("fair", "value"), ("quantile", "value"), ("mape", "value"),
    ("poisson", "count"), ("gamma", "positive"), ("tweedie", "positive"), ("cross_entropy", "share"), ("cross_entropy_lambda", "share"),
]:
    lightgbm_case("lgb-" + objective.replace("_", "-"), {"objective": objective}, gaps, target, 6)
for objective in ["regression", "regression_l1", "quantile", "mape"]:
    name = "lgb-sqrt" if objective == "regression" else f"lgb-sqrt-{objective.replace('_', '-')}"
    lightgbm_case(name, {"objective": objective, "reg_sqrt": True}, gaps, "value", 6)

if is_small:
    # Two models of a real table, for the gate: its classes are the texts in their order.
    weather = pd.read_csv(os.path.join(os.path.dirname(__file__), "../fixtures/data/weather.csv"))
    columns = ["precipitation", "temp_max", "temp_min", "wind"]
    codes = weather["weather"].astype("category").cat.codes
    booster = xgb.train({"objective": "multi:softprob", "num_class": 5, "max_depth": 3, "nthread": 1}, xgb.DMatrix(weather[columns], codes), 4)
    booster.save_model(os.path.join(folder, "weather.ubj"))
    settings = {"objective": "multiclass", "num_class": 5, "num_leaves": 4, "verbose": -1, "num_threads": 1, "deterministic": True, "learning_rate": 0.3}
    lgb.train(settings, lgb.Dataset(weather[columns], codes), 4).save_model(os.path.join(folder, "weather.txt"))

with open(os.path.join(folder, "cases.json"), "w") as file:
    json.dump({"xgboost": xgb.__version__, "lightgbm": lgb.__version__, "cases": cases}, file, allow_nan=False)
