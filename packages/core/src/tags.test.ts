import { describe, expect, it } from "vitest";
import { previousHolder, selectVersion, trySelectVersion } from "./selection.ts";
import {
  composeMessage,
  latestVersion,
  nextEventNumber,
  parseTag,
  parseTrailers,
  readHistory,
  stageTag,
  versionTag,
  type TagFacts,
} from "./tags.ts";

let second = 0;
const tag = (name: string, extra: Partial<TagFacts> = {}): TagFacts => ({
  name,
  commit: `commit of ${name}`,
  taggedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, second++)).toISOString(),
  message: "",
  ...extra,
});
const stage = (name: string, version: string, previous = "", reason = "") =>
  tag(name, {
    message: `x\n\nSlipway-Version: ${version}\nSlipway-Previous: ${previous}\nSlipway-Reason: ${reason}\n`,
  });

describe("parseTag", () => {
  it.each([
    ["churn@v1.4.0", { kind: "version", model: "churn", version: "v1.4.0" }],
    ["team/churn@v1.4.0-rc.1", { kind: "version", model: "team/churn", version: "v1.4.0-rc.1" }],
    ["churn@v1.4.0!", { kind: "deregistered", model: "churn", version: "v1.4.0" }],
    ["churn@deprecated", { kind: "deprecated", model: "churn" }],
    ["churn#production#7", { kind: "assigned", model: "churn", stage: "production", event: 7 }],
    ["churn#production!#9", { kind: "unassigned", model: "churn", stage: "production", event: 9 }],
    ["churn#production", { kind: "assigned", model: "churn", stage: "production", event: null }],
  ])("reads %s", (name, meaning) => {
    expect(parseTag(name)).toEqual(meaning);
  });

  it.each([
    "v1.2.3",
    "churn@1.4.0",
    "churn@vnext",
    "-churn@v1.0.0",
    "churn#",
    "a#b#c",
    "churn@deprecated!",
    "#a#1",
    "a b#c#1",
  ])("does not take %s for one of a model's", (name) => {
    expect(parseTag(name)).toBeUndefined();
  });

  it("reads back what it writes", () => {
    expect(parseTag(versionTag("a/b", "v2.0.0"))).toMatchObject({
      model: "a/b",
      version: "v2.0.0",
    });
    expect(
      parseTag(stageTag({ model: "a", stage: "dev", event: 3, unassign: true })),
    ).toMatchObject({ kind: "unassigned", event: 3 });
  });
});

describe("a tag's message", () => {
  it("carries trailers that are read back, on one line each", () => {
    const message = composeMessage("weather v1.0.0", "First version.", {
      "Slipway-Model": "weather",
      "Slipway-Reason": "two\nlines",
      "Slipway-Run": null,
      "Slipway-Actor": "",
    });
    expect(message).toBe(
      "weather v1.0.0\n\nFirst version.\n\nSlipway-Model: weather\nSlipway-Reason: two lines\n",
    );
    expect(parseTrailers(message)).toEqual({
      "Slipway-Model": "weather",
      "Slipway-Reason": "two lines",
    });
  });
});

describe("readHistory", () => {
  it("tells versions, stages and events, and leaves other models alone", () => {
    const history = readHistory("churn", [
      tag("churn@v1.10.0", {
        message:
          "t\n\nSlipway-Content: sha256:c\nSlipway-Digest: sha256:d\nSlipway-Source: abc\nSlipway-Run: url\n",
      }),
      tag("churn@v1.2.0"),
      tag("other@v9.0.0"),
      stage("churn#production#1", "v1.2.0"),
      stage("churn#production#2", "v1.10.0", "v1.2.0", "promotion"),
    ]);
    expect(history.versions.map(({ version }) => version)).toEqual(["v1.2.0", "v1.10.0"]);
    expect(history.versions[1]).toMatchObject({
      content: "sha256:c",
      digest: "sha256:d",
      source: "abc",
      run: "url",
    });
    expect(history.versions[0]).toMatchObject({ content: null, source: "commit of churn@v1.2.0" });
    expect(history.stages).toEqual({ production: "v1.10.0" });
    expect(history.events[1]).toMatchObject({ previous: "v1.2.0", reason: "promotion", event: 2 });
    expect(nextEventNumber(history)).toBe(3);
    expect(latestVersion(history)?.version).toBe("v1.10.0");
  });

  it("infers a stage's version from the commit when there is no trailer, as GTO does", () => {
    const history = readHistory("churn", [
      tag("churn@v1.0.0", { commit: "c1" }),
      tag("churn#dev#1", { commit: "c1" }),
    ]);
    expect(history.stages).toEqual({ dev: "v1.0.0" });
  });

  it("shows the holder before when a stage is taken back", () => {
    const history = readHistory("churn", [
      tag("churn@v1.0.0"),
      tag("churn@v1.1.0"),
      stage("churn#production#1", "v1.0.0"),
      stage("churn#production#2", "v1.1.0"),
      stage("churn#production!#3", "v1.1.0"),
    ]);
    expect(history.stages).toEqual({ production: "v1.0.0" });
    const emptied = readHistory("churn", [
      tag("churn@v1.0.0"),
      stage("churn#dev#1", "v1.0.0"),
      stage("churn#dev!#2", "v1.0.0"),
    ]);
    expect(emptied.stages).toEqual({ dev: null });
  });

  it("breaks a tie of numbers by time and places numberless events by time", () => {
    const history = readHistory("churn", [
      tag("churn@v1.0.0"),
      tag("churn@v1.1.0"),
      { ...stage("churn#dev#1", "v1.0.0"), taggedAt: "2026-01-02T00:00:00.000Z" },
      { ...stage("churn#dev!#1", "v1.0.0"), taggedAt: "2026-01-01T00:00:00.000Z" },
      { ...stage("churn#qa", "v1.1.0"), taggedAt: "2026-01-01T00:00:00.000Z" },
    ]);
    expect(history.stages).toEqual({ dev: "v1.0.0", qa: "v1.1.0" });
  });

  it("hides what was deregistered and knows deprecation until the next tag", () => {
    const tags = [
      tag("churn@v1.0.0"),
      tag("churn@v1.1.0"),
      stage("churn#dev#1", "v1.1.0"),
      tag("churn@v1.1.0!"),
      tag("churn@deprecated"),
    ];
    const history = readHistory("churn", tags);
    expect(latestVersion(history)?.version).toBe("v1.0.0");
    expect(history.stages).toEqual({ dev: null });
    expect(history.deprecated).toBe(true);
    expect(readHistory("churn", [...tags, tag("churn@v1.2.0")]).deprecated).toBe(false);
  });

  it("knows its newest tag of any kind, and lets no other model's tag revive it", () => {
    const tags = [tag("m@v1.0.0"), tag("m@deprecated")];
    const history = readHistory("m", [...tags, tag("other@v1.0.0")]);
    expect(history).toMatchObject({ deprecated: true, newestTagAt: tags[1]?.taggedAt });
    expect(readHistory("m", []).newestTagAt).toBeNull();
  });

  it("prefers releases to prereleases as the latest", () => {
    expect(latestVersion(readHistory("m", [tag("m@v1.0.0"), tag("m@v2.0.0-rc.1")]))?.version).toBe(
      "v1.0.0",
    );
    expect(latestVersion(readHistory("m", [tag("m@v2.0.0-rc.1")]))?.version).toBe("v2.0.0-rc.1");
    expect(latestVersion(readHistory("m", []))).toBeNull();
  });
});

