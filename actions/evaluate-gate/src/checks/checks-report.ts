import type { CheckEntry } from "#core";
import {
  code,
  folded,
  lineBreak,
  own,
  paragraph,
  showablePart,
  small,
  type Block,
  type Phrase,
  type TableBlock,
} from "#report";
import type { Annotation } from "#toolkit";
import { CHECK_NAMES, describeCheck, describePart } from "./catalog.ts";
import { formatBound, formatFound, type CheckFinding } from "./finding.ts";

/** What the report says of checks: those that failed in sight, the rest folded. */
export function checksBlocks({
  checks,
}: {
  readonly checks: readonly CheckFinding[];
}): readonly Block[] {
  if (checks.length === 0) return [];
  const seen = checks.filter(isInSight);
  const rest = checks.filter((check) => !isInSight(check));
  const foldedRest =
    rest.length === 0 ? [] : [folded([own(titleOf(rest, seen.length > 0))], tableOf(rest))];
  if (seen.length === 0) return foldedRest;
  return [
    { kind: "heading", text: [own("Checks")] },
    tableOf(seen),
    ...(seen.every(({ level }) => level === "warn")
      ? [
          paragraph(
            small(
              own("These checks only warn: they do not change the verdict. In the input "),
              code("checks"),
              own(" you can let one decide (give it a bound, or the word "),
              code("error"),
              own(") or leave it out ("),
              code("off"),
              own(")."),
            ),
          ),
        ]
      : []),
    ...foldedRest,
  ];
}

/** A check that fails, or leaves open what it was to decide. */
function isInSight({ verdict, level }: CheckFinding): boolean {
  return verdict === "fail" || (verdict === "inconclusive" && level === "error");
}

function titleOf(rest: readonly CheckFinding[], areOthers: boolean): string {
  const count = (verdict: CheckFinding["verdict"]): number =>
    rest.filter((check) => check.verdict === verdict).length;
  const shown = rest.filter(isShown).length;
  const parts = [
    [count("pass"), "passed"],
    [count("inconclusive"), "inconclusive"],
    [shown, "shown"],
    [count("skipped") - shown, "skipped"],
  ] as const;
  const text = parts.filter(([many]) => many > 0).map(([many, word]) => `${many} ${word}`);
  return `${areOthers ? "Other checks" : "Checks"}: ${text.join(", ")}`;
}

/** Measured, and held against nothing. */
function isShown({ verdict, bound, value }: CheckFinding): boolean {
  return verdict === "skipped" && bound === null && value !== null;
}

function tableOf(checks: readonly CheckFinding[]): TableBlock {
  return {
    kind: "table",
    headers: ["check", "found", "bound"].map((text) => [own(text)]),
    numeric: [1, 2],
    rows: groupUnknown(checks).map(rowOf),
  };
}

/** Those that found nothing for one and the same reason are one row. */
function groupUnknown(checks: readonly CheckFinding[]): readonly (readonly CheckFinding[])[] {
  const groups = new Map<unknown, CheckFinding[]>();
  for (const check of checks) {
    const { value, verdict, level, needs, message } = check;
    const key = value === null ? [verdict, level, needs ?? message].join("\n") : check;
    groups.set(key, [...(groups.get(key) ?? []), check]);
  }
  return [...groups.values()];
}

function rowOf(group: readonly CheckFinding[]): readonly Phrase[] {
  const [check] = group;
  if (check === undefined) return [];
  return group.length > 1 ? rowOfSeveral(group, check) : rowOfOne(check);
}

/** What several checks could not find out, said once. */
function rowOfSeveral(
  group: readonly CheckFinding[],
  { verdict, level, needs, message }: CheckFinding,
): readonly Phrase[] {
  return [
    [
      { kind: "mark", verdict, level },
      own(` ${group.length} checks${needs === null ? "" : " need "}`),
      ...(needs === null ? [] : [code(needs)]),
      own(": "),
      ...group.flatMap((one, at) => [...(at === 0 ? [] : [own(", ")]), code(nameOf(one))]),
      lineBreak,
      small(message),
    ],
    [own("—")],
    [own("—")],
  ];
}

function nameOf({ name, part }: CheckFinding): string {
  return name === part || part === "share" ? name : `${name}: ${part}`;
}

function rowOfOne(check: CheckFinding): readonly Phrase[] {
  const { name, part, verdict, level, value, bound, operator, message } = check;
  const { unit } = describePart(name, part);
  return [
    [
      isShown(check) ? own("ℹ️ shown") : { kind: "mark", verdict, level },
      own(" "),
      code(nameOf(check)),
      lineBreak,
      small(message),
    ],
    [own(formatFound(value, bound, unit))],
    [own(bound === null ? "—" : `${operator === "<=" ? "≤" : "≥"} ${formatBound(bound, unit)}`)],
  ];
}

/** Of an evaluation that was written elsewhere: the checks that did not fail, folded. */
export function foldedEntries(entries: readonly CheckEntry[]): readonly Block[] {
  const known = entries.flatMap((entry) => toFinding(entry) ?? []);
  const rest = known.filter(({ verdict }) => verdict !== "fail");
  if (rest.length === 0) return [];
  return [folded([own(titleOf(rest, rest.length < known.length))], tableOf(rest))];
}

/** `null` for a check that this version does not know. */
function toFinding(entry: CheckEntry): CheckFinding | null {
  const name = CHECK_NAMES.find((one) => one === entry.name);
  const { part = "", value, bound } = entry;
  if (name === undefined || !(part in describeCheck(name).parts)) return null;
  const { verdict, level, message, low = null, high = null } = entry;
  const { operator } = describePart(name, part);
  const found = { value, low, high, bound, operator };
  return { name, part, verdict, level, ...found, margin: null, message, needs: null };
}

/** Failed checks as annotations, the ones that decide first. */
export function checkAnnotations(
  checks: readonly CheckEntry[],
  title: string,
): readonly Annotation[] {
  const rank = { error: 0, warn: 1 } as const;
  return checks
    .filter(({ verdict }) => verdict === "fail")
    .toSorted((left, right) => rank[left.level] - rank[right.level])
    .map(({ name, level, message }) => ({
      level: level === "error" ? "error" : "warning",
      title,
      message: showablePart(`check ${name}: ${message}`, 400),
    }));
}
