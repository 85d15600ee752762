import { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } from "./language.ts";
import { readCondition, readSteps } from "./parse-steps.ts";
import { readPermissions } from "./permissions.ts";
import {
  entriesOf,
  itemsOf,
  literalText,
  placeOf,
  refuse,
  throwOnFaults,
  type Template,
} from "./tokens.ts";
import type {
  CallJob,
  Job,
  RunDefaults,
  StepsJob,
  Workflow,
  WorkflowCall,
  WorkflowInput,
} from "./workflow-model.ts";

const unsupportedJobKeys = ["container", "services", "snapshot"];
const inputTypes = ["string", "boolean", "number", "choice", "environment"] as const;

function readInputs(template: Template | undefined): Map<string, WorkflowInput> {
  const inputs = new Map<string, WorkflowInput>();
  for (const [name, definition] of entriesOf(template)) {
    const keys = entriesOf(definition);
    const type = inputTypes.find((known) => known === (literalText(keys.get("type")) ?? "string"));
    if (type === undefined) refuse(placeOf(definition), `input ${name} has an unknown type`);
    inputs.set(name, {
      type,
      required: literalText(keys.get("required")) === "true",
      default: keys.get("default"),
      options: itemsOf(keys.get("options")).map((option) => literalText(option) ?? ""),
    });
  }
  return inputs;
}

function readCall(template: Template | undefined): WorkflowCall | undefined {
  if (template === undefined) return undefined;
  const keys = entriesOf(template);
  const outputs = new Map<string, Template>();
  for (const [name, definition] of entriesOf(keys.get("outputs"))) {
    const value = entriesOf(definition).get("value");
    if (value !== undefined) outputs.set(name, value);
  }
  const secrets = [...entriesOf(keys.get("secrets"))].map(([name, definition]) => {
    const required = literalText(entriesOf(definition).get("required")) === "true";
    return [name, { required }] as const;
  });
  return { inputs: readInputs(keys.get("inputs")), secrets: new Map(secrets), outputs };
}

function readDefaults(template: Template | undefined): RunDefaults {
  const run = entriesOf(entriesOf(template).get("run"));
  return { shell: run.get("shell"), workingDirectory: run.get("working-directory") };
}

function readJob(id: string, template: Template): Job {
  const keys = entriesOf(template);
  const place = placeOf(template);
  for (const key of unsupportedJobKeys) {
    const value = keys.get(key);
    if (value)
      refuse(placeOf(value), `\`${key}\` is not supported by the local runner (job ${id})`);
  }
  const base = {
    id,
    name: keys.get("name"),
    needs: itemsOf(keys.get("needs")).map((need) => literalText(need) ?? ""),
    condition: readCondition(keys.get("if"), place),
    strategy: keys.get("strategy"),
    permissions: readPermissions(keys.get("permissions")),
    concurrency: keys.get("concurrency"),
    place,
  };
  const uses = literalText(keys.get("uses"));
  if (uses !== undefined) {
    return {
      ...base,
      kind: "call",
      uses,
      with: keys.get("with"),
      secrets: keys.get("secrets"),
    } satisfies CallJob;
  }
  const runsOn = keys.get("runs-on");
  if (runsOn === undefined) return refuse(place, `job ${id} needs \`runs-on\` or \`uses\``);
  return {
    ...base,
    kind: "steps",
    runsOn,
    env: keys.get("env"),
    environment: keys.get("environment"),
    outputs: keys.get("outputs"),
    defaults: readDefaults(keys.get("defaults")),
    timeoutMinutes: keys.get("timeout-minutes"),
    cancelTimeoutMinutes: keys.get("cancel-timeout-minutes"),
    continueOnError: keys.get("continue-on-error"),
    steps: readSteps(keys.get("steps")),
  } satisfies StepsJob;
}

/**
 * Reads a workflow file with GitHub's own parser.
 *
 * @throws WorkflowError listing file and line of every fault, and of what is not supported here
 */
export async function parseWorkflowFile(file: string, content: string): Promise<Workflow> {
  const result = parseWorkflow({ name: file, content }, new NoOperationTraceWriter());
  throwOnFaults(file, result);
  if (result.value === undefined) return refuse({ file, line: 1 }, "the file is empty");
  const template = await convertWorkflowTemplate(result.context, result.value);
  throwOnFaults(file, result);

  const keys = entriesOf({ token: result.value, file });
  const triggers = entriesOf(keys.get("on"));
  return {
    file,
    name: literalText(keys.get("name")) ?? file,
    runName: keys.get("run-name"),
    events: template.events,
    dispatchInputs: readInputs(entriesOf(triggers.get("workflow_dispatch")).get("inputs")),
    call:
      "workflow_call" in template.events
        ? readCall(triggers.get("workflow_call") ?? keys.get("on"))
        : undefined,
    env: keys.get("env"),
    defaults: readDefaults(keys.get("defaults")),
    permissions: readPermissions(keys.get("permissions")),
    concurrency: keys.get("concurrency"),
    jobs: [...entriesOf(keys.get("jobs"))].map(([id, job]) => readJob(id, job)),
  };
}