describe("selectVersion", () => {
  const history = readHistory("churn", [
    tag("churn@v1.3.0"),
    tag("churn@v1.4.0"),
    stage("churn#production#1", "v1.3.0"),
    stage("churn#production#2", "v1.4.0", "v1.3.0"),
  ]);

  it.each([
    ["latest", "v1.4.0"],
    ["previous", "v1.3.0"],
    ["production", "v1.4.0"],
    ["v1.3.0", "v1.3.0"],
    ["1.3.0", "v1.3.0"],
  ])("takes %s for %s", (selector, version) => {
    expect(selectVersion(history, selector).version).toBe(version);
  });

  it.each([
    [
      "v1.4.1",
      "Model churn has no version v1.4.1. The newest is v1.4.0.",
      "Use version: latest, or register the run first.",
    ],
    [
      "stagin",
      'Model churn has no version in stage "stagin". The newest is v1.4.0.',
      "Use latest, previous, v1.2.3 or a stage.",
    ],
  ])("names the newest version when there is no %s", (selector, message, hint) => {
    expect(() => selectVersion(history, selector)).toThrow(
      expect.objectContaining({
        code: "VERSION_NOT_FOUND",
        message,
        hint: expect.stringContaining(hint) as string,
      }),
    );
  });

  it("says when a model has no version, no earlier one, or a deregistered one", () => {
    expect(() => selectVersion(readHistory("new", []), "latest")).toThrow(
      "Model new has no version yet.",
    );
    const single = readHistory("m", [tag("m@v1.0.0"), stage("m#production#1", "v1.0.0")]);
    expect(() => selectVersion(single, "previous")).toThrow(
      "no earlier version to go back to in stage production",
    );
    const gone = readHistory("m", [tag("m@v1.0.0"), tag("m@v1.1.0"), tag("m@v1.1.0!")]);
    expect(() => selectVersion(gone, "v1.1.0")).toThrow(
      "m has no version v1.1.0: it was deregistered.",
    );
    expect(trySelectVersion(gone, "v1.1.0")).toBeNull();
  });
});

describe("previousHolder", () => {
  it("passes over versions that were deregistered or never tagged", () => {
    const tags = [
      tag("m@v1.1.0"),
      tag("m@v1.1.0!"),
      tag("m@v1.2.0"),
      stage("m#production#1", "v0.9.0"),
      stage("m#production#2", "v1.1.0"),
      stage("m#production#3", "v1.2.0", "", "rollback: from nothing"),
    ];
    expect(previousHolder(readHistory("m", tags), "production")).toBeNull();
    expect(previousHolder(readHistory("m", tags), "staging")).toBeNull();
    expect(nextEventNumber(readHistory("m", [tag("m#dev")]))).toBe(1);
    expect(readHistory("m", [tag("m#dev")]).events[0]?.version).toBeNull();
  });

  it("does not go back and forth on two rollbacks in a row", () => {
    const tags = [
      tag("m@v1.0.0"),
      tag("m@v1.1.0"),
      tag("m@v1.2.0"),
      stage("m#production#1", "v1.0.0"),
      stage("m#production#2", "v1.1.0", "v1.0.0"),
      stage("m#production#3", "v1.2.0", "v1.1.0"),
    ];
    expect(previousHolder(readHistory("m", tags), "production")).toBe("v1.1.0");
    const once = [...tags, stage("m#production#4", "v1.1.0", "v1.2.0", "rollback: slow")];
    expect(previousHolder(readHistory("m", once), "production")).toBe("v1.0.0");
    const again = [...once, stage("m#production#5", "v1.2.0", "v1.1.0", "fixed")];
    expect(previousHolder(readHistory("m", again), "production")).toBe("v1.1.0");
  });
});
