import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Names in the demo's project. */
export const names = {
  model: "weather",
  service: "weather-api",
  bucket: "slipway-demo",
  region: "europe-west1",
} as const;

/** Params of the built-in trainer. */
export type Params = Readonly<Record<string, number | string>>;

/** The params as the story changes them. */
export const params = {
  first: { model: "trees", trees: 60, learning_rate: 0.1, max_leaves: 15 },
  /** One tree with hardly any step: it says little more than how often each kind of day is. */
  worse: { model: "trees", trees: 1, learning_rate: 0.001, max_leaves: 2 },
  better: {
    model: "trees",
    trees: 200,
    learning_rate: 0.05,
    max_leaves: 4,
    min_child_samples: 10,
  },
  another: {
    model: "trees",
    trees: 200,
    learning_rate: 0.05,
    max_leaves: 5,
    min_child_samples: 10,
  },
} as const satisfies Readonly<Record<string, Params>>;

/** What `slipway.yml` is made from. */
export interface SettingsOptions {
  readonly params: Params;
  readonly project: string;
  /** The model server's image, by digest. */
  readonly image: string;
}

/** The demo's `slipway.yml`: the one file that belongs to the model. */
export function composeSettings(options: SettingsOptions): string {
  const { model, service, bucket, region } = names;
  const written = Object.entries(options.params)
    .map(([name, value]) => `${name}: ${value}`)
    .join(", ");
  return `models:
  ${model}:
    target: weather
    id: [location, date]
    destination: gs://${bucket}/models
    train-model:
      data: gs://${bucket}/weather/*.csv
      features: [date, precipitation, temp_max, temp_min, wind]
      split: 0.6/0.1/0.3
      params: { ${written} }
    evaluate-gate:
      thresholds: |
        accuracy >= 0.75
        accuracy >= production - 0.05
        log_loss <= production + 0.1
    drift-check:
      current: gs://${bucket}/logs/{date}/*.jsonl
      window: 1d
      ignore: date
      on-drift: issue, dispatch
      retrain-workflow: retrain.yml
    environments:
      production:
        deploy-cloud-run:
          service: ${service}
          region: ${region}
          project: ${options.project}
          image: ${options.image}
          steps: 25,50,100
          bake-time: 3s
          env:
            PREDICTION_LOG: gs://${bucket}/logs/{date}/
            PREDICTION_LOG_INTERVAL: "1"
`;
}

/** Where the workflows lie that users copy. */
export function workflowsDirectory(repositoryRoot: string): string {
  return path.join(repositoryRoot, "example-workflows");
}

const readme = `# Weather

What kind of day is it: sun, rain, fog, drizzle or snow? Trained, judged, released and served by
the workflows in \`.github/workflows\`; \`slipway.yml\` says how.
`;

/** Writes the project that the demo pushes: the example workflows byte for byte, and its own settings. */
export function writeProject(
  directory: string,
  options: SettingsOptions & { readonly repositoryRoot: string },
): void {
  const workflows = path.join(directory, ".github/workflows");
  mkdirSync(workflows, { recursive: true });
  const source = workflowsDirectory(options.repositoryRoot);
  for (const file of readdirSync(source).filter((name) => name.endsWith(".yml"))) {
    writeFileSync(path.join(workflows, file), readFileSync(path.join(source, file)));
  }
  writeFileSync(path.join(directory, "README.md"), readme);
  writeFileSync(path.join(directory, ".gitignore"), "slipway-run/\n");
  writeSettings(directory, options);
}

/** Writes `slipway.yml` anew. */
export function writeSettings(directory: string, options: SettingsOptions): void {
  writeFileSync(path.join(directory, "slipway.yml"), composeSettings(options));
}
