import { describe, expect, it } from "vitest";
import { placeThresholds } from "./threshold-places.ts";

const settings = `models:
  weather:
    target: weather
    evaluate-gate:
      thresholds: |
        accuracy >= 0.75   # of all
        f1_macro >=  production - 0.01
`;

describe("placeThresholds", () => {
  it("finds a threshold's line whatever its spacing and comment", () => {
    const places = placeThresholds(
      ["accuracy >= 0.75", "f1_macro >= production - 0.01", "rmse <= 3"],
      [{ path: "slipway.yml", text: settings }],
    );
    expect([...places]).toEqual([
      ["accuracy >= 0.75", { path: "slipway.yml", line: 6 }],
      ["f1_macro >= production - 0.01", { path: "slipway.yml", line: 7 }],
    ]);
  });

  it("finds one in a list, quoted, and behind its key", () => {
    const text = `thresholds: accuracy >= 0.9\nothers:\n  - "recall(rain) >= 0.7"\n  - 'p95_ms <= 20 warn'\n`;
    const places = placeThresholds(
      ["accuracy >= 0.9", "recall(rain) >= 0.7", "p95_ms <= 20 warn"],
      [{ path: "gate.yml", text }],
    );
    expect([...places.values()].map(({ line }) => line)).toEqual([1, 3, 4]);
  });

  it("takes the first file that holds it", () => {
    const text = "accuracy >= 0.75\n";
    const places = placeThresholds(
      ["accuracy >= 0.75"],
      [
        { path: "slipway.yml", text: settings },
        { path: ".github/workflows/gate.yml", text },
      ],
    );
    expect(places.get("accuracy >= 0.75")?.path).toBe("slipway.yml");
  });
});
