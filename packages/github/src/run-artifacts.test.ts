import { describe, expect, it } from "vitest";
import { connectGithub } from "./client.ts";
import { readArtifact } from "./run-artifacts.ts";
import { someAccess } from "./testing/some-access.ts";

describe("readArtifact", () => {
  it("downloads no archive that does not fit into memory: a fork may have made it", async () => {
    const nobody = connectGithub(someAccess({ apiUrl: "http://127.0.0.1:9" }));
    const artifact = { id: 1, name: "slipway-weather-evaluate-gate-1", sizeBytes: 2 * 1024 ** 3 };
    await expect(
      readArtifact(nobody, artifact, { wants: () => true, fileLimitBytes: 1 }),
    ).rejects.toMatchObject({
      code: "ARTIFACT_TOO_LARGE",
      message: `The artifact slipway-weather-evaluate-gate-1 is ${2 * 1024 ** 3} bytes; at most ${1024 ** 3} are read.`,
    });
  });
});
