import {
  createRandom,
  intervalOf,
  metricCatalog,
  type Evaluation,
  type MetricDescription,
  type Task,
} from "#stats";

/** Rows of which intervals are asked for: an ordinary evaluation, and one of many rows. */
const SIZES = { some: 500, many: 20_000 } as const;
export type Size = keyof typeof SIZES;

interface Shape {
  readonly task: Task;
  readonly rows: number;
  /** Changes what was made. */
  readonly edit?: (made: Made) => Partial<Made>;
}

interface Made {
  readonly truth: Float64Array;
  readonly prediction: Float64Array;
  readonly scores: readonly Float64Array[] | undefined;
  readonly groups: Int32Array;
}

/** Made-up answers that are right more often than not. */
function makeEvaluation({ task, rows, edit }: Shape): Evaluation {
  const random = createRandom(7);
  const classes = task === "multiclass" ? ["a", "b", "c"] : ["no", "yes"];
  const draw = (make: (row: number) => number) =>
    Float64Array.from({ length: rows }, (_, row) => make(row));
  const truth =
    task === "regression"
      ? draw(() => 10 + random.normal())
      : draw(() => random.integer(classes.length));
  const raw = classes.map((_, code) =>
    draw((row) => Math.exp(random.normal() + (truth[row] === code ? 1.5 : 0))),
  );
  const sums = draw((row) => raw.reduce((sum, column) => sum + (column[row] ?? 0), 0));
  const scores = raw.map((column) => column.map((value, row) => value / (sums[row] ?? 1)));
  const best = (row: number): number =>
    scores.reduce(
      (top, column, code) => ((column[row] ?? 0) > (scores[top]?.[row] ?? 0) ? code : top),
      0,
    );
  const prediction =
    task === "regression" ? truth.map((value) => value + random.normal()) : draw(best);
  const groups = Int32Array.from({ length: rows }, () => random.integer(2));
  const made = { truth, prediction, scores, groups };
  const found = { ...made, ...edit?.(made) };
  if (task === "regression") return { task, truth: found.truth, prediction: found.prediction };
  return {
    task,
    classes,
    truth: found.truth,
    prediction: found.prediction,
    ...(found.scores !== undefined && { scores: found.scores }),
    groups: { column: { codes: found.groups, names: ["g", "h"] } },
  };
}

const zeros = (values: Float64Array): Float64Array => values.map(() => 0);

/** What leaves metrics without a value, and the tasks it is tried on. */
const LOSSES: readonly {
  readonly what: string;
  readonly tasks: readonly Task[];
  readonly edit: (made: Made) => Partial<Made>;
}[] = [
  {
    what: "there are no scores",
    tasks: ["binary", "multiclass"],
    edit: () => ({ scores: undefined }),
  },
  {
    what: "scores are no probabilities",
    tasks: ["binary", "multiclass"],
    edit: ({ scores = [] }) => ({
      scores: scores.map((column) => column.map((value) => 4 * value - 2)),
    }),
  },
  {
    what: "every row is of one class",
    tasks: ["binary", "multiclass"],
    edit: ({ truth }) => ({ truth: zeros(truth) }),
  },
  {
    what: "every row is predicted as one class",
    tasks: ["binary", "multiclass"],
    edit: ({ prediction }) => ({ prediction: zeros(prediction) }),
  },
  {
    what: "the truth never varies",
    tasks: ["regression"],
    edit: ({ truth }) => ({ truth: truth.map(() => 5) }),
  },
  {
    what: "a truth is 0",
    tasks: ["regression"],
    edit: ({ truth }) => ({ truth: truth.map((value, row) => (row === 0 ? 0 : value)) }),
  },
  {
    what: "the column has one group",
    tasks: ["binary"],
    edit: ({ groups }) => ({ groups: groups.map(() => 0) }),
  },
];

const ARGUMENTS = { column: "column", "number-and-class": "2", number: "0.5", class: "b" } as const;

function referenceOf({ name, argument }: MetricDescription, task: Task) {
  const isNeeded =
    argument?.required === true || (argument?.kind === "class" && task === "multiclass");
  if (!isNeeded) return { name };
  const ofClass = argument.kind === "number-and-class" && task === "multiclass" ? ",b" : "";
  return { name, argument: `${ARGUMENTS[argument.kind]}${ofClass}` };
}

const options = { resamples: 2000, seed: 42 } as const;

/** How the interval of a metric is made, as the code does it; `null` where it makes none. */
export function probeMethods(): ReadonlyMap<string, Readonly<Record<Size, string | null>>> {
  const evaluations = new Map(
    (["binary", "multiclass", "regression"] as const).map((task) => [
      task,
      {
        some: makeEvaluation({ task, rows: SIZES.some }),
        many: makeEvaluation({ task, rows: SIZES.many }),
      },
    ]),
  );
  return new Map(
    [...metricCatalog.values()].map((metric) => {
      const [task = "binary"] = metric.tasks;
      const methodOf = (size: Size): string | null => {
        const evaluation = evaluations.get(task)?.[size];
        if (evaluation === undefined) throw new RangeError(`no evaluation of ${task}`);
        return intervalOf(referenceOf(metric, task), evaluation, options).method;
      };
      return [metric.name, { some: methodOf("some"), many: methodOf("many") }];
    }),
  );
}

/** When a metric has no value, as the code answers: the same of every task that has it. */
export function probeUndefined(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const metric of metricCatalog.values()) {
    const whats = LOSSES.filter(({ tasks, edit }) =>
      metric.tasks
        .filter((task) => tasks.includes(task))
        .some((task) => {
          const evaluation = makeEvaluation({ task, rows: 40, edit });
          const { value } = intervalOf(referenceOf(metric, task), evaluation, {
            ...options,
            resamples: 100,
            interval: "cheap",
          });
          return value === null;
        }),
    );
    found.set(
      metric.name,
      whats.map(({ what }) => what),
    );
  }
  return found;
}
