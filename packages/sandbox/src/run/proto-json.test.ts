import { describe, expect, it } from "vitest";
import { encodeEnumsAsNumbers, readMessage } from "./proto-json.ts";

describe("readMessage", () => {
  it("brings names, enums and numbers to one form and drops defaults and output", () => {
    const read = readMessage(
      "Service",
      {
        launch_stage: "GA",
        ingress: 1,
        uid: "of the service",
        generation: 7,
        invokerIamDisabled: false,
        traffic: [
          { type: 2, revision: "a", percent: "40" },
          { type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 60 },
        ],
        labels: { empty: "" },
        template: { containers: [{ image: "i", env: [{ name: "A", value: "" }] }], timeout: "30s" },
      },
      "service",
    );
    expect(read).toEqual({
      launchStage: "GA",
      ingress: "INGRESS_TRAFFIC_ALL",
      traffic: [
        { type: "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", revision: "a", percent: 40 },
        { type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 60 },
      ],
      labels: { empty: "" },
      template: { containers: [{ image: "i", env: [{ name: "A", value: "" }] }], timeout: "30s" },
    });
  });

  it.each([
    [{ nope: 1 }, "Unknown name \"nope\" at 'service'"],
    [
      { template: { containers: [{ image: 3 }] } },
      "'service.template.containers[0].image' (TYPE_STRING), 3",
    ],
    [{ traffic: {} }, "'service.traffic'"],
    [{ ingress: "SOMETIMES" }, "IngressTraffic"],
    [{ traffic: [{ percent: 1.5 }] }, "TYPE_INT32"],
    [{ invokerIamDisabled: "yes" }, "TYPE_BOOL"],
  ])("refuses %j", (value, message) => {
    expect(() => readMessage("Service", value, "service")).toThrow(message);
  });
});

describe("encodeEnumsAsNumbers", () => {
  it("reaches into lists and into an Any", () => {
    const operation = {
      name: "o",
      response: {
        "@type": "type.googleapis.com/google.cloud.run.v2.Service",
        ingress: "INGRESS_TRAFFIC_ALL",
        labels: { ingress: "INGRESS_TRAFFIC_ALL" },
        conditions: [{ type: "Ready", state: "CONDITION_SUCCEEDED" }],
      },
    };
    expect(encodeEnumsAsNumbers("google.longrunning.Operation", operation)).toEqual({
      name: "o",
      response: {
        "@type": "type.googleapis.com/google.cloud.run.v2.Service",
        ingress: 1,
        labels: { ingress: "INGRESS_TRAFFIC_ALL" },
        conditions: [{ type: "Ready", state: 4 }],
      },
    });
  });
});
