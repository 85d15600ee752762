import {
  composeMessage,
  decideBump,
  decideVersion,
  evaluationSchema,
  formatDocument,
  InputError,
  latestVersion,
  parseVersion,
  runRecordSchema,
  selectVersion,
  versionTag,
  type Clock,
  type Evaluation,
  type FileEntry,
  type Log,
  type Manifest,
  type ModelHistory,
  type RunRecord,
  type Version,
  type VersionEntry,
} from "#core";
import {
  fetchRunDirectory,
  openRunDirectory,
  type ArtifactStore,
  type RunDirectory,
} from "#toolkit";
import { composeModelCard } from "./card.ts";
import { checkFiles, gatherFiles } from "./files.ts";
import { locateFirstFiles, type FirstRun } from "./first-run-files.ts";
import type { Inputs } from "./inputs.ts";
import { composeManifest, contentText, titleOf } from "./manifest.ts";
import type { Registry } from "./registry.ts";
import { assetName } from "#github";

/** What register-version needs of the world. */
export interface Ports {
  readonly registry: Registry;
  readonly artifacts: ArtifactStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly actor: string;
  /** The commit of the workflow run: the source where run.json names none. */
  readonly sha: string;
  readonly workspace: string;
  readonly temporaryDirectory: string;
  /** The artifacts of another run of this repository. */
  readonly artifactsOf: FirstRun["artifactsOf"];
  sha256(text: string): string;
}

/** What happened to a version's stage. */
export interface StageNote {
  readonly stage: string;
  readonly tag: string;
  readonly previous: Version | null;
  readonly changed: boolean;
}

export type Outcome =
  | {
      readonly kind: "registered";
      readonly manifest: Manifest;
      readonly digest: string;
      readonly tag: string;
      /** False when this very run was registered already. */
      readonly created: boolean;
      readonly release: { readonly id: number; readonly url: string } | null;
      readonly stage: StageNote | null;
    }
  | {
      readonly kind: "assigned";
      readonly model: string;
      readonly version: Version;
      readonly tag: string;
      readonly stage: StageNote;
    }
  | {
      readonly kind: "marked";
      readonly model: string;
      readonly mark: string;
      readonly tag: string;
      readonly created: boolean;
    };

/** Makes a run a version, or assigns a stage to one, or marks one. Running it again does it once. */
export async function registerVersion(inputs: Inputs, ports: Ports): Promise<Outcome> {
  if (inputs.deprecate || inputs.deregister !== null) return markVersion(inputs, ports);
  const directory = openRunDirectory(resolveRunDirectory(inputs, ports));
  if (await isAssignmentOnly(inputs, directory)) return assignOnly(inputs, ports);

  await fetchRunDirectory(directory, {
    model: inputs.model,
    artifacts: ports.artifacts,
    needs: "run.json",
  });
  const run = await directory.readDocument(runRecordSchema, "run.json");
  const evaluation = await readEvaluation(directory);
  refuseWrongRun(run, inputs);
  refuseVerdict(evaluation, inputs.requireVerdict);

  const claimed = await claimVersion(inputs, { run, evaluation, directory, ports });
  const release = inputs.release
    ? await releaseVersion(inputs, { claimed, directory, ports })
    : null;
  const stage =
    inputs.stage === null
      ? null
      : await assignStage(inputs, inputs.stage, claimed.manifest.version, ports);
  return { kind: "registered", ...claimed, release, stage };
}

function resolveRunDirectory(inputs: Inputs, ports: Ports): string {
  return inputs.runDirectory.startsWith("/")
    ? inputs.runDirectory
    : `${ports.workspace}/${inputs.runDirectory}`;
}

/** A stage and a version, and no run here: only the stage is to be written. */
async function isAssignmentOnly(inputs: Inputs, directory: RunDirectory): Promise<boolean> {
  if (inputs.stage === null || inputs.version === null) return false;
  return parseVersion(inputs.version) === undefined || !(await directory.has("run.json"));
}

async function readEvaluation(directory: RunDirectory): Promise<Evaluation | null> {
  return (await directory.has("evaluation.json"))
    ? directory.readDocument(evaluationSchema, "evaluation.json")
    : null;
}

function refuseWrongRun(run: RunRecord, inputs: Inputs): void {
  if (run.model === inputs.model) return;
  throw new InputError({
    code: "OTHER_MODEL",
    message: `The run in ${inputs.runDirectory} is of model ${run.model}, not ${inputs.model}.`,
    hint: "Give model: the name that train-model was given, or another run-directory:.",
  });
}

