import * as z from "zod/mini";
import { instant } from "./schema.ts";
import { judgementSchema, verdictSchema } from "./evaluation.ts";

const trafficShareSchema = z.looseObject({
  revision: z.string(),
  percent: z.number(),
  tag: z.nullable(z.string()),
});

/** `deployment.json`: what was deployed, each step and its verdict. */
export const deploymentSchema = z.looseObject({
  schema: z.literal("slipway/deployment@1"),
  model: z.string(),
  version: z.nullable(z.string()),
  previous_version: z.nullable(z.string()),
  environment: z.string(),
  service: z.string(),
  region: z.string(),
  project: z.string(),
  mode: z.string(),
  strategy: z.string(),
  rollout: z.string(),
  started: instant,
  finished: instant,
  revision: z.nullable(z.string()),
  previous_revision: z.nullable(z.string()),
  url: z.nullable(z.string()),
  tag_url: z.nullable(z.string()),
  verdict: verdictSchema,
  rolled_back: z.boolean(),
  reason: z.string(),
  steps: z.array(
    z.looseObject({
      percent: z.number(),
      started: instant,
      finished: instant,
      candidate_requests: z.number(),
      stable_requests: z.number(),
      verdict: verdictSchema,
      judgements: z.array(judgementSchema),
    }),
  ),
  traffic: z.array(trafficShareSchema),
});
/** `slipway/deployment@1` */
export type Deployment = z.infer<typeof deploymentSchema>;
