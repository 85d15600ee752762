import { describeTraffic, googleCredentials } from "#google";
import { describeError, readContext } from "#toolkit";
import * as actionsCore from "@actions/core";
import { takeBackUnfinished, type RolloutMark } from "./cancel-check.ts";
import { googleServices } from "./google-services.ts";

const MOST_MS = 120_000;

try {
  const context = readContext(process.env, AbortSignal.timeout(MOST_MS));
  const saved = context.readState("rollout");
  if (saved !== "") {
    const mark = JSON.parse(saved) as RolloutMark;
    const { environment, clock, log, signal } = context;
    const credentials = googleCredentials({ environment, projectId: mark.project });
    const { run } = googleServices({ credentials, environment, ...mark });
    const restoration = await takeBackUnfinished(mark, { run, clock, signal });
    if (restoration?.kind === "restored")
      log.warning(
        `The step ended in the middle of its rollout: restored ${describeTraffic(restoration.traffic)}.`,
      );
    else if (restoration?.kind === "left-alone") log.warning(restoration.why.message);
  }
} catch (error) {
  actionsCore.setFailed(describeError(error));
}
