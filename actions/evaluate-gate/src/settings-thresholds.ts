import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { InputError } from "#core";
import { gatherInputs } from "#toolkit";
import { schema } from "./inputs.ts";
import type { ThresholdsOfSettings } from "./ports.ts";

/** Which part of the settings is read. */
export interface SettingsPlace {
  readonly workspace: string;
  readonly config: string;
  readonly model: string;
  readonly environment: string | null;
}

/** The gate's thresholds as `slipway.yml` gives them, without the step's own. */
export function settingsThresholds(place: SettingsPlace): ThresholdsOfSettings {
  const read = (workspace: string, config: string): string | null => {
    const raw = gatherInputs({
      action: "evaluate-gate",
      fields: schema,
      environment: {
        INPUT_MODEL: place.model,
        ...(place.environment !== null && { INPUT_ENVIRONMENT: place.environment }),
        ...(config !== "slipway.yml" && { INPUT_CONFIG: config }),
      },
      workspace,
    });
    return raw["thresholds"]?.text ?? null;
  };
  return {
    current: () => read(place.workspace, place.config),
    ofText: (settings) => {
      const folder = mkdtempSync(join(tmpdir(), "slipway-base-"));
      try {
        const file = basename(place.config);
        writeFileSync(join(folder, file), settings);
        return read(folder, file);
      } catch (error) {
        // The pull request adds the model: none of its thresholds was there before.
        if (error instanceof InputError && error.code === "UNKNOWN_MODEL") return null;
        throw error;
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}
