import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Reply } from "./replies.ts";

/** Writes a reply with the headers that every reply has. */
export async function writeReply(
  reply: Reply,
  common: Readonly<Record<string, string>>,
  { incoming, response }: { readonly incoming: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const isHead = incoming.method === "HEAD";
  switch (reply.kind) {
    case "empty":
      response.writeHead(reply.status, { ...common, "content-length": "0", ...reply.headers });
      response.end();
      return;
    case "json": {
      const bytes = Buffer.from(JSON.stringify(reply.body));
      const etag = `W/"${createHash("sha256").update(bytes).digest("hex")}"`;
      const isRead = incoming.method === "GET" && reply.status === 200;
      if (isRead && incoming.headers["if-none-match"] === etag) {
        response.writeHead(304, { ...common, ...reply.headers, etag });
        response.end();
        return;
      }
      response.writeHead(reply.status, {
        ...common,
        "content-type": "application/json; charset=utf-8",
        "content-length": bytes.length,
        ...(isRead ? { etag, "cache-control": "private, max-age=60, s-maxage=60" } : {}),
        ...reply.headers,
      });
      response.end(isHead ? undefined : bytes);
      return;
    }
    case "bytes":
      response.writeHead(reply.status, {
        ...common,
        "content-length": reply.body.length,
        ...reply.headers,
      });
      response.end(isHead ? undefined : reply.body);
      return;
    case "file":
      await writeFileReply(reply, common, { incoming, response });
  }
}

async function writeFileReply(
  reply: Extract<Reply, { kind: "file" }>,
  common: Readonly<Record<string, string>>,
  { incoming, response }: { readonly incoming: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const { size } = await stat(reply.path);
  const asked = incoming.headers["x-ms-range"] ?? incoming.headers.range;
  const range = /^bytes=(\d+)-(\d*)$/.exec(typeof asked === "string" ? asked : "");
  const start = range === null ? 0 : Number(range[1]);
  const end = range === null || range[2] === "" ? size - 1 : Math.min(Number(range[2]), size - 1);
  if (range !== null && start >= size) {
    response.writeHead(416, { ...common, "content-range": `bytes */${size}` });
    response.end();
    return;
  }
  response.writeHead(range === null ? reply.status : 206, {
    ...common,
    ...reply.headers,
    "accept-ranges": "bytes",
    "content-length": end - start + 1,
    ...(range === null ? {} : { "content-range": `bytes ${start}-${end}/${size}` }),
  });
  if (incoming.method === "HEAD" || size === 0) {
    response.end();
    return;
  }
  await pipeline(createReadStream(reply.path, { start, end }), response);
}
