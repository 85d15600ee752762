import { describe, expect, it } from "vitest";
import { metricCatalog } from "#stats";
import {
  defineMetric,
  METRIC_DEFINITIONS,
} from "../../packages/toolkit/build/metric-definitions.ts";
import { probeMethods, probeUndefined } from "../../packages/toolkit/build/metric-probes.ts";
import { composeMetricsPage } from "../../packages/toolkit/build/metrics-page.ts";

describe("the page of metrics", () => {
  it("defines every metric, and no other", () => {
    for (const name of metricCatalog.keys()) expect(defineMetric(name)).toMatch(/\.$/);
    const unknown = Object.keys(METRIC_DEFINITIONS).filter((name) => !metricCatalog.has(name));
    expect(unknown).toEqual([]);
    expect(() => defineMetric("ndcg")).toThrow("metric ndcg has no definition");
  });

  it("tells how intervals are made by asking for them", () => {
    const methods = probeMethods();
    expect(methods.get("accuracy")).toEqual({ some: "wilson", many: "wilson" });
    expect(methods.get("f1_macro")?.some).toBe("bootstrap-counts");
    expect(methods.get("rmse")).toEqual({ some: "bootstrap-t", many: "bootstrap-normal" });
    expect(methods.get("max_error")).toEqual({ some: null, many: null });
  });

  it("tells what leaves a metric without a value by trying it", () => {
    const found = probeUndefined();
    expect(found.get("accuracy")).toEqual([]);
    expect(found.get("roc_auc")).toEqual(["there are no scores", "every row is of one class"]);
    expect(found.get("precision")).toEqual(["every row is predicted as one class"]);
    expect(found.get("f_beta")).toEqual([]);
    expect(found.get("log_loss")).toContain("scores are no probabilities");
  });

  it("has a row for every metric and every part of a check", () => {
    const page = composeMetricsPage((_, rows) => rows.map((row) => row.join(" | ")).join("\n"));
    for (const name of metricCatalog.keys()) expect(page).toContain(`\`${name}`);
    expect(page).toContain("`within` | ≤ 5 %, warn | rows that repeat");
    expect(page).toContain("`latency` | `p95_ms` | shown |");
    expect(page).not.toMatch(/undefined(?! )|NaN|\[object/);
  });
});
