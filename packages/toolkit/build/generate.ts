/**
 * Writes what is made from the inputs' and documents' schemas: `inputs:` of each action.yml, the
 * tables in each action's README, the page of metrics and checks, the names that slipway.yml may hold,
 * and the JSON Schemas.
 * `node packages/toolkit/build/generate.ts [--check]` (`--check` only says what is stale).
 */
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import * as z from "zod/mini";
import { isMap, parseDocument } from "yaml";
import * as core from "#core";
import type { Fields } from "../src/inputs/parse-inputs.ts";
import { composeMetricsPage } from "./metrics-page.ts";

const root = resolve(import.meta.dirname, "../../..");
const check = process.argv.includes("--check");
const stale: string[] = [];

/** The token is the one input with a default in action.yml: a step gets the job's own in no other way. */
const TOKEN_DEFAULT = "${{ github.token }}";

async function loadSchemas(): Promise<ReadonlyMap<string, Fields>> {
  const schemas = new Map<string, Fields>();
  for (const name of (await readdir(join(root, "actions"))).sort()) {
    const path = join(root, "actions", name, "src/inputs.ts");
    if ((await stat(path).catch(() => null)) === null) continue;
    const module = (await import(path)) as { readonly schema: Fields };
    schemas.set(name, module.schema);
  }
  return schemas;
}

async function put(path: string, content: string): Promise<void> {
  const present = await readFile(path, "utf8").catch(() => "");
  if (present === content) return;
  if (check) stale.push(relative(root, path));
  else await writeFile(path, content);
}

function describe(field: Fields[string]): string {
  if (field.default === null || field.default === "") return field.description;
  return `${field.description} Default: ${field.default.replaceAll(/\s*\n\s*/g, "; ")}.`;
}

async function writeActionInputs(name: string, fields: Fields): Promise<void> {
  const path = join(root, "actions", name, "action.yml");
  const document = parseDocument(await readFile(path, "utf8"));
  const inputs = Object.fromEntries(
    Object.entries(fields).map(([input, field]) => [
      input,
      {
        description: describe(field),
        ...(input === "token" && { default: TOKEN_DEFAULT }),
      },
    ]),
  );
  document.set("inputs", document.createNode(inputs));
  await put(path, document.toString({ lineWidth: 0 }));
}

function table(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", "<br>")).join(" | ")} |`;
  return [line(headers), line(headers.map(() => "---")), ...rows.map(line)].join("\n");
}

async function writeReadmeTables(name: string, fields: Fields): Promise<void> {
  const path = join(root, "actions", name, "README.md");
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return;
  const action = parseDocument(await readFile(join(root, "actions", name, "action.yml"), "utf8"));
  const inputs = table(
    ["input", "default", "meaning"],
    Object.entries(fields).map(([input, field]) => [
      `\`${input}\``,
      field.required
        ? "**required**"
        : field.default === null
          ? input === "token"
            ? "the job's token"
            : ""
          : field.default
              .split("\n")
              .map((line) => `\`${line.trim()}\``)
              .join("<br>"),
      field.description,
    ]),
  );
  const outputsNode = action.get("outputs");
  const outputs = isMap(outputsNode)
    ? (outputsNode.toJSON() as Record<string, { readonly description: string }>)
    : {};
  const outputTable = table(
    ["output", "meaning"],
    Object.entries(outputs).map(([output, { description }]) => [`\`${output}\``, description]),
  );
  await put(path, fill(fill(text, "inputs", inputs), "outputs", outputTable));
}

function fill(text: string, marker: string, content: string): string {
  const [begin, end] = [`<!-- ${marker}: generated from action.yml -->`, `<!-- /${marker} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) return text;
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}

async function writeInputNames(schemas: ReadonlyMap<string, Fields>): Promise<void> {
  const entries = [...schemas].map(
    ([name, fields]) => `  ${JSON.stringify(name)}: ${JSON.stringify(Object.keys(fields))},`,
  );
  const content = `/** Inputs of every action by name, generated from their schemas. */\nexport const INPUT_NAMES: Readonly<Record<string, readonly string[]>> = {\n${entries.join("\n")}\n};\n`;
  await put(join(root, "packages/toolkit/src/generated/input-names.ts"), content);
}

const FACT_SCHEMAS: Readonly<Record<(typeof core.FACTS)[number], object>> = {
  target: { type: "string", description: "Label column." },
  id: { type: ["string", "array"], description: "Column or columns that identify a row." },
  time: { type: "string", description: "Column that says when a row was seen." },
  task: { enum: ["auto", "binary", "multiclass", "regression"] },
  code: {
    type: ["string", "array"],
    items: { type: "string" },
    description: "Globs of what counts as the model's code.",
  },
  "working-directory": { type: "string" },
  destination: {
    type: "string",
    description: "Where versions' files are put, e.g. gs://acme-models.",
  },
  "run-directory": { type: "string" },
};

function settingsSchema(schemas: ReadonlyMap<string, Fields>): object {
  const sections = Object.fromEntries(
    [...schemas].map(([name, fields]) => [
      name,
      {
        type: "object",
        additionalProperties: false,
        properties: Object.fromEntries(
          Object.entries(fields)
            .filter(([input, field]) => input !== "config" && input !== "model" && !field.secret)
            .map(([input, field]) => [input, { description: describe(field), ...field.json }]),
        ),
      },
    ]),
  );
  const environments = {
    type: "object",
    additionalProperties: { type: "object", additionalProperties: false, properties: sections },
  };
  const model = {
    type: "object",
    additionalProperties: false,
    properties: { ...FACT_SCHEMAS, ...sections, environments },
  };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "slipway.yml",
    type: "object",
    additionalProperties: false,
    properties: { models: { type: "object", additionalProperties: model }, defaults: model },
  };
}

async function writeSchemas(schemas: ReadonlyMap<string, Fields>): Promise<void> {
  const documents = {
    run: core.runRecordSchema,
    evaluation: core.evaluationSchema,
    manifest: core.manifestSchema,
    push: core.pushRecordSchema,
    deployment: core.deploymentSchema,
    "golden-case": core.goldenCaseSchema,
    "prediction-log-line": core.predictionLogLineSchema,
    profile: core.profileSchema,
  };
  const folder = join(root, "packages/core/schemas");
  for (const [name, schema] of Object.entries(documents)) {
    await put(join(folder, `${name}.json`), core.formatDocument(z.toJSONSchema(schema)));
  }
  await put(join(folder, "slipway.yml.json"), core.formatDocument(settingsSchema(schemas)));
}

const schemas = await loadSchemas();
for (const [name, fields] of schemas) {
  await writeActionInputs(name, fields);
  await writeReadmeTables(name, fields);
}
await put(join(root, "actions/evaluate-gate/METRICS.md"), composeMetricsPage(table));
await writeInputNames(schemas);
await writeSchemas(schemas);
if (stale.length > 0) {
  console.error(`Stale, run npm run generate:\n${stale.join("\n")}`);
  process.exitCode = 1;
}
