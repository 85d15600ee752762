import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { digestDirectory } from "./directory-digest.ts";
import { composeSettings, params } from "./project.ts";
import { readMarkup } from "./read-markup.ts";
import { createTerminal } from "./terminal.ts";
import { drawTraffic } from "./traffic-chart.ts";
import { startTraffic } from "./traffic.ts";
import { objectName, readWeatherParts } from "./weather-data.ts";

const repositoryRoot = path.resolve(import.meta.dirname, "../../../..");

describe("the demo's data", () => {
  it("is every day of two cities and four years, once", () => {
    const parts = readWeatherParts(repositoryRoot);
    expect(parts.map(objectName)).toContain("weather/new-york-2014.csv");
    expect(parts).toHaveLength(8);
    const days = parts.flatMap(({ days: own }) =>
      own.map(({ location, date }) => `${location} ${date}`),
    );
    expect(new Set(days).size).toBe(2922);
    expect(days).toHaveLength(2922);
    for (const { csv, days: own } of parts)
      expect(csv.trimEnd().split("\n")).toHaveLength(own.length + 1);
  });
});

describe("the demo's settings", () => {
  it("are YAML with the params and the image that were asked for", () => {
    const image = `ghcr.io/slipway-ml/server@sha256:${"a".repeat(64)}`;
    const settings = parse(composeSettings({ params: params.worse, project: "acme", image })) as {
      models: { weather: Record<string, Record<string, unknown>> };
    };
    const { weather } = settings.models;
    expect(weather["train-model"]?.["params"]).toEqual(params.worse);
    expect(weather["environments"]?.["production"]).toMatchObject({
      "deploy-cloud-run": { image, project: "acme", "bake-time": "3s" },
    });
  });
});

describe("digestDirectory", () => {
  it("changes with a name and with a byte, and not with the order of writing", () => {
    const directory = mkdtempSync(path.join(tmpdir(), "slipway-digest-"));
    const write = (name: string, files: Readonly<Record<string, string>>) => {
      for (const [file, text] of Object.entries(files)) {
        const target = path.join(directory, name, file);
        mkdirSync(path.dirname(target), { recursive: true });
        writeFileSync(target, text);
      }
      return digestDirectory(path.join(directory, name));
    };
    try {
      const first = write("a", { "x.mjs": "1", "chunks/y.mjs": "2" });
      expect(write("b", { "chunks/y.mjs": "2", "x.mjs": "1" })).toBe(first);
      expect(write("c", { "x.mjs": "1", "chunks/z.mjs": "2" })).not.toBe(first);
      expect(write("d", { "x.mjs": "1", "chunks/y.mjs": "3" })).not.toBe(first);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe("readMarkup", () => {
  it("reads a row of a comment as a reader sees it", () => {
    expect(
      readMarkup("| ❌&nbsp;fail <code>f1 &#62;&#61; 0&#46;6</code><br><small>why</small> |"),
    ).toBe("| ❌ fail f1 >= 0.6 why |");
  });
});

describe("drawTraffic", () => {
  it("shows shares, counts and errors by time", () => {
    const lines = drawTraffic(
      [
        { second: 0, byVersion: { "v1.0.0": 10 } },
        { second: 1, byVersion: { "v1.0.0": 5, "v1.1.0": 4, error: 1 } },
      ],
      { slices: 2, columns: 10 },
    ).map(stripVTControlCharacters);
    expect(lines[0]).toBe("      0–1 s  ██████████  10 requests");
    expect(lines[1]).toBe("      1–2 s  █████▓▓▓▓!  10 requests, 1 errors");
    expect(lines[2]).toContain("v1.1.0");
  });

  it("says so when there was none", () => {
    expect(drawTraffic([])).toEqual(["no requests"]);
  });
});

describe("the terminal", () => {
  it("speaks up after five seconds of silence, and not before", async () => {
    let now = 0;
    const lines: string[] = [];
    const terminal = createTerminal(
      (line) => lines.push(stripVTControlCharacters(line)),
      () => now,
    );
    const alive = terminal.keepAlive(() => "step 4 goes on");
    try {
      await sleep(1100);
      expect(lines).toEqual([]);
      now = 5000;
      await sleep(1100);
      expect(lines).toEqual(["     … step 4 goes on"]);
    } finally {
      alive.stop();
    }
  });
});

describe("the traffic client", () => {
  it("counts answers by version and errors, keeps its bound and stops", async () => {
    let open = 0;
    let most = 0;
    let served = 0;
    const server = createServer((request, response) => {
      open += 1;
      most = Math.max(most, open);
      request.resume();
      setTimeout(() => {
        open -= 1;
        served += 1;
        response.statusCode = served % 5 === 0 ? 500 : 200;
        response.end(JSON.stringify({ version: served % 2 === 0 ? "v1.0.0" : "v1.1.0" }));
      }, 20);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const traffic = startTraffic({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      token: () => Promise.resolve("token"),
      bodyOf: (day) => day,
      requestsPerSecond: 500,
      concurrency: 3,
    });
    try {
      traffic.send([{ date: "2012-01-01" }, { date: "2012-01-02" }]);
      await expect.poll(() => served, { interval: 10, timeout: 5000 }).toBeGreaterThanOrEqual(40);
      await traffic.stop();
      const count = traffic.since(0);
      expect(count.requests).toBe(served);
      expect(count.errors).toBe(Math.floor(served / 5));
      expect(count.byVersion["v1.0.0"]).toBeGreaterThan(0);
      expect(most).toBeLessThanOrEqual(3);
      expect(traffic.rounds()).toBe((count.requests - count.errors) / 2);
      const before = served;
      await sleep(60);
      expect(served).toBe(before);
    } finally {
      await traffic.stop();
      server.close();
    }
  });
});
