import {
  encodeOnnx,
  makeModel,
  makeNode,
  makeTensor,
  makeValueInfo,
  type Attribute,
  type ModelProto,
} from "#models";

const features = 30;
const input = makeValueInfo({ name: "x", type: "float", shape: [null, features] });
const output = makeValueInfo({ name: "y", type: "float", shape: [null, 1] });

/** Numbers in (0, 1), the same on every machine: a multiplicative congruential generator (Park and Miller). */
export function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Rows of 30 features in (0, 1), row-major. */
export function makeRows(rows: number): Float32Array {
  const next = numbersFrom(7);
  return Float32Array.from({ length: rows * features }, next);
}

/** Nodes of complete trees: at each split a feature and a threshold, at each leaf a value. */
function completeTrees(trees: number, depth: number): Record<string, Attribute> {
  const next = numbersFrom(42);
  const splits = 2 ** depth - 1;
  const nodes = 2 ** (depth + 1) - 1;
  const all = Array.from({ length: trees * nodes }, (_, at) => ({
    tree: Math.floor(at / nodes),
    node: at % nodes,
  }));
  const isSplit = all.map(({ node }) => node < splits);
  const leaves = all.filter(({ node }) => node >= splits);
  const ints = (values: number[]): Attribute => ({ kind: "ints", values });
  const floats = (values: number[]): Attribute => ({ kind: "floats", values });
  return {
    nodes_treeids: ints(all.map(({ tree }) => tree)),
    nodes_nodeids: ints(all.map(({ node }) => node)),
    nodes_featureids: ints(isSplit.map((split) => (split ? Math.floor(next() * features) : 0))),
    nodes_values: floats(isSplit.map((split) => (split ? next() : 0))),
    nodes_modes: {
      kind: "strings",
      values: isSplit.map((split) => (split ? "BRANCH_LEQ" : "LEAF")),
    },
    nodes_truenodeids: ints(all.map(({ node }, at) => (isSplit[at] ? 2 * node + 1 : 0))),
    nodes_falsenodeids: ints(all.map(({ node }, at) => (isSplit[at] ? 2 * node + 2 : 0))),
    nodes_missing_value_tracks_true: ints(all.map(() => 0)),
    target_treeids: ints(leaves.map(({ tree }) => tree)),
    target_nodeids: ints(leaves.map(({ node }) => node)),
    target_ids: ints(leaves.map(() => 0)),
    target_weights: floats(leaves.map(() => next() / trees)),
    n_targets: { kind: "int", value: 1 },
    post_transform: { kind: "string", value: "NONE" },
  };
}

/** A forest of 100 complete trees of depth 10 over 30 features: 102,300 splits. */
export function makeForest(): Uint8Array {
  const attributes = completeTrees(100, 10);
  return encodeOnnx(
    wrap(
      "forest",
      [
        makeNode({
          op: "TreeEnsembleRegressor",
          domain: "ai.onnx.ml",
          inputs: ["x"],
          outputs: ["y"],
          attributes,
        }),
      ],
      [],
    ),
  );
}

/** A perceptron of 30-256-128-1 with ReLU between its layers: 40,576 weights. */
export function makePerceptron(): Uint8Array {
  const next = numbersFrom(43);
  const sizes = [features, 256, 128, 1];
  const layers = sizes.slice(1).map((to, at) => ({ from: sizes[at] ?? 1, to, at }));
  const initializers = layers.flatMap(({ from, to, at }) => [
    makeTensor({
      name: `w${at}`,
      type: "float",
      shape: [from, to],
      data: Array.from({ length: from * to }, () => (next() - 0.5) * Math.sqrt(12 / from)),
    }),
    makeTensor({
      name: `b${at}`,
      type: "float",
      shape: [to],
      data: Array.from({ length: to }, () => next() - 0.5),
    }),
  ]);
  const nodes = layers.flatMap(({ at }) => {
    const last = at === layers.length - 1;
    const gemm = makeNode({
      op: "Gemm",
      inputs: [at === 0 ? "x" : `h${at - 1}`, `w${at}`, `b${at}`],
      outputs: [last ? "y" : `s${at}`],
    });
    return last
      ? [gemm]
      : [gemm, makeNode({ op: "Relu", inputs: [`s${at}`], outputs: [`h${at}`] })];
  });
  return encodeOnnx(wrap("perceptron", nodes, initializers));
}

function wrap(
  name: string,
  nodes: ReturnType<typeof makeNode>[],
  initializers: ReturnType<typeof makeTensor>[],
): ModelProto {
  return makeModel({
    name,
    nodes,
    inputs: [input],
    outputs: [output],
    initializers,
    opsets: { "": 17, "ai.onnx.ml": 3 },
  });
}
