import { InputError } from "./errors.ts";
import type { RunRecord, Signature } from "./run-record.ts";
import {
  bumpBetween,
  compareVersions,
  nextVersion,
  type BumpLevel,
  type Version,
} from "./versions.ts";

/** Which bump a run deserves, and why. */
export interface BumpDecision {
  readonly level: BumpLevel | "first";
  /** One sentence fragment a change, e.g. `parameter learning_rate changed from 0.1 to 0.3`. */
  readonly reasons: readonly string[];
}

const RANK: Readonly<Record<BumpLevel, number>> = { patch: 0, minor: 1, major: 2 };

/**
 * The bump rule: signature moved → major; code, params, features, trainer or search space → minor;
 * only the data or the seed → patch.
 *
 * @param previous the run record inside the previous version's manifest, or `null` for the first
 */
export function decideBump(run: RunRecord, previous: RunRecord | null): BumpDecision {
  if (previous === null) return { level: "first", reasons: ["first version"] };
  const signature = signatureChanges(run.signature, previous.signature);
  if (signature.length > 0) return { level: "major", reasons: signature };
  const code = codeChanges(run, previous);
  if (code.length > 0) return { level: "minor", reasons: code };
  return { level: "patch", reasons: dataChanges(run, previous) };
}

/** What a user asked for beside the rule. */
export interface BumpRequest {
  readonly bump: BumpLevel | null;
  readonly version: Version | null;
  readonly allowSmallerBump: boolean;
}

/**
 * The version that a run gets after the greatest one so far.
 *
 * @throws InputError `SMALLER_BUMP` or `VERSION_NOT_GREATER`
 */
export function decideVersion(
  decision: BumpDecision,
  request: BumpRequest,
  greatest: Version | null,
): Version {
  if (request.version !== null) return checkNamed(request.version, { decision, request, greatest });
  if (decision.level === "first" || greatest === null)
    return nextVersion(greatest, request.bump ?? "major");
  if (request.bump !== null) refuseSmaller(request.bump, decision, request);
  return nextVersion(greatest, request.bump ?? decision.level);
}

function checkNamed(
  version: Version,
  {
    decision,
    request,
    greatest,
  }: { decision: BumpDecision; request: BumpRequest; greatest: Version | null },
): Version {
  if (greatest === null) return version;
  if (compareVersions(version, greatest) <= 0) {
    throw new InputError({
      code: "VERSION_NOT_GREATER",
      message: `version: ${version} is not greater than the greatest version, ${greatest}.`,
      hint: "Versions only go up. Leave version: out to get the next one, or name a greater one.",
    });
  }
  const asked = bumpBetween(greatest, version);
  if (asked !== null) refuseSmaller(asked, decision, request);
  return version;
}

function refuseSmaller(asked: BumpLevel, decision: BumpDecision, request: BumpRequest): void {
  if (decision.level === "first" || request.allowSmallerBump) return;
  if (RANK[asked] >= RANK[decision.level]) return;
  throw new InputError({
    code: "SMALLER_BUMP",
    message: `A ${asked} bump was asked for, but the change is ${decision.level}: ${decision.reasons.join("; ")}.`,
    hint: "Leave bump: out, or set allow-smaller-bump: true when you know better.",
  });
}

function signatureChanges(now: Signature | null, before: Signature | null): string[] {
  if (now === null || before === null) return [];
  return [
    ...changedEntries("input", describeColumns(now), describeColumns(before)),
    ...changedEntries("output", describeOutputs(now), describeOutputs(before)),
  ];
}

function describeColumns(signature: Signature): ReadonlyMap<string, string> {
  return new Map(signature.columns.map((column) => [column.name, column.kind]));
}

function describeOutputs(signature: Signature): ReadonlyMap<string, string> {
  return new Map(
    signature.outputs.map((output) => [
      output.name,
      `${output.type}[${output.shape.map((size) => size ?? "?").join(", ")}]`,
    ]),
  );
}

function changedEntries(
  what: string,
  now: ReadonlyMap<string, string>,
  before: ReadonlyMap<string, string>,
): string[] {
  const added = [...now.keys()]
    .filter((name) => !before.has(name))
    .map((name) => `${what} ${name} was added`);
  const removed = [...before.keys()]
    .filter((name) => !now.has(name))
    .map((name) => `${what} ${name} was removed`);
  const changed = [...now]
    .filter(([name, form]) => before.has(name) && before.get(name) !== form)
    .map(([name, form]) => `${what} ${name} changed from ${before.get(name)} to ${form}`);
  return [...added, ...removed, ...changed];
}

function codeChanges(run: RunRecord, previous: RunRecord): string[] {
  const reasons: string[] = [];
  if (run.code && previous.code && run.code.digest !== previous.code.digest)
    reasons.push("the code changed");
  const trainer = (record: RunRecord) => `${record.trainer.kind} ${record.trainer.name}`;
  if (trainer(run) !== trainer(previous)) {
    reasons.push(`the trainer changed from ${trainer(previous)} to ${trainer(run)}`);
  }
  reasons.push(...paramChanges(run.params, previous.params));
  const space = (record: RunRecord) =>
    JSON.stringify(
      record.search && [
        record.search.algorithm,
        record.search.objective,
        record.search["space"] ?? null,
      ],
    );
  if (space(run) !== space(previous)) reasons.push("the search changed");
  return reasons;
}

/** What differs between two maps of parameters, one fragment a name. */
export function paramChanges(
  now: Readonly<Record<string, unknown>>,
  before: Readonly<Record<string, unknown>>,
): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return names.flatMap((name) => {
    const [left, right] = [JSON.stringify(before[name]), JSON.stringify(now[name])];
    if (left === right) return [];
    if (left === undefined) return [`parameter ${name} was set to ${right}`];
    if (right === undefined) return [`parameter ${name} was removed (it was ${left})`];
    return [`parameter ${name} changed from ${left} to ${right}`];
  });
}

function dataChanges(run: RunRecord, previous: RunRecord): string[] {
  const reasons: string[] = [];
  const digests = (record: RunRecord) => record.data.map((entry) => entry.digest).join(" ");
  if (digests(run) !== digests(previous)) reasons.push("only the data changed");
  if (run.seed !== previous.seed)
    reasons.push(`the seed changed from ${previous.seed} to ${run.seed}`);
  return reasons.length > 0 ? reasons : ["nothing but the run itself changed"];
}