function refuseVerdict(evaluation: Evaluation | null, required: Inputs["requireVerdict"]): void {
  if (required === "none") return;
  if (evaluation === null) {
    if (required === "not-fail") return;
    throw new InputError({
      code: "NOT_EVALUATED",
      message: "require-verdict: pass, but the run has no evaluation.json.",
      hint: "Run evaluate-gate before register-version.",
    });
  }
  const refused =
    required === "pass" ? evaluation.verdict !== "pass" : evaluation.verdict === "fail";
  if (!refused) return;
  throw new InputError({
    code: "VERDICT_REFUSED",
    message: `The run's evaluation ended ${evaluation.verdict}: ${evaluation.reason} require-verdict: ${required} refuses it.`,
    hint: "Nothing was registered. Look at the evaluation's report; train a better model or change the thresholds.",
  });
}

interface Registering {
  readonly run: RunRecord;
  readonly evaluation: Evaluation | null;
  readonly directory: RunDirectory;
  readonly ports: Ports;
}

interface Claimed {
  readonly manifest: Manifest;
  readonly digest: string;
  readonly tag: string;
  readonly created: boolean;
  readonly previousManifest: Manifest | null;
}

const MOST_TRIES = 20;

/** Claims the next version for this run; of two runs at once one gets it and the other the next. */
async function claimVersion(inputs: Inputs, registering: Registering): Promise<Claimed> {
  const { run, ports, directory } = registering;
  const content = ports.sha256(contentText(run));
  const files = await gatherFiles(directory, { run, asked: inputs.assets ?? [] });
  await checkFiles(directory, run.files);
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const history = await ports.registry.history(run.model);
    const known = history.versions.find(
      (entry) => entry.content === content && !entry.deregistered,
    );
    if (known !== undefined) return reopenVersion(known, { history, ports });
    const claimed = await tryClaim(inputs, { ...registering, history, files, content });
    if (claimed !== null) return claimed;
    ports.log.info("Another run took the version; trying the next one.");
  }
  throw new InputError({
    code: "REGISTRY_BUSY",
    message: `No version could be claimed in ${MOST_TRIES} tries: other runs take them all the time.`,
    hint: "Give the workflows that register one concurrency: group.",
  });
}

/** This very content is a version already: its manifest is the truth. */
async function reopenVersion(
  entry: VersionEntry,
  { history, ports }: { readonly history: ModelHistory; readonly ports: Ports },
): Promise<Claimed> {
  const manifest = await ports.registry.manifest(entry);
  ports.log.info(`This run is ${entry.tag} already.`);
  const previous = history.versions.find(({ version }) => version === manifest.previous);
  return {
    manifest,
    digest: entry.digest ?? "",
    tag: entry.tag,
    created: false,
    previousManifest: previous === undefined ? null : await ports.registry.manifest(previous),
  };
}

async function tryClaim(
  inputs: Inputs,
  claim: Registering & {
    readonly history: ModelHistory;
    readonly files: readonly FileEntry[];
    readonly content: string;
  },
): Promise<Claimed | null> {
  const { run, evaluation, history, ports } = claim;
  const previousEntry = latestVersion(history);
  const previousManifest =
    previousEntry === null ? null : await readPreviousManifest(previousEntry, ports);
  const decision = decideBump(run, previousManifest?.run ?? null);
  const version = decideVersion(
    decision,
    {
      bump: inputs.bump,
      version: inputs.version === null ? null : (parseVersion(inputs.version) ?? null),
      allowSmallerBump: inputs.allowSmallerBump,
    },
    history.versions.at(-1)?.version ?? null,
  );
  const now = ports.clock.now();
  const manifest = composeManifest({
    run,
    evaluation,
    version,
    previous: previousEntry?.version ?? null,
    decision,
    files: claim.files,
    destination: inputs.destination,
    stage: inputs.stage,
    created: now.toISOString(),
  });
  const tag = versionTag(run.model, version);
  const digest = ports.sha256(formatDocument(manifest));
  const source = run.source.commit ?? ports.sha;
  const message = composeMessage(
    titleOf(run.model, version),
    describeVersion(manifest, inputs.reason),
    {
      "Slipway-Model": run.model,
      "Slipway-Version": version,
      "Slipway-Digest": digest,
      "Slipway-Content": claim.content,
      "Slipway-Source": source,
      "Slipway-Run": run.source.run_url,
      "Slipway-Actor": ports.actor,
    },
  );
  const result = await ports.registry.claimVersion({
    tag,
    source,
    manifest,
    message,
    history,
    now,
  });
  return result.kind === "taken"
    ? null
    : { manifest, digest, tag, created: true, previousManifest };
}

