import { createRandom, type Random } from "#stats";

/** How well a made-up model sees what the truth depends on. */
export interface Quality {
  readonly signal: number;
  readonly noise: number;
  readonly bias: number;
  readonly seed: number;
}

/** Predictions as a file has them. */
export interface Rows {
  readonly target: string;
  readonly positive: string | null;
  readonly columns: readonly string[];
  readonly lines: readonly (readonly (string | number)[])[];
  /** Metrics that earlier versions were evaluated by, about as they were. */
  readonly metrics: Readonly<Record<string, number>>;
}

const logistic = (value: number): number => 1 / (1 + Math.exp(-value));

/** The truth's own random numbers, the same whichever model is asked. */
const truths = (): Random => createRandom(7);

const REGIONS = ["north", "south", "east", "west", "central", "islands", "highlands", "coast"];

/** Who leaves: two classes, with scores of both. */
export function binaryRows(count: number, quality: Quality, regions = REGIONS.length): Rows {
  const truth = truths();
  const model = createRandom(quality.seed);
  const lines = Array.from({ length: count }, (_, id) => {
    const hidden = truth.normal();
    const left = truth.uniform() < logistic(2.4 * hidden - 0.7);
    const region = truth.integer(regions);
    const plan = ["free", "basic", "pro"][truth.integer(3)] ?? "";
    const hard = region === 2 ? 1.5 : 1;
    const score = logistic(
      quality.signal * hidden - 0.7 + quality.bias + hard * quality.noise * model.normal(),
    );
    return [
      id,
      regions > REGIONS.length ? `district ${region + 1}` : (REGIONS[region] ?? ""),
      plan,
      left ? "left" : "stayed",
      score >= 0.5 ? "left" : "stayed",
      score.toFixed(5),
    ];
  });
  return {
    target: "outcome",
    positive: "left",
    columns: ["id", "region", "plan", "outcome", "prediction", "score_left"],
    lines,
    metrics: {
      accuracy: 0.78,
      balanced_accuracy: 0.77,
      f1: 0.71,
      roc_auc: 0.86,
      log_loss: 0.47,
      brier: 0.15,
    },
  };
}

const ANIMALS =
  "badger,boar,fallow deer,fox,hare,lynx,marten,raccoon dog,red deer,roe deer,wild cat,wolf";

/** Which animal a camera saw: twelve classes, some of them alike. */
export function classRows(count: number, quality: Quality): Rows {
  const names = ANIMALS.split(",");
  const truth = truths();
  const model = createRandom(quality.seed);
  const lines = Array.from({ length: count }, (_, id) => {
    const own = Math.floor(names.length * truth.uniform() ** 1.6);
    const camera = `camera ${truth.integer(6) + 1}`;
    const raw = names.map(
      (_, at) =>
        (at === own ? quality.signal : Math.abs(at - own) === 1 ? 0.6 * quality.signal : 0) +
        1.1 * quality.noise * model.normal(),
    );
    const total = raw.reduce((sum, value) => sum + Math.exp(value), 0);
    const scores = raw.map((value) => Math.exp(value) / total);
    const predicted = scores.indexOf(Math.max(...scores));
    return [
      id,
      camera,
      names[own] ?? "",
      names[predicted] ?? "",
      ...scores.map((score) => score.toFixed(8)),
    ];
  });
  return {
    target: "animal",
    positive: null,
    columns: ["id", "camera", "animal", "prediction", ...names.map((name) => `score_${name}`)],
    lines,
    metrics: { accuracy: 0.7, f1_macro: 0.66, log_loss: 1.1, roc_auc_ovr: 0.93 },
  };
}

/** What a house costs. */
export function valueRows(count: number, quality: Quality): Rows {
  const truth = truths();
  const model = createRandom(quality.seed);
  const lines = Array.from({ length: count }, (_, id) => {
    const hidden = truth.normal();
    const price = 40 + 9 * hidden + 3.5 * truth.normal();
    const predicted = 40 + 9 * hidden + 4 * quality.noise * model.normal() + 2 * quality.bias;
    return [id, `district ${truth.integer(9) + 1}`, price.toFixed(3), predicted.toFixed(3)];
  });
  return {
    target: "price",
    positive: null,
    columns: ["id", "district", "price", "prediction"],
    lines,
    metrics: { rmse: 4.9, mae: 3.9, r2: 0.74 },
  };
}

const HOSTILE = [
  "<img src=x onerror=alert(1)>",
  "a|b`c`",
  "@octocat closes #1 https://evil.test",
  "\u001B[31mred\u001B[0m",
  "x".repeat(10_000),
  "](javascript:alert(1))",
  "--><script>alert(1)</script>",
  "</summary></details># not a heading",
];

/** Names that are markup. */
export function hostileRows(quality: Quality): Rows {
  const truth = truths();
  const model = createRandom(quality.seed);
  const lines = Array.from({ length: 640 }, (_, id) => {
    const hidden = truth.normal();
    const first = truth.uniform() < logistic(2 * hidden);
    const score = logistic(quality.signal * hidden + quality.noise * model.normal());
    return [
      id,
      HOSTILE[id % HOSTILE.length] ?? "",
      HOSTILE[first ? 0 : 6] ?? "",
      HOSTILE[score >= 0.5 ? 0 : 6] ?? "",
      score.toFixed(5),
    ];
  });
  return {
    target: "</script><script>alert(2)</script>",
    positive: HOSTILE[0] ?? "",
    columns: [
      "id",
      "|<img src=x>`@octocat`",
      "</script><script>alert(2)</script>",
      "prediction",
      "score</script>",
    ],
    lines,
    metrics: {},
  };
}

/** A CSV file of the rows. */
export function csvOf({ columns, lines }: Rows): string {
  const quote = (value: string | number): string => `"${String(value).replaceAll('"', '""')}"`;
  return [columns, ...lines].map((line) => line.map(quote).join(",")).join("\n") + "\n";
}
