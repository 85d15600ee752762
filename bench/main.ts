/**
 * Measures and writes RESULTS.md beside this file: `npm run bench`, `npm run bench -- startup`.
 * A section is replaced only when its bench was run. `--dist DIR` measures another build.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { describeMachine, type Bench } from "./bench.ts";
import { coldStart } from "./cold-start.ts";
import { gate } from "./gate.ts";
import { scoring } from "./scoring.ts";
import { startup } from "./startup.ts";

const benches: readonly Bench[] = [startup, gate, scoring, coldStart];
const resultsPath = join(import.meta.dirname, "RESULTS.md");
const intro =
  "# Results\n\nWritten by `npm run bench`. Ratios carry over between machines better than milliseconds do.";

/** The sections of RESULTS.md by title. */
function readSections(): Map<string, string> {
  if (!existsSync(resultsPath)) return new Map();
  const [, ...sections] = readFileSync(resultsPath, "utf8").split(/^## /m);
  return new Map(
    sections.map((section) => {
      const [title = "", ...body] = section.split("\n");
      return [title, body.join("\n").trim()];
    }),
  );
}

function writeSections(sections: ReadonlyMap<string, string>): void {
  const texts = [...sections].map(([title, body]) => `## ${title}\n\n${body}`);
  writeFileSync(resultsPath, `${[intro, ...texts].join("\n\n")}\n`);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { dist: { type: "string", default: join(import.meta.dirname, "../dist") } },
});
const unknown = positionals.filter((name) => benches.every((bench) => bench.name !== name));
if (unknown.length > 0) {
  console.error(
    `No bench is called ${unknown.join(", ")}; there are: ${benches.map(({ name }) => name).join(", ")}.`,
  );
  process.exit(2);
}
const sections = readSections();
for (const bench of benches) {
  if (positionals.length > 0 && !positionals.includes(bench.name)) continue;
  console.log(`${bench.title} …`);
  const body = await bench.measure({ dist: resolve(values.dist) });
  sections.set(bench.title, `${describeMachine(new Date())}\n\n${body}`);
  console.log(`\n${body}\n`);
}
writeSections(sections);