/** A version that GTO or a person tagged has no manifest: the rule then treats this run as the first. */
async function readPreviousManifest(entry: VersionEntry, ports: Ports): Promise<Manifest | null> {
  if (entry.digest === null) return null;
  return ports.registry.manifest(entry);
}

function describeVersion(manifest: Manifest, reason: string): string {
  const { bump, evaluation, run } = manifest;
  const data = run.data.map((entry) => `${entry.name} (${entry.rows} rows)`).join(", ");
  return [
    `${bump.level === "first" ? "First version" : `${bump.level} bump`}: ${bump.reason}.`,
    ...(data === "" ? [] : [`Trained on ${data}.`]),
    ...(evaluation === null
      ? ["Not evaluated."]
      : [`Evaluation: ${evaluation.verdict}. ${evaluation.reason}`]),
    `Reason: ${reason}.`,
  ].join("\n");
}

async function releaseVersion(
  inputs: Inputs,
  {
    claimed,
    directory,
    ports,
  }: { readonly claimed: Claimed; readonly directory: RunDirectory; readonly ports: Ports },
): Promise<{ readonly id: number; readonly url: string }> {
  const { manifest, tag } = claimed;
  const released = claimed.created ? null : await ports.registry.released(tag);
  if (released !== null) return released;
  const located = claimed.created
    ? new Map<string, string>()
    : await locateFirstFiles({ ...ports, tag, manifest, directory });
  const files = manifest.files.map((file) => ({
    path: located.get(file.path) ?? directory.resolve(file.path),
    name: assetName(file.path),
    bytes: file.bytes,
    digest: file.digest,
  }));
  return ports.registry.release(
    {
      tag,
      title: titleOf(manifest.model, parseVersion(manifest.version) ?? "v0.0.0"),
      body: composeModelCard(manifest, { previous: claimed.previousManifest, notes: inputs.notes }),
      prerelease: inputs.prerelease !== "false",
    },
    files,
  );
}

async function assignStage(
  inputs: Inputs,
  stage: string,
  version: string,
  ports: Ports,
): Promise<StageNote> {
  const parsed = parseVersion(version);
  if (parsed === undefined) throw new Error(`${version} is no version.`);
  const outcome = await ports.registry.assignStage({
    model: inputs.model,
    stage,
    version: parsed,
    reason: inputs.reason,
    now: ports.clock.now(),
  });
  if (stage === "production" && inputs.prerelease === "until-production") {
    await ports.registry.endPrerelease(versionTag(inputs.model, parsed));
  }
  return {
    stage,
    tag: outcome.tag,
    previous: outcome.previous,
    changed: outcome.kind === "assigned",
  };
}

async function assignOnly(inputs: Inputs, ports: Ports): Promise<Outcome> {
  const stage = inputs.stage ?? "production";
  const history = await ports.registry.history(inputs.model);
  const entry = selectVersion(history, inputs.version ?? "latest", stage);
  const back = inputs.version === "previous" && !inputs.reason.startsWith("rollback");
  const reason = back ? `rollback: ${inputs.reason}` : inputs.reason;
  const note = await assignStage({ ...inputs, reason }, stage, entry.version, ports);
  return {
    kind: "assigned",
    model: inputs.model,
    version: entry.version,
    tag: entry.tag,
    stage: note,
  };
}

/** Deprecation and deregistration are tags too: nothing is deleted. */
async function markVersion(inputs: Inputs, ports: Ports): Promise<Outcome> {
  const history = await ports.registry.history(inputs.model);
  const entry = selectVersion(history, inputs.deregister ?? "latest");
  const tag = inputs.deregister === null ? `${inputs.model}@deprecated` : `${entry.tag}!`;
  const what =
    inputs.deregister === null ? `${inputs.model} is deprecated` : `${entry.tag} is deregistered`;
  const message = composeMessage(what, inputs.reason, {
    "Slipway-Model": inputs.model,
    "Slipway-Version": inputs.deregister === null ? null : entry.version,
    "Slipway-Reason": inputs.reason,
    "Slipway-Actor": ports.actor,
  });
  const claim = await ports.registry.claimMark({
    tag,
    commit: entry.commit,
    message,
    history,
    now: ports.clock.now(),
  });
  return {
    kind: "marked",
    model: inputs.model,
    mark: what,
    tag,
    created: claim.kind === "created",
  };
}
