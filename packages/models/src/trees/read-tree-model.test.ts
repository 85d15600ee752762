import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError } from "#core";
import { recogniseModelBytes, type ModelFileKind } from "../recognise-model.ts";
import { readTreeEnsemble, readTreeModel } from "./read-tree-model.ts";

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../../../../test/fixtures/trees/${name}`, import.meta.url));

function refuse(bytes: Uint8Array, kind: ModelFileKind = recogniseModelBytes(bytes)): DataError {
  try {
    readTreeEnsemble(bytes, kind, "m.bin");
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
  throw new Error("It was read.");
}

interface XgboostTree {
  left_children: unknown[];
  right_children: unknown[];
  split_conditions: unknown[];
  split_indices: unknown[];
}
interface XgboostDocument {
  learner: {
    objective: { name: string };
    learner_model_param: Record<string, string>;
    gradient_booster: {
      name: string;
      model: { trees: XgboostTree[]; tree_info: unknown[]; cats?: unknown };
    };
  };
}

/** A sound XGBoost model with something about it changed. */
function editXgboost(
  edit: (document: XgboostDocument) => void,
  name = "xgb-binary-missing.json",
): Buffer {
  const document = JSON.parse(fixture(name).toString("utf8")) as XgboostDocument;
  edit(document);
  return Buffer.from(JSON.stringify(document));
}

const firstTree = ({ learner }: XgboostDocument): XgboostTree => {
  const [tree] = learner.gradient_booster.model.trees;
  if (tree === undefined) throw new Error("The fixture has no tree.");
  return tree;
};

describe("a bad XGBoost file", () => {
  it.each<[string, (document: XgboostDocument) => void, RegExp]>([
    ["a cycle", (one) => (firstTree(one).left_children[0] = 0), /tree 0 names the child 0/],
    [
      "a shared child",
      (one) => (firstTree(one).left_children[0] = firstTree(one).right_children[0]),
      /tree 0 reaches node 2 twice/,
    ],
    [
      "a child that is not there",
      (one) => (firstTree(one).right_children[0] = 1e9),
      /names the child/,
    ],
    [
      "a feature that is not there",
      (one) => (firstTree(one).split_indices[0] = 99),
      /splits on feature 99 of 4 at node 0/,
    ],
    [
      "NaN where it splits",
      (one) => (firstTree(one).split_conditions[0] = null),
      /splits at NaN at node 0/,
    ],
    [
      "lists of unequal lengths",
      (one) => firstTree(one).split_indices.pop(),
      /split_indices is a list of \d+, a list of \d+ was expected/,
    ],
    [
      "text among the numbers",
      (one) => (firstTree(one).split_conditions[1] = "x"),
      /split_conditions\[1\] is "x", a number was expected/,
    ],
    [
      "a tree for a class that is not there",
      (one) => (one.learner.gradient_booster.model.tree_info[0] = 7),
      /tree 0 adds to output 7 of 1/,
    ],
    [
      "too few numbers of classes",
      (one) => one.learner.gradient_booster.model.tree_info.pop(),
      /tree_info is a list of 2, a list of 3/,
    ],
    [
      "a base score that is none",
      (one) => (one.learner.learner_model_param["base_score"] = "[7E0]"),
      /base_score is "\[7E0\]"/,
    ],
    [
      "a huge number of features",
      (one) => (one.learner.learner_model_param["num_feature"] = "999999999999"),
      /num_feature is "999999999999", at most 1000000/,
    ],
    [
      "no trees at all",
      (one) => Object.assign(one.learner.gradient_booster, { model: {} }),
      /gradient_booster\.model\.trees is missing, a list was expected/,
    ],
  ])("with %s is refused, and the place is named", (_, edit, message) => {
    const error = refuse(editXgboost(edit));
    expect(error.code).toBe("TREE_MODEL_INVALID");
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^m\.bin is no usable tree model/);
    expect(error.hint).toMatch(/save/i);
  });

  it.each<[string, (document: XgboostDocument) => void, RegExp]>([
    [
      "gblinear",
      (one) => (one.learner.gradient_booster.name = "gblinear"),
      /booster "gblinear" is not supported/,
    ],
    [
      "an unknown objective",
      (one) => (one.learner.objective.name = "reg:new"),
      /objective "reg:new" is not supported/,
    ],
    [
      "a vector at each leaf",
      (one) => Object.assign(firstTree(one), { tree_param: { size_leaf_vector: "3" } }),
      /multi_output_tree/,
    ],
    [
      "several targets",
      (one) => (one.learner.learner_model_param["num_target"] = "3"),
      /a model of 3 targets at once \(binary:logistic\)/,
    ],
    [
      "no trees, of which XGBoost takes the base score for a margin",
      (one) => Object.assign(one.learner.gradient_booster.model, { trees: [], tree_info: [] }),
      /a model without trees/,
    ],
    [
      "categories cut off by XGBoost before 3.4",
      (one) =>
        Object.assign(one.learner.gradient_booster.model, {
          cats: { enc: [{ offsets: [0, 2], values: [195, 169] }, {}, {}, {}] },
        }),
      /letters beyond ASCII/,
    ],
  ])("with %s is refused by name, and the way out is named", (_, edit, message) => {
    const error = refuse(editXgboost(edit));
    expect(error.code).toBe("TREE_MODEL_NOT_SUPPORTED");
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(/predict-command/);
  });

  it("tells whose columns must hold codes where the file is too old to keep categories", () => {
    const old = editXgboost((one) => {
      Object.assign(one, { version: [2, 1, 4] });
      one.learner.gradient_booster.model.cats = undefined;
    }, "xgb-categories.json");
    expect(readTreeEnsemble(old, "xgboost-json", "m.json")?.notes).toEqual([
      "XGBoost 2.1.4 keeps no categories in its files: colour, level must hold the codes that the training data frame had for them (0, 1, …), not the categories; numbers are taken for codes.",
    ]);
    const sound = editXgboost(() => undefined, "xgb-categories.json");
    expect(readTreeEnsemble(sound, "xgboost-json", "m.json")?.notes).toEqual([]);
  });

  it("that is a chain deeper than any model is refused", () => {
    const deep = 5000;
    const error = refuse(
      editXgboost((one) => {
        const nodes = 2 * deep + 1;
        const each = <T>(read: (node: number) => T): T[] =>
          Array.from({ length: nodes }, (_, node) => read(node));
        Object.assign(firstTree(one), {
          left_children: each((node) => (node % 2 === 0 && node < nodes - 1 ? node + 2 : -1)),
          right_children: each((node) => (node % 2 === 0 && node < nodes - 1 ? node + 1 : -1)),
          split_indices: each(() => 0),
          split_conditions: each((node) => node),
          default_left: each(() => 0),
          sum_hessian: each(() => 1),
          categories_nodes: undefined,
        });
      }),
    );
    expect(error.message).toMatch(/deeper than 1500 splits/);
  });

  it("reads infinite thresholds, and a feature that is called so", () => {
    const text = fixture("xgb-binary-missing.json").toString("utf8");
    const first = /"split_conditions":\[([^,]+),/.exec(text)?.[1] ?? "";
    const edited = text
      .replace(`"split_conditions":[${first},`, '"split_conditions":[-Infinity,')
      .replace('"income"', '"a,NaN,Infinity"');
    const read = readTreeEnsemble(Buffer.from(edited), "xgboost-json", "m.json");
    expect(read?.featureNames).toContain("a,NaN,Infinity");
    expect(read?.trees[0]?.threshold[0]).toBe(-Infinity);
  });
});

describe("a LightGBM objective of square roots", () => {
  it.each(["regression", "regression_l1", "quantile", "fair", "mape"])(
    "squares what %s predicts",
    (objective) => {
      const text = fixture("lgb-zero-missing.txt")
        .toString("utf8")
        .replace("\nobjective=regression\n", `\nobjective=${objective} sqrt\n`);
      const read = readTreeEnsemble(Buffer.from(text), "lightgbm-text", "m.txt");
      expect(read?.head).toEqual({ kind: "value", link: "signed-square", slope: 1 });
    },
  );
});

describe("a bad LightGBM file", () => {
  const sound = fixture("lgb-categories.txt").toString("utf8");
  it.each<[string, (text: string) => string, RegExp]>([
    ["cut off", (text) => text.slice(0, text.indexOf("Tree=1")), /without its line "end of trees"/],
    [
      "a tree missing",
      (text) => text.replace(/Tree=1[\s\S]*?(?=Tree=2)/, ""),
      /it holds 2 trees where its header tells of 3/,
    ],
    [
      "a huge count",
      (text) => text.replace(/num_leaves=\d+/, "num_leaves=99999999999999999999"),
      /tree 0 says num_leaves=9+, a whole number/,
    ],
    [
      "too few numbers",
      (text) => text.replace(/leaf_value=\S+ /, "leaf_value="),
      /tree 0 has \d+ numbers in leaf_value, \d+ were expected/,
    ],
    [
      "a word for a number",
      (text) => text.replace(/leaf_value=\S+/, "leaf_value=oops"),
      /tree 0 has "oops" in leaf_value/,
    ],
    [
      "NaN in a leaf",
      (text) => text.replace(/leaf_value=\S+/, "leaf_value=nan"),
      /tree 0 has "nan" in leaf_value/,
    ],
    [
      "a cycle",
      (text) => text.replace(/left_child=\S+/, "left_child=0"),
      /tree 0 (names the child 0|reaches node)/,
    ],
    [
      "falling bounds of categories",
      (text) => text.replace(/cat_boundaries=0 \d+/, "cat_boundaries=0 -4"),
      /no rising cat_boundaries/,
    ],
    [
      "more names than features",
      (text) => text.replace("feature_names=", "feature_names=x "),
      /it names 7 features and takes 6/,
    ],
    [
      "categories that are no JSON",
      (text) => text.replace(/pandas_categorical:.*/, "pandas_categorical:[["),
      /pandas_categorical is no JSON/,
    ],
  ])("with %s is refused, and the place is named", (_, edit, message) => {
    const error = refuse(Buffer.from(edit(sound)), "lightgbm-text");
    expect(error.code).toBe("TREE_MODEL_INVALID");
    expect(error.message).toMatch(message);
  });

  it.each<[string, (text: string) => string, RegExp]>([
    ["linear trees", (text) => text.replace("is_linear=0", "is_linear=1"), /linear tree/],
    [
      "an unknown objective",
      (text) => text.replace("objective=binary", "objective=new"),
      /objective "new/,
    ],
  ])("with %s is refused by name", (_, edit, message) => {
    const error = refuse(Buffer.from(edit(sound)), "lightgbm-text");
    expect(error.code).toBe("TREE_MODEL_NOT_SUPPORTED");
    expect(error.message).toMatch(message);
  });

  it("whose categories belong to columns that it does not tell is read, and says that codes are needed", () => {
    const edited = sound.replace(/\[categorical_feature: .*\]/, "[categorical_feature: ]");
    const read = readTreeEnsemble(Buffer.from(edited), "lightgbm-text", "m.txt");
    expect(read?.categories.size).toBe(0);
    expect(read?.notes.join()).toMatch(/must hold codes/);
  });
});

describe("files damaged anywhere", () => {
  const names = ["xgb-categories.ubj", "xgb-dart.json", "lgb-categories.txt"];
  it.each(names)(
    "end in a DataError or still are a model: %s cut off or with a byte changed",
    (name) => {
      const sound = fixture(name);
      const kind = recogniseModelBytes(sound);
      const isFine = (bytes: Uint8Array): boolean => {
        try {
          readTreeModel(bytes, kind, name);
          return true;
        } catch (error) {
          return error instanceof DataError;
        }
      };
      fc.assert(
        fc.property(fc.nat(sound.length - 1), fc.nat(255), fc.boolean(), (at, byte, isCut) => {
          const bytes = Buffer.from(isCut ? sound.subarray(0, at) : sound);
          if (!isCut) bytes[at] = byte;
          expect(isFine(bytes)).toBe(true);
        }),
        { numRuns: 400 },
      );
    },
  );
});
