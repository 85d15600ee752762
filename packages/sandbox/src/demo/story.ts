import { releaseFirstVersion, mergeBetterModel } from "./chapters/releases.ts";
import { improvePullRequest, openWorsePullRequest } from "./chapters/pull-requests.ts";
import { findDrift, findNoDrift, retrain } from "./chapters/drift.ts";
import { releaseFaultyVersion, rollBackByHand } from "./chapters/faults.ts";
import type { Chapter } from "./world.ts";

/** The nine steps of the story, in order. */
export const chapters: readonly Chapter[] = [
  { title: "The repository is pushed: train, judge, release, deploy", play: releaseFirstVersion },
  { title: "A pull request makes the model much worse", play: openWorsePullRequest },
  { title: "A new push to it makes the model good", play: improvePullRequest },
  { title: "It is merged: released, then a canary under real traffic", play: mergeBetterModel },
  { title: "Seattle's next two years arrive: is that drift?", play: findNoDrift },
  { title: "Requests from New York arrive", play: findDrift },
  { title: "New York's days are in the bucket: retrained on its own", play: retrain },
  { title: "A version that answers with errors is deployed", play: releaseFaultyVersion },
  { title: "The fault is gone; then a person rolls back", play: rollBackByHand },
];
