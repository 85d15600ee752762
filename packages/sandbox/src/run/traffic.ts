import { badField } from "../google-identity/api-error.ts";
import type { RevisionRecord, Route, TrafficTarget } from "./model.ts";

const latest = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST";
const tagForm = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const maxTaggedNameLength = 46;

/** The traffic of a service that asks for none in particular: all to the latest ready revision. */
export const latestTraffic: readonly TrafficTarget[] = [{ type: latest, percent: 100 }];

/**
 * Checks a whole list of traffic targets.
 *
 * @param at the field, for messages
 * @throws ApiError 400 for a percentage out of range, a sum that is not 100, a bad or doubled tag
 */
export function checkTraffic(
  serviceId: string,
  targets: readonly TrafficTarget[],
  at: string,
): void {
  if (targets.length === 0) return;
  for (const { type, revision, percent = 0 } of targets) {
    if (percent < 0 || percent > 100) throw badField(`${at}.percent`, "must be between 0 and 100.");
    if (type === latest && revision !== undefined) {
      throw badField(`${at}.revision`, `must be empty when type is ${latest}.`);
    }
    if (type !== latest && revision === undefined) {
      throw badField(`${at}.revision`, "required unless the type is the latest revision.");
    }
  }
  const sum = targets.reduce((total, { percent = 0 }) => total + percent, 0);
  if (sum !== 100) throw badField(at, `traffic percentages must sum to 100, got ${sum}.`);
  checkTags(serviceId, targets, at);
}

function checkTags(serviceId: string, targets: readonly TrafficTarget[], at: string): void {
  const tags = targets.flatMap(({ tag }) => (tag === undefined ? [] : [tag]));
  for (const tag of tags) {
    if (!tagForm.test(tag)) {
      throw badField(
        `${at}.tag`,
        `'${tag}': only lowercase, digits, and hyphens; must begin with letter, and cannot end with hyphen.`,
      );
    }
    if (tag.length + serviceId.length > maxTaggedNameLength) {
      throw badField(
        `${at}.tag`,
        `'${tag}' and the service name '${serviceId}' together must be at most ${maxTaggedNameLength} characters.`,
      );
    }
    if (tags.indexOf(tag) !== tags.lastIndexOf(tag)) {
      throw badField(`${at}.tag`, `'${tag}' is used twice.`);
    }
  }
}

/** Where requests are to go, or the revision that is not there. */
export type Settled =
  | { readonly kind: "settled"; readonly routes: readonly Route[] }
  | { readonly kind: "missing"; readonly revision: string };

/** Settles which revision each target means. */
export function settleTraffic(
  targets: readonly TrafficTarget[],
  revisions: readonly RevisionRecord[],
  latestReady: string,
): Settled {
  const routes: Route[] = [];
  for (const target of targets.length === 0 ? latestTraffic : targets) {
    const wanted = target.type === latest ? latestReady : (target.revision ?? "");
    const revision = wanted.split("/").at(-1) ?? "";
    if (!revisions.some(({ name }) => name === revision)) return { kind: "missing", revision };
    routes.push({ target, revision });
  }
  return { kind: "settled", routes };
}

/**
 * The revision that one request goes to.
 *
 * @param draw a number in [0, 1)
 */
export function chooseRevision(routes: readonly Route[], draw: number): string | undefined {
  let left = draw * 100;
  for (const { target, revision } of routes) {
    left -= target.percent ?? 0;
    if (left < 0) return revision;
  }
  return undefined;
}

/** Random numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
