import { describe, expect, it } from "vitest";
import { checkObjectName, formatObjectUri, globPrefix, parseObjectUri } from "./object-uri.ts";

describe("parseObjectUri", () => {
  it("takes a gs:// name letter by letter", () => {
    expect(parseObjectUri("gs://my-bucket/a b/%20?x#y")).toEqual({
      kind: "gs",
      bucket: "my-bucket",
      name: "a b/%20?x#y",
    });
  });

  it("says that s3:// is not supported yet", () => {
    expect(() => parseObjectUri("s3://bucket/key")).toThrow("s3:// is not supported yet");
  });

  it.each([
    ["gs://", "is not a bucket's name"],
    ["gs:///name", "is not a bucket's name"],
    ["gs://UPPER/name", "is not a bucket's name"],
    ["file://host/x", "is not a file URI"],
    ["models/x", "is not the URI of an object"],
    ["", "is not the URI of an object"],
  ])("refuses %j", (uri, why) => {
    expect(() => parseObjectUri(uri)).toThrow(why);
  });

  it.each(["gs://bucket/a/b.onnx", "file:///data/a%20b.onnx", "https://example.org/x?y=1"])(
    "is the inverse of formatObjectUri for %s",
    (uri) => {
      expect(formatObjectUri(parseObjectUri(uri))).toBe(uri);
    },
  );
});

describe("checkObjectName", () => {
  it.each(["model.onnx", "weather/v1.0.0/model.onnx", "ünïcode/模型.onnx", "a".repeat(1024)])(
    "takes %s",
    (name) => {
      expect(() => checkObjectName(name)).not.toThrow();
    },
  );

  it.each([
    ["", "is empty"],
    ["ü".repeat(513), "has 1026 bytes"],
    ["a\nb", "control character"],
    ["a/../b", "leads out of its folder"],
    ["./a", "leads out of its folder"],
    ["/a", "starts with a slash"],
    ["a//b", "empty part"],
    ["a/", "empty part"],
    ["a*b", "pattern"],
    ["\ud800", "not valid Unicode"],
    [".well-known/acme-challenge/x", "refuses"],
  ])("refuses %j", (name, why) => {
    expect(() => checkObjectName(name)).toThrow(why);
  });
});

describe("globPrefix", () => {
  it("is all that comes before the first pattern", () => {
    expect(globPrefix("logs/2026-*/x.jsonl")).toBe("logs/2026-");
    expect(globPrefix("logs/x.jsonl")).toBe("logs/x.jsonl");
  });
});
