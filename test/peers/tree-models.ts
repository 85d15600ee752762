import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  compareContributions,
  comparePredictions,
  type TreeCase,
  type TreeCases,
} from "../golden/tree-case.ts";
import type { Check, PeerSuite } from "./check.ts";
import { requireProgram } from "./tools.ts";

/** Boosters that XGBoost and LightGBM trained and saved, scored and explained by Slipway. */
export const treeModelsSuite: PeerSuite = {
  peer: "XGBoost and LightGBM",
  run: async (check, { python }) => {
    const folder = mkdtempSync(join(tmpdir(), "slipway-peers-"));
    try {
      await requireProgram(python, [join(import.meta.dirname, "tree_models.py"), folder]);
      const { cases, ...versions } = JSON.parse(
        readFileSync(join(folder, "cases.json"), "utf8"),
      ) as TreeCases;
      console.log(
        `  XGBoost ${versions.xgboost}, LightGBM ${versions.lightgbm}: ${cases.length} models`,
      );
      for (const one of cases) await checkCase(check, one, folder);
      await checkRandomModels(check, folder, python);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function checkCase(check: Check, one: TreeCase, folder: string): Promise<void> {
  const files = one.files.join(" and ");
  for (const engine of ["wasm", "native"] as const) {
    await check(`predicts ${files} as the library does, to 1e-6 (${engine})`, async () => {
      expectAtMost(await comparePredictions(one, { folder, engine }), 1e-6);
    });
  }
  if (one.contributions === undefined) return;
  await check(`explains ${files} as the library does, to 1e-5`, async () => {
    expectAtMost(await compareContributions(one, folder), 1e-5);
  });
}

/** How many models of each library are drawn, and from which seed: another run may draw others. */
const randomModels = { count: 60, seed: process.env["SLIPWAY_PEERS_SEED"] ?? "1" };

async function checkRandomModels(check: Check, folder: string, python: string): Promise<void> {
  const { count, seed } = randomModels;
  const script = join(import.meta.dirname, "random_trees.py");
  await requireProgram(python, [script, folder, String(count), seed]);
  const { cases } = JSON.parse(readFileSync(join(folder, "cases.json"), "utf8")) as TreeCases;
  for (const library of ["xgb", "lgb"]) {
    const own = cases.filter(({ name }) => name.startsWith(`random-${library}`));
    await check(
      `predicts ${own.length} random ${library} models (seed ${seed}) to 1e-6`,
      async () => {
        assert.ok(own.length > count / 2, "most draws make a model");
        for (const one of own) {
          const difference = await comparePredictions(one, { folder, engine: "wasm" });
          assert.ok(difference <= 1e-6, `${one.name}, ${one.files.join()}: ${difference}`);
        }
      },
    );
  }
}

function expectAtMost(difference: number, most: number): void {
  assert.ok(difference <= most, `the largest difference is ${difference}`);
}
