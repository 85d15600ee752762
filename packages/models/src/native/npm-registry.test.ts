import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { registryUrl } from "./npm-registry.ts";

let home = "";
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "npm-home-"));
});
afterAll(async () => {
  await rm(home, { recursive: true });
});

describe("the registry that npm's settings name", () => {
  it("is what npm itself falls back on without any", () => {
    expect(registryUrl({ HOME: home }).protocol).toMatch(/^https?:$/);
  });

  it("is not guessed where npm is not here", () => {
    expect(() => registryUrl({ HOME: home, PATH: home })).toThrow(/npm is not here to ask/);
  });

  it.each(["npm_config_registry", "NPM_CONFIG_REGISTRY"])("is %s", (name) => {
    const url = registryUrl({ HOME: home, [name]: "https://mirror.example/npm" });
    expect(url.href).toBe("https://mirror.example/npm/");
  });

  it("is the user's .npmrc's, behind the environment's", async () => {
    const userconfig = join(home, "settings");
    await writeFile(
      userconfig,
      "@acme:registry=https://other.example/\nregistry = https://corp.example/\n",
    );
    const environment = { HOME: home, NPM_CONFIG_USERCONFIG: userconfig };
    expect(registryUrl(environment).host).toBe("corp.example");
    await writeFile(join(home, ".npmrc"), "registry=https://home.example/");
    expect(registryUrl({ HOME: home }).host).toBe("home.example");
    expect(registryUrl({ ...environment, npm_config_registry: "http://a.example" }).host).toBe(
      "a.example",
    );
  });

  it.each(["ftp://mirror.example/", "mirror.example", "file:///tmp/"])("is not %s", (registry) => {
    expect(() => registryUrl({ npm_config_registry: registry })).toThrow(/no http\(s\) URL/);
  });
});
