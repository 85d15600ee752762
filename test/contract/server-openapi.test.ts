import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { diabetesRows, weatherRows } from "../../packages/server/src/testing/reference-cases.ts";
import {
  diabetes,
  weather,
  writeVersion,
  type VersionFolder,
} from "../../packages/server/src/testing/some-version.ts";
import {
  startTestServer,
  type TestServer,
} from "../../packages/server/src/testing/start-test-server.ts";

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

const models = { weather, diabetes };

describe.each(["weather", "diabetes"] as const)("the OpenAPI document of %s", (name) => {
  let version: VersionFolder;
  let server: TestServer;
  let document: OpenApi;
  let schema: (name: string) => ValidateFunction;
  beforeAll(async () => {
    version = await writeVersion(models[name]);
    server = await startTestServer(version);
    document = (await server.get("/openapi.json")).json as unknown as OpenApi;
    const ajv = new Ajv2020({ strict: false });
    ajv.addSchema(document, "api");
    schema = (component) => {
      const validate = ajv.getSchema(`api#/components/schemas/${component}`);
      if (validate === undefined) throw new Error(`no schema ${component}`);
      return validate;
    };
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await version[Symbol.asyncDispose]();
  });

  it("is valid by the specification's own schema", async () => {
    const validator = new Validator();
    const result = await validator.validate({ ...structuredClone(document) });
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
    expect(validator.version).toBe("3.1");
  });

  it("describes real requests and their answers", async () => {
    const rows = name === "weather" ? await weatherRows() : await diabetesRows();
    const request = { instances: rows.map(({ instance }) => instance) };
    expect(schema("PredictRequest")(request)).toBe(true);
    const answer = await server.post("/predict", request);
    expect(answer.status).toBe(200);
    expect(schema("PredictResponse")(answer.json)).toBe(true);
  });

  it("agrees with the server on what is refused", async () => {
    const rows = name === "weather" ? await weatherRows() : await diabetesRows();
    const good = rows[0]?.instance ?? {};
    const [first = ""] = Object.keys(good);
    const { [first]: _removed, ...missing } = good;
    const wrong = [
      missing,
      { ...good, more: 1 },
      { ...good, [first]: "text" },
      { ...good, [first]: {} },
    ];
    for (const instance of wrong) {
      const request = { instances: [instance] };
      expect(schema("PredictRequest")(request)).toBe(false);
      const answer = await server.post("/predict", request);
      expect(answer.status).toBe(422);
      expect(schema("Error")(answer.json)).toBe(true);
    }
  });

  it("has an example that the server answers", async () => {
    const operation = document.paths["/predict"]?.["post"] as {
      readonly requestBody: { readonly content: Readonly<Record<string, { example: unknown }>> };
    };
    const { example } = operation.requestBody.content["application/json"] ?? { example: null };
    expect((await server.post("/predict", example)).status).toBe(200);
  });

  it("names paths that are there", async () => {
    const paths = Object.keys(document.paths).filter((path) => path !== "/predict");
    const answers = await Promise.all(paths.map((path) => server.get(path)));
    expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 200));
  });
});
