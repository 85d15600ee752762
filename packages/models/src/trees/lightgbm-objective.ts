import type { EnsembleHead } from "./tree-ensemble.ts";

const values = [
  "regression",
  "regression_l1",
  "huber",
  "fair",
  "quantile",
  "mape",
  "lambdarank",
  "rank_xendcg",
];
const exponentials = ["poisson", "gamma", "tweedie"];

/**
 * How a LightGBM objective (`binary sigmoid:1`) turns margins into predictions. A file without
 * an objective, or with one of the user's own, predicts margins.
 *
 * @returns `null` for one that is not known
 */
export function lightgbmHead(objective: string, outputs: number): EnsembleHead | null {
  const [name = "", ...settings] = objective.split(/\s+/);
  const slope = Number(
    settings.find((one) => one.startsWith("sigmoid:"))?.slice("sigmoid:".length) ?? 1,
  );
  if (!Number.isFinite(slope)) return null;
  if (name === "" || name === "custom" || name === "none") {
    return outputs === 1
      ? { kind: "value", link: "identity", slope: 1 }
      : { kind: "multiclass", link: "identity", slope: 1 };
  }
  if (values.includes(name)) {
    const link = settings.includes("sqrt") ? "signed-square" : "identity";
    return { kind: "value", link, slope: 1 };
  }
  if (exponentials.includes(name)) return { kind: "value", link: "exp", slope: 1 };
  switch (name) {
    case "binary":
      return { kind: "binary", link: "logistic", slope };
    case "multiclass":
      return { kind: "multiclass", link: "softmax", slope: 1 };
    case "multiclassova":
      return { kind: "multiclass", link: "logistic", slope };
    case "cross_entropy":
      return { kind: "value", link: "logistic", slope: 1 };
    case "cross_entropy_lambda":
      return { kind: "value", link: "log1p-exp", slope: 1 };
    default:
      return null;
  }
}
