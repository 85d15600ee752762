import type { EnsembleHead } from "./tree-ensemble.ts";

/** How an XGBoost objective turns margins into predictions, and a base score into a margin. */
export interface XgboostObjective {
  readonly head: EnsembleHead;
  readonly toMargin: (baseScore: number) => number;
}

const asItIs = (baseScore: number): number => baseScore;
/** In 32-bit steps, as XGBoost computes it. */
const logit = (probability: number): number =>
  Math.fround(-Math.fround(Math.log(Math.fround(Math.fround(1 / probability) - 1))));
const log = (mean: number): number => Math.fround(Math.log(mean));

const value = (link: Extract<EnsembleHead, { kind: "value" }>["link"]): EnsembleHead => ({
  kind: "value",
  link,
  slope: 1,
});
const binary = (link: Extract<EnsembleHead, { kind: "binary" }>["link"]): EnsembleHead => ({
  kind: "binary",
  link,
  slope: 1,
});
const softmax: XgboostObjective = {
  head: { kind: "multiclass", link: "softmax", slope: 1 },
  toMargin: asItIs,
};
const plain: XgboostObjective = { head: value("identity"), toMargin: asItIs };
const positive: XgboostObjective = { head: value("exp"), toMargin: log };

/** The objectives that are scored, by the names in XGBoost's files. */
export const xgboostObjectives: ReadonlyMap<string, XgboostObjective> = new Map([
  ["reg:squarederror", plain],
  ["reg:linear", plain],
  ["reg:absoluteerror", plain],
  ["reg:pseudohubererror", plain],
  ["reg:squaredlogerror", plain],
  ["reg:quantileerror", plain],
  ["rank:pairwise", plain],
  ["rank:ndcg", plain],
  ["rank:map", plain],
  ["reg:logistic", { head: value("logistic"), toMargin: logit }],
  ["reg:gamma", positive],
  ["reg:tweedie", positive],
  ["count:poisson", positive],
  ["survival:cox", positive],
  ["survival:aft", positive],
  ["binary:logistic", { head: binary("logistic"), toMargin: logit }],
  ["binary:logitraw", { head: binary("margin"), toMargin: asItIs }],
  ["binary:hinge", { head: binary("hinge"), toMargin: asItIs }],
  ["multi:softprob", softmax],
  ["multi:softmax", softmax],
]);
