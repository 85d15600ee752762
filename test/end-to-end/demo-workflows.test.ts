import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import {
  params,
  workflowsDirectory,
  writeProject,
} from "../../packages/sandbox/src/demo/project.ts";
import { repositoryRoot } from "./some-demo.ts";

const image = `ghcr.io/slipway-ml/server@sha256:${"0".repeat(64)}`;

function projectIn(directory: string): string {
  writeProject(directory, { repositoryRoot, params: params.first, project: "acme", image });
  return path.join(directory, ".github/workflows");
}

describe("the demo's workflows", () => {
  it("are the repository's example workflows, all of them, byte for byte", () => {
    const directory = mkdtempSync(path.join(tmpdir(), "slipway-project-"));
    try {
      const copied = projectIn(directory);
      const source = workflowsDirectory(repositoryRoot);
      const files = readdirSync(source).sort();
      expect(files.length).toBeGreaterThan(0);
      expect(readdirSync(copied).sort()).toEqual(files);
      for (const file of files) {
        expect(
          readFileSync(path.join(copied, file)).equals(readFileSync(path.join(source, file))),
        ).toBe(true);
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it("name nothing of the demo's model, service, bucket or region", () => {
    const source = workflowsDirectory(repositoryRoot);
    for (const file of readdirSync(source)) {
      const text = readFileSync(path.join(source, file), "utf8");
      expect(text).not.toMatch(/weather|slipway-demo|europe-west1|localhost|127\.0\.0\.1|sandbox/i);
    }
  });
});
