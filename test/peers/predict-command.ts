import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryHistory, someManifest, someRun } from "#core/testing";
import { formatSigned } from "#report";
import { measureFile } from "#toolkit";
import { gitRepository } from "../../actions/evaluate-gate/src/git-repository.ts";
import type { Ports } from "../../actions/evaluate-gate/src/ports.ts";
import { openWorkspace } from "../../actions/evaluate-gate/src/testing/some-gate.ts";
import {
  accessTo,
  openRepository,
  type SomeRepository,
} from "../../actions/evaluate-gate/src/testing/some-repository.ts";
import { readable, readRecipe } from "../end-to-end/readme-recipes.ts";
import type { PeerSuite } from "./check.ts";
import { requireProgram } from "./tools.ts";
import { installTorch } from "./torch.ts";

const programs = join(import.meta.dirname, "predict-command");
const read = (name: string): string => readFileSync(join(programs, name), "utf8");

const METRICS = ["accuracy", "f1", "roc_auc", "log_loss"] as const;
type Measures = Readonly<Record<(typeof METRICS)[number], number>>;

interface Expected {
  readonly older: Measures;
  readonly newer: Measures;
  readonly difference: Measures;
}

/** A framework: how its models are trained and how its program scores them. */
interface Framework {
  readonly name: string;
  /** The model's file in the repository. */
  readonly file: string;
  /** How Python is started. */
  readonly python: string;
  readonly train: string;
  /** The text of predict.py. */
  readonly predict: string;
}

/** Two models of a framework, and the rows that both are judged on. */
interface Models {
  readonly folder: string;
  readonly older: string;
  readonly newer: string;
  readonly expected: Expected;
}

/** Runs a command line, which must succeed. */
const shell = (line: string, env: NodeJS.ProcessEnv = {}): Promise<string> =>
  requireProgram("bash", ["-c", line], { env: { ...process.env, ...env } });

/** Trains both models and asks scikit-learn what it makes of their predictions. */
async function makeModels(framework: Framework, folder: string, python: string): Promise<Models> {
  const [older, newer] = [
    join(folder, `older-${framework.file}`),
    join(folder, `newer-${framework.file}`),
  ];
  const train = join(programs, framework.train);
  await shell(`${framework.python} '${train}' '${folder}/train.csv' '${older}' '${newer}'`);
  const program = join(folder, `predict-${framework.file}.py`);
  writeFileSync(program, framework.predict);
  const rows = join(folder, "rows.csv");
  writeFileSync(rows, rowsOf(readFileSync(join(folder, "holdout.csv"), "utf8")));
  for (const model of [older, newer]) {
    await shell(`${framework.python} '${program}'`, {
      SLIPWAY_ROWS: rows,
      SLIPWAY_MODEL_FILE: model,
      SLIPWAY_PREDICTIONS: `${model}.csv`,
    });
  }
  const files = [join(folder, "holdout.csv"), `${older}.csv`, `${newer}.csv`];
  const answer = await requireProgram(python, [join(programs, "expect.py"), ...files]);
  return { folder, older, newer, expected: JSON.parse(answer) as Expected };
}

/** The holdout without its target, its rows numbered, so that they sort as they stand. */
function rowsOf(holdout: string): string {
  const lines = holdout
    .trim()
    .split("\n")
    .map((line) => line.slice(0, line.lastIndexOf(",")));
  const numbered = lines.map(
    (line, at) => `${at === 0 ? "row_key" : `r${String(at).padStart(5, "0")}`},${line}`,
  );
  return `${numbered.join("\n")}\n`;
}

/** Main has the older model, the branch the newer one; both have the program and the rows. */
function commitModels(repository: SomeRepository, framework: Framework, models: Models): string {
  const main = repository.commit("main", {
    "predict.py": framework.predict,
    "holdout.csv": readFileSync(join(models.folder, "holdout.csv")),
    [framework.file]: readFileSync(models.older),
  });
  repository.commit("change", { [framework.file]: readFileSync(models.newer) }, "main");
  return main;
}

