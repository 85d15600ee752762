import { describe, expect, it } from "vitest";
import {
  countingCredentials,
  instantClock,
  scriptedServer,
  threeAttempts,
} from "../testing/scripted-server.ts";
import { objectStore } from "./stores.ts";

const store = objectStore({
  environment: {},
  credentials: countingCredentials(),
  clock: instantClock(),
  retryPolicy: threeAttempts,
});

describe("https:// addresses", () => {
  it("are read without a token, through redirects, and gone on with by their strong tag", async () => {
    await using server = await scriptedServer([
      { status: 302, headers: { location: "/real" } },
      { status: 200, text: "0123456789", headers: { etag: '"a"' }, cutAfter: 4 },
      { status: 206, text: "456789", headers: { etag: '"a"' } },
    ]);
    expect(await store.readText(`${server.url}/model`)).toBe("0123456789");
    expect(server.seen[1]?.headers.authorization).toBeUndefined();
    expect(server.seen[2]?.headers).toMatchObject({ range: "bytes=4-", "if-match": '"a"' });
  });

  it("are not gone on with when nobody can say that the bytes are the same", async () => {
    await using server = await scriptedServer([
      { status: 200, text: "0123456789", headers: { etag: 'W/"a"' }, cutAfter: 4 },
    ]);
    await expect(store.readText(server.url)).rejects.toMatchObject({ code: "NO_ANSWER" });
  });

  it("never show their query, which may be a signature", async () => {
    await using server = await scriptedServer([{ status: 404 }]);
    const error: unknown = await store
      .readText(`${server.url}/x?sig=secret`)
      .catch((e: unknown) => e);
    expect(String(error)).toContain("does not exist");
    expect(String(error)).not.toContain("secret");
  });

  it("never show their query where a download breaks off", async () => {
    await using server = await scriptedServer([{ status: 200, text: "0123456789", cutAfter: 4 }]);
    const error: unknown = await store
      .readText(`${server.url}/x?sig=secret`)
      .catch((e: unknown) => e);
    expect(String(error)).toContain("/x from byte 4");
    expect(String(error)).not.toContain("secret");
  });

  it("are not gone on with by an answer that begins anew", async () => {
    await using server = await scriptedServer([
      { status: 200, text: "0123456789", headers: { etag: '"a"' }, cutAfter: 4 },
      { status: 200, text: "0123456789", headers: { etag: '"a"' } },
    ]);
    await expect(store.readText(server.url)).rejects.toMatchObject({ code: "RANGE_IGNORED" });
  });

  it("must not carry a password, which is never shown", async () => {
    const error: unknown = await store
      .readText("https://ann:secret@example.org/x")
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "CREDENTIALS_IN_URL" });
    expect(String(error)).not.toMatch(/ann|secret/);
  });

  it("must not lead to plain http of another machine", async () => {
    await using server = await scriptedServer([
      { status: 302, headers: { location: "http://example.org/model?sig=secret" } },
    ]);
    await expect(store.readText(server.url)).rejects.toMatchObject({
      code: "PLAIN_HTTP",
      message: "http://example.org/model is not https.",
    });
  });

  it("are read only", async () => {
    const uri = "https://example.org/x";
    await expect(store.createOnly(uri, { bytes: Buffer.from("x") })).rejects.toMatchObject({
      code: "READ_ONLY",
    });
    const list = async () => {
      for await (const facts of store.list(uri)) return facts;
      return null;
    };
    await expect(list()).rejects.toMatchObject({ code: "READ_ONLY" });
  });

  it("must not be plain http to another machine", async () => {
    await expect(store.readText("http://example.org/model")).rejects.toMatchObject({
      code: "PLAIN_HTTP",
    });
  });
});
