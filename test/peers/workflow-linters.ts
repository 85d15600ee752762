import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { PeerSuite } from "./check.ts";
import { actionlintVersion, requireProgram, runProgram } from "./tools.ts";

const root = join(import.meta.dirname, "../..");
const find = (pattern: string) => globSync(pattern, { cwd: root }).toSorted();
const workflows = () => [...find("example-workflows/*.yml"), ...find(".github/workflows/*.yml")];

/**
 * actionlint v1.7.12 does not know `uses: $/actions/<name>` (an action of the same repository) and
 * refuses it under its rule "action"; that one message is set aside, and nothing else.
 */
const unknownToActionlint = String.raw`specifying action "\$/`;

/** Whether shellcheck is installed must not decide. */
const plain = ["-no-color", "-oneline", "-shellcheck=", "-pyflakes="];

/** Slipway's actions named by path, as actionlint must see them to hold them against their action.yml. */
function namedByPath(workflow: string): string {
  return workflow
    .replaceAll(/uses: \$\//g, "uses: ./")
    .replaceAll(/uses: slipway-ml\/slipway(\/[\w/-]+)?@v[\w.-]+/g, "uses: .$1/")
    .replaceAll(/(uses: \.\/[\w/-]+)\/$/gm, "$1");
}

/** The workflows, by actionlint. */
export const actionlintSuite: PeerSuite = {
  peer: "actionlint",
  run: async (check, { actionlint }) => {
    await check(`is the pinned ${actionlintVersion}`, async () => {
      const version = await requireProgram(actionlint, ["-version"]);
      assert.match(version, new RegExp(`^${actionlintVersion}`));
    });
    for (const file of workflows()) {
      await check(`${file} is clean`, async () => {
        const ignored = ["-ignore", unknownToActionlint];
        const { code, stdout, stderr } = await runProgram(actionlint, [...plain, ...ignored, file]);
        assert.equal(code, 0, `${stdout}${stderr}`);
      });
      await check(
        `${file} gives Slipway's actions inputs, and reads outputs, that they have`,
        async () => {
          const parameters = [...plain, "-stdin-filename", file, "-"];
          const input = namedByPath(readFileSync(join(root, file), "utf8"));
          const { code, stdout, stderr } = await runProgram(actionlint, parameters, { input });
          assert.equal(code, 0, `${stdout}${stderr}`);
        },
      );
    }
    await check("sees a fault where there is one", async () => {
      const broken = join(import.meta.dirname, "broken-workflow.yml");
      const { code, stdout } = await runProgram(actionlint, ["-oneline", broken]);
      assert.equal(code, 1);
      assert.match(stdout, /property "nothing" is not defined/);
    });
  },
};

interface Finding {
  readonly ident: string;
  readonly desc: string;
  readonly determinations: { readonly severity: string };
  readonly locations: readonly {
    readonly concrete: {
      readonly feature: string;
      readonly location: { readonly start_point: { readonly row: number } };
    };
  }[];
}

const grave = new Set(["Medium", "High"]);

async function audit(zizmor: string, files: readonly string[], config: readonly string[]) {
  const options = ["--offline", "--no-progress", "--quiet", "--format=json-v1", "--no-exit-codes"];
  const text = await requireProgram(zizmor, [...options, ...config, ...files]);
  return (JSON.parse(text) as Finding[]).filter((finding) =>
    grave.has(finding.determinations.severity),
  );
}

/** Workflows and actions, by zizmor, under the policy of .github/zizmor.yml. */
export const zizmorSuite: PeerSuite = {
  peer: "zizmor",
  run: async (check, { zizmor }) => {
    const policy = ["--config", join(root, ".github/zizmor.yml")];
    for (const file of ["action.yml", ...find("actions/*/action.yml"), ...workflows()]) {
      await check(`${file} has nothing of medium or high severity`, async () => {
        const findings = await audit(zizmor, [file], policy);
        assert.deepEqual(findings.map(describeFinding), []);
      });
    }
    await check("without the policy, only Slipway's own tag references are found", async () => {
      const findings = await audit(zizmor, workflows(), ["--no-config"]);
      for (const { ident, locations } of findings) {
        assert.equal(ident, "unpinned-uses");
        assert.match(locations[0]?.concrete.feature ?? "", /slipway-ml\/slipway.*@v\d/);
      }
    });
    await check("sees a fault where there is one", async () => {
      const broken = join(import.meta.dirname, "broken-workflow.yml");
      const found = (await audit(zizmor, [broken], policy)).map(({ ident }) => ident);
      assert.ok(found.includes("template-injection"), found.join(", "));
      assert.ok(found.includes("unpinned-uses"), found.join(", "));
    });
  },
};

function describeFinding({ ident, desc, locations }: Finding): string {
  const row = locations[0]?.concrete.location.start_point.row;
  return `line ${row === undefined ? "?" : row + 1}: ${ident}: ${desc}`;
}
