import { describe, expect, it } from "vitest";
import type { RevisionTemplate } from "#google";
import {
  composeTemplate,
  sameTemplate,
  templateDigest,
  templateOfRevision,
  type WantedRevision,
} from "./revision-template.ts";

const wanted = (extra: Partial<WantedRevision> = {}): WantedRevision => ({
  model: "team/Weather",
  version: "v1.1.0-rc.1",
  image: "server@sha256:1",
  modelUri: "gs://models/m.json",
  digest: null,
  cpu: null,
  memory: null,
  concurrency: null,
  maxInstances: null,
  timeoutMs: null,
  env: null,
  secrets: null,
  serviceAccount: null,
  startupProbe: null,
  ...extra,
});
const serving: RevisionTemplate = {
  labels: { team: "weather" },
  annotations: { theirs: "kept" },
  serviceAccount: "runner@acme.iam.gserviceaccount.com",
  scaling: { minInstanceCount: 1, maxInstanceCount: 10 },
  containers: [
    {
      name: "proxy",
      image: "proxy@sha256:9",
    },
    {
      name: "server",
      image: "server@sha256:0",
      ports: [{ containerPort: 8080 }],
      env: [
        { name: "LOG_LEVEL", value: "info" },
        { name: "MODEL_VERSION", value: "v1.0.0" },
        { name: "MODEL_DIGEST", value: "sha256:old" },
      ],
      resources: { limits: { cpu: "1", memory: "512Mi" } },
      startupProbe: { httpGet: { path: "/ready", port: 8080 }, periodSeconds: 10 },
    },
  ],
};

describe("a candidate's template", () => {
  it("changes what is asked for and leaves the rest, other containers too", () => {
    const made = composeTemplate(
      serving,
      wanted({ memory: "2Gi", maxInstances: 3, env: { LOG_LEVEL: null, MODE: "fast" } }),
    );
    expect(made).toEqual({
      ...serving,
      labels: {
        team: "weather",
        "slipway-model": "team-weather",
        "slipway-version": "v1-1-0-rc-1",
      },
      annotations: {
        theirs: "kept",
        "slipway.dev/model": "team/Weather",
        "slipway.dev/version": "v1.1.0-rc.1",
      },
      scaling: { minInstanceCount: 1, maxInstanceCount: 3 },
      containers: [
        serving.containers?.[0],
        {
          ...serving.containers?.[1],
          image: "server@sha256:1",
          resources: { limits: { cpu: "1", memory: "2Gi" } },
          env: [
            { name: "MODEL_VERSION", value: "v1.1.0-rc.1" },
            { name: "MODEL_URI", value: "gs://models/m.json" },
            { name: "MODE", value: "fast" },
          ],
        },
      ],
    });
  });

  it("is the same when it is composed again over what it made", () => {
    const asked = wanted({ cpu: "2", timeoutMs: 90_000, startupProbe: "/ready", env: { A: "1" } });
    const once = composeTemplate(serving, asked);
    expect(sameTemplate(composeTemplate(once, asked), once)).toBe(true);
    expect(once.containers?.[1]?.startupProbe).toEqual(serving.containers?.[1]?.startupProbe);
    expect(sameTemplate(composeTemplate(once, wanted({ cpu: "1" })), once)).toBe(false);
  });

  it("has a digest that order and empty maps do not change", () => {
    const left = { timeout: "60s", labels: { a: "1", b: "2" }, volumes: [] };
    const right = { labels: { b: "2", a: "1" }, timeout: "60s", annotations: {} };
    expect(templateDigest(left)).toBe(templateDigest(right));
    expect(templateDigest({ ...left, timeout: "61s" })).not.toBe(templateDigest(left));
  });

  it("takes from a revision what a template may hold, and no keys of Google's", () => {
    const revision = {
      ...serving,
      name: "projects/p/locations/r/services/api/revisions/api-one",
      uid: "1",
      conditions: [],
      annotations: { theirs: "kept", "run.googleapis.com/client-name": "gcloud" },
    };
    expect(templateOfRevision(revision)).toEqual(serving);
  });
});
