import { describe, expect, it } from "vitest";
import { rawInputs } from "#toolkit";
import { parseInputs } from "./inputs.ts";
import { someInputs } from "./testing/fake-ports.ts";

describe("the inputs of deploy-cloud-run", () => {
  it("report every fault at once", () => {
    const read = () =>
      parseInputs(
        rawInputs({
          model: "weather",
          service: "weather-api",
          region: "europe-west1",
          image: "server:latest",
          steps: "50,20,100",
          thresholds: "eror_rate <= stable",
          smoke: "{ request: 3 }",
          cpu: "many",
          timeout: "2h",
          env: "PORT: 3",
          secrets: 'KEY: "a b"',
          "service-labels": "Team: weather",
          "startup-probe": "ready",
          environment: "prod eu",
        }),
      );
    expect(read).toThrow(
      [
        "- Input image is \"server:latest\": expected an image by digest, name@sha256:<64 hexadecimal digits>. A tag can be moved while a rollout runs. Read its digest with `gcloud artifacts docker images describe IMAGE --format='value(image_summary.digest)'`.",
        '- Input steps is "50,20,100": expected rising whole percentages that end with 100, such as 5,25,50,100.',
        '- Input thresholds is "eror_rate <= stable": Threshold line 1, column 1: there is no metric "eror_rate". Did you mean error_rate?',
      ].join("\n"),
    );
    for (const message of [
      'There is no input "request". Did you mean requests?',
      'Input cpu is "many": expected CPUs such as 1, 2 or 500m.',
      'Input timeout is "2h": expected a duration from 1s to 60m.',
      "PORT is set by Cloud Run or by the rollout.",
      "expected secret or secret:version as the value of KEY.",
      "found Team: weather.",
      'Input startup-probe is "ready": expected a path that begins with /.',
      'Input environment is "prod eu": expected a stage\'s name',
    ])
      expect(read).toThrow(message);
  });

  it("have defaults that suit a canary", () => {
    expect(someInputs()).toMatchObject({
      mode: "deploy",
      strategy: "canary",
      steps: [5, 25, 50, 100],
      bakeTime: 600_000,
      maxHold: 86_400_000,
      minRequests: 50,
      onInconclusive: "hold",
      environment: "production",
      allowUnauthenticated: null,
      smoke: { kind: "on", cases: null, plan: { requests: 50, protocol: "slipway" } },
    });
  });

  it("read a smoke test's inputs as a map, or none", () => {
    expect(someInputs({ smoke: "false" }).smoke).toEqual({ kind: "off" });
    const map = "requests: 7\nthresholds:\n  - mismatches == 0\n  - p95_ms <= 100\ncases: none\n";
    expect(someInputs({ smoke: map }).smoke).toMatchObject({
      kind: "on",
      cases: "none",
      plan: {
        requests: 7,
        thresholds: [{ text: "mismatches == 0" }, { text: "p95_ms <= 100" }],
      },
    });
    expect(() => someInputs({ smoke: "[1]" })).toThrow("expected false, or a map");
  });

  it("read steps as slipway.yml writes a list", () => {
    expect(someInputs({ steps: "10\n50\n100" }).steps).toEqual([10, 50, 100]);
  });

  it("read secrets with and without a version", () => {
    const secrets = "A: key\nB: key:7\nC: projects/p/secrets/key:latest";
    expect(someInputs({ secrets }).secrets).toEqual({
      A: { secret: "key", version: "latest" },
      B: { secret: "key", version: "7" },
      C: { secret: "projects/p/secrets/key", version: "latest" },
    });
  });
});
