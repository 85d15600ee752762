import type { Manifest, Version } from "#core";
import type { RegisteredRelease } from "./registry.ts";

/** What happened to a version's stage. */
export interface StageNote {
  readonly stage: string;
  readonly tag: string;
  readonly previous: Version | null;
  readonly changed: boolean;
}

/** What became of a run, a stage or a mark. */
export type Outcome =
  | {
      readonly kind: "registered";
      readonly manifest: Manifest;
      readonly digest: string;
      readonly tag: string;
      /** False when this very run was registered already. */
      readonly created: boolean;
      readonly release: RegisteredRelease | null;
      readonly stage: StageNote | null;
    }
  | {
      readonly kind: "assigned";
      readonly model: string;
      readonly version: Version;
      readonly tag: string;
      readonly stage: StageNote;
    }
  | {
      readonly kind: "marked";
      readonly model: string;
      readonly mark: string;
      readonly tag: string;
      readonly created: boolean;
    };