/** Holds the newer model against the older one and gives what the gate found and printed. */
async function judge(framework: Framework, models: Models, baseline: "ref:main" | "production") {
  const repository = openRepository();
  const gate = openWorkspace();
  try {
    const main = commitModels(repository, framework, models);
    const workspace = repository.clone("change", 1);
    const temporaryDirectory = join(repository.root, "temporary");
    const access = accessTo(repository.root);
    const git = gitRepository({ workspace, temporaryDirectory, access });
    const ports: Partial<Ports> = {
      workspace,
      temporaryDirectory,
      // A version's release commit is one like any other here.
      repository: { ...git, checkout: ({ tag }) => git.checkoutCommit(main, tag) },
      history: await productionOf(framework, models),
    };
    const { document, reportPath } = await gate.gate(
      {
        model: "tumour",
        "model-file": framework.file,
        "predict-command": `${framework.python} predict.py`,
        data: "holdout.csv",
        target: "target",
        id: "patient",
        "positive-class": "1",
        resamples: "200",
        thresholds: METRICS.map((metric) =>
          metric === "log_loss" ? `${metric} <= baseline + 0.01` : `${metric} >= baseline - 0.01`,
        ).join("\n"),
        baseline,
      },
      ports,
    );
    return { document, report: readable(readFileSync(join(workspace, reportPath), "utf8")) };
  } finally {
    await gate.remove();
    repository.remove();
  }
}

async function productionOf({ file }: Framework, { older }: Models): Promise<Ports["history"]> {
  const bytes = readFileSync(older);
  const files = [{ path: file, role: "model" as const, ...(await measureFile(older)) }];
  const run = someRun({ model: "tumour", files });
  return memoryHistory({
    versions: [
      { manifest: someManifest({ model: "tumour", run, files }), files: { [file]: bytes } },
    ],
    stages: [["production", "v1.0.0"]],
    write: async (path, content) => {
      const { mkdir, writeFile } = await import("node:fs/promises");
      await mkdir(join(path, ".."), { recursive: true });
      await writeFile(path, content);
    },
  });
}

async function expectSame(
  framework: Framework,
  models: Models,
  baseline: "ref:main" | "production",
): Promise<void> {
  const { document, report } = await judge(framework, models, baseline);
  assert.ok(
    document.baseline !== null && document.baseline.rows === document.rows,
    document.reason,
  );
  assert.match(document.baseline.scored_by, /by (its )?predict-command in a worktree of/);
  for (const metric of METRICS) {
    const expected = models.expected.difference[metric];
    const found = document.differences?.[metric]?.value ?? Number.NaN;
    assert.ok(
      Math.abs(found - expected) <= 1e-9,
      `${metric}: ${found}, scikit-learn says ${expected}`,
    );
    assert.notEqual(expected, 0);
    assert.ok(
      report.includes(formatSigned(expected)),
      `${formatSigned(expected)} is not in the report`,
    );
  }
}

/** Models of other frameworks, gated by their own Python against an earlier one. */
export const predictCommandSuite: PeerSuite = {
  peer: "predict-command",
  run: async (check, { python }) => {
    const torch = await installTorch();
    const folder = mkdtempSync(join(tmpdir(), "slipway-peers-"));
    try {
      await requireProgram(python, [join(programs, "make_data.py"), folder]);
      const own = `'${python}'`;
      const frameworks: readonly Framework[] = [
        {
          name: "a scikit-learn joblib",
          file: "tumour.joblib",
          python: own,
          train: "train_joblib.py",
          predict: read("predict_joblib.py"),
        },
        {
          name: "an XGBoost .ubj, by the README's predict.py,",
          file: "tumour.ubj",
          python: own,
          train: "train_xgboost.py",
          predict: readRecipe("gate-alone-predict"),
        },
        ...(torch.kind === "ready"
          ? [
              {
                name: "a PyTorch .pt",
                file: "tumour.pt",
                python: torch.command,
                train: "train_torch.py",
                predict: read("predict_torch.py"),
              },
            ]
          : []),
      ];
      for (const framework of frameworks) {
        const models = await makeModels(framework, folder, python);
        for (const baseline of ["ref:main", "production"] as const) {
          await check(
            `${framework.name} is held against ${baseline} by the differences that scikit-learn computes, to 1e-9`,
            () => expectSame(framework, models, baseline),
          );
        }
      }
      if (torch.kind === "absent") console.log(`  left out: a PyTorch .pt: ${torch.why}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
