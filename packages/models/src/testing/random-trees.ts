import type { Random } from "#stats";
import type { Tree, TreeEnsemble } from "../trees/tree-ensemble.ts";
import { LEAF, missingBits, splitTests } from "../trees/tree-ensemble.ts";

/** What random trees are made of. The last `categorical` features are codes 0..40. */
export interface RandomTreeFacts {
  readonly features: number;
  readonly categorical: number;
  readonly depth: number;
  readonly precision: TreeEnsemble["precision"];
}

interface GrowingNode {
  feature: number;
  test: number;
  threshold: number;
  holds: number;
  fails: number;
  missing: number;
  value: number;
  cover: number;
}

/** A tree that splits where chance has it, on thresholds that `randomRow` hits. */
export function randomTree(random: Random, facts: RandomTreeFacts, output = 0): Tree {
  const nodes: GrowingNode[] = [];
  const members = new Map<number, ReadonlySet<number>>();
  const round = facts.precision === "float" ? Math.fround : (value: number): number => value;
  const grow = (depth: number, cover: number): number => {
    const at = nodes.length;
    const isLeaf = depth === 0 || random.uniform() < 0.15;
    const feature = isLeaf ? LEAF : random.integer(facts.features);
    const isCode = feature >= facts.features - facts.categorical;
    const node: GrowingNode = {
      feature,
      test: isCode ? splitTests.member : random.integer(2),
      threshold: isLeaf || isCode ? 0 : round(someNumber(random)),
      holds: 0,
      fails: 0,
      missing: random.integer(2),
      value: round(random.normal()),
      cover,
    };
    nodes.push(node);
    if (isLeaf) return at;
    if (isCode) {
      const codes = Array.from({ length: 41 }, (_, code) => code);
      members.set(at, new Set(codes.filter(() => random.uniform() < 0.3)));
    } else if (random.uniform() < 0.2) node.missing |= missingBits.zero;
    const share = 0.1 + 0.8 * random.uniform();
    node.holds = grow(depth - 1, cover * share);
    node.fails = grow(depth - 1, cover * (1 - share));
    return at;
  };
  grow(facts.depth, 1000);
  const column = (read: (node: GrowingNode) => number): Float64Array =>
    Float64Array.from(nodes, read);
  return {
    outputs: Int32Array.of(output),
    feature: Int32Array.from(nodes, ({ feature }) => feature),
    test: Uint8Array.from(nodes, ({ test }) => test),
    threshold: column(({ threshold }) => threshold),
    holds: Int32Array.from(nodes, ({ holds }) => holds),
    fails: Int32Array.from(nodes, ({ fails }) => fails),
    missing: Uint8Array.from(nodes, ({ missing }) => missing),
    members,
    values: column(({ value }) => value),
    cover: column(({ cover }) => cover),
  };
}

/** A number that meets thresholds: tenths, so that `<` and `<=` differ. */
function someNumber(random: Random): number {
  return (random.integer(21) - 10) / 10;
}

/** A row of values, some missing, some zero, codes also beyond those known. */
export function randomRow(random: Random, { features, categorical }: RandomTreeFacts): number[] {
  return Array.from({ length: features }, (_, feature) => {
    if (random.uniform() < 0.2) return Number.NaN;
    return feature >= features - categorical ? random.integer(45) - 2 : someNumber(random);
  });
}

/** An ensemble of such trees, predicting the sum. */
export function randomEnsemble(
  random: Random,
  facts: RandomTreeFacts & { readonly trees: number; readonly outputs: number },
): TreeEnsemble {
  const { features, precision, trees, outputs } = facts;
  return {
    producer: "chance",
    objective: "",
    features,
    featureNames: null,
    categories: new Map(),
    precision,
    categoryRounding: precision === "float" ? "floor" : "truncate",
    trees: Array.from({ length: trees }, (_, at) => randomTree(random, facts, at % outputs)),
    base: Float64Array.from({ length: outputs }, () => Math.fround(random.normal())),
    divisor: 1,
    head:
      outputs === 1
        ? { kind: "value", link: "identity", slope: 1 }
        : { kind: "multiclass", link: "identity", slope: 1 },
    notes: [],
  };
}
