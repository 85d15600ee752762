import { describe, expect, it } from "vitest";
import type { ServiceSpec } from "./model.ts";
import { changeService, mergeSpec, newService, withTemplateDefaults } from "./service-changes.ts";

const identity = { project: "p", location: "l", id: "s" };
const spec = (image: string, revision?: string): ServiceSpec => ({
  template: {
    containers: [{ image }],
    ...(revision === undefined ? {} : { revision }),
  },
});

describe("mergeSpec", () => {
  const before: ServiceSpec = {
    ...spec("old"),
    annotations: { mine: "1", other: "2" },
    scaling: { minInstanceCount: 1, maxInstanceCount: 3 },
  };

  it("takes only what the mask names, in either spelling", () => {
    const after = mergeSpec(
      before,
      { scaling: { minInstanceCount: 0 } },
      "scaling.min_instance_count",
    );
    expect(after).toMatchObject({
      annotations: before.annotations,
      scaling: { maxInstanceCount: 3 },
    });
  });

  it("takes away what the mask names and the message lacks", () => {
    expect(mergeSpec(before, {}, "annotations")).not.toHaveProperty("annotations");
  });

  it("replaces all without a mask", () => {
    expect(mergeSpec(before, { ...spec("new") }, null)).toEqual(spec("new"));
  });

  it("refuses a mask of something that cannot be updated", () => {
    expect(() => mergeSpec(before, {}, "uid")).toThrow("update_mask: uid");
    expect(() => mergeSpec(before, { ...spec("new") }, "template.containers.image")).toThrow(
      "repeated",
    );
  });
});

describe("changeService", () => {
  it("makes a revision when the template changes and none when it does not", () => {
    const first = newService(identity, spec("one"), "me");
    expect(first.revisions.map(({ name }) => name)).toEqual([
      expect.stringMatching(/^s-00001-[a-z0-9]{3}$/),
    ]);
    const same = changeService(first, { ...spec("one"), annotations: { a: "1" } }, "me");
    expect(same).toMatchObject({ generation: 2, revisions: [first.revisions[0]] });
    const other = changeService(same, spec("two", "s-two"), "me");
    expect(other).toMatchObject({ generation: 3, latestCreated: "s-two" });
  });

  it("refuses a known name with another configuration", () => {
    const first = newService(identity, spec("one", "s-one"), "me");
    expect(() => changeService(first, spec("two", "s-one"), "me")).toThrow(
      "Revision named 's-one' with different configuration already exists.",
    );
  });
});

describe("withTemplateDefaults", () => {
  it("fills in what Cloud Run fills in, and keeps what was said", () => {
    const filled = withTemplateDefaults(
      {
        containers: [
          { image: "i", ports: [{ containerPort: 9000 }], resources: { limits: { cpu: "2" } } },
        ],
      },
      "default@p",
    );
    expect(filled).toEqual({
      timeout: "300s",
      serviceAccount: "default@p",
      maxInstanceRequestConcurrency: 80,
      scaling: { maxInstanceCount: 100 },
      containers: [
        {
          image: "i",
          ports: [{ name: "http1", containerPort: 9000 }],
          resources: { cpuIdle: true, limits: { cpu: "2", memory: "512Mi" } },
          startupProbe: {
            timeoutSeconds: 240,
            periodSeconds: 240,
            failureThreshold: 1,
            tcpSocket: { port: 9000 },
          },
        },
      ],
    });
    expect(withTemplateDefaults(filled, "other@p")).toEqual(filled);
  });
});
