import {
  describeForOpenInference,
  describeVersion,
  identityOf,
  outputNames,
} from "../describe-version.ts";
import type { ServedVersion } from "../load-version.ts";
import { renderDocsPage } from "./docs-page.ts";
import { jsonReply, type Reply } from "./exchange.ts";
import { instancesProtocol } from "./instances-protocol.ts";
import { openInferenceProtocol } from "./open-inference-protocol.ts";
import { describeApi } from "./openapi.ts";
import type { PredictProtocol } from "./protocol.ts";

/** What a path does. */
export type Route =
  | { readonly kind: "read"; readonly label: string; readonly reply: () => Reply | Promise<Reply> }
  | { readonly kind: "predict"; readonly label: string; readonly protocol: PredictProtocol };

/** The routes by path. One model in one version is served, so every path is known beforehand. */
export type RouteTable = ReadonlyMap<string, Route>;

/** Paths beyond the server's own, as Vertex AI names them. */
export interface ExtraRoutes {
  readonly health?: string | undefined;
  readonly predict?: string | undefined;
}

/** What the routes that are there from the start ask. */
export interface ServerFacts {
  readonly isReady: () => boolean;
  readonly whyNotReady: () => string;
  readonly metrics: () => Promise<Reply>;
}

/** The routes that answer before a model is loaded. */
export function earlyRoutes(facts: ServerFacts, extra: ExtraRoutes): RouteTable {
  const ready = (name: string) => (): Reply => {
    if (facts.isReady()) return jsonReply(200, { [name]: true });
    return {
      ...jsonReply(503, { [name]: false, reason: facts.whyNotReady() }),
      headers: { "retry-after": "1" },
    };
  };
  const routes = new Map<string, Route>([
    ["/health", read("/health", () => jsonReply(200, { live: true }))],
    ["/ready", read("/ready", ready("ready"))],
    ["/metrics", read("/metrics", facts.metrics)],
    ["/v2", read("/v2", () => jsonReply(200, { name: "slipway", extensions: [] }))],
    ["/v2/health/live", read("/v2/health/live", () => jsonReply(200, { live: true }))],
    ["/v2/health/ready", read("/v2/health/ready", ready("ready"))],
  ]);
  if (extra.health !== undefined) routes.set(extra.health, read("vertex-health", ready("ready")));
  return routes;
}

/** All routes of a loaded version, added to the early ones. */
export function versionRoutes(
  early: RouteTable,
  version: ServedVersion,
  { extra, slipway }: { readonly extra: ExtraRoutes; readonly slipway: string },
): RouteTable {
  const identity = identityOf(version);
  const instances = instancesProtocol(identity);
  const openInference = openInferenceProtocol(identity, outputNames(version));
  const metadata = jsonReply(200, describeVersion(version, slipway));
  const openApi = jsonReply(200, describeApi(version, slipway));
  const docs = renderDocsPage(version);
  const routes = new Map<string, Route>([
    ["/", read("/", () => metadata)],
    ["/metadata", read("/metadata", () => metadata)],
    ["/openapi.json", read("/openapi.json", () => openApi)],
    ["/docs", read("/docs", () => docs)],
    ["/predict", { kind: "predict", label: "/predict", protocol: instances }],
  ]);
  const model = jsonReply(200, describeForOpenInference(version));
  for (const base of openInferenceBases(identity.model, identity.version)) {
    routes.set(
      base,
      read("/v2/models/M", () => model),
    );
    routes.set(`${base}/ready`, {
      ...read("/v2/models/M/ready", () => jsonReply(200, { name: identity.model, ready: true })),
    });
    const infer: Route = { kind: "predict", label: "/v2/models/M/infer", protocol: openInference };
    routes.set(`${base}/infer`, infer);
  }
  // What is there from the start must not be taken by a route that Vertex AI names.
  for (const [path, route] of early) routes.set(path, route);
  if (extra.predict !== undefined) {
    routes.set(extra.predict, { kind: "predict", label: "vertex-predict", protocol: instances });
  }
  return routes;
}

/** Model names may have slashes in them; versions are known with and without their `v`. */
function openInferenceBases(model: string, version: string): readonly string[] {
  const bases = [...new Set([model, encodeURIComponent(model)])].map(
    (name) => `/v2/models/${name}`,
  );
  const versions = [version, version.replace(/^v/, "")];
  return bases.flatMap((base) => [base, ...versions.map((one) => `${base}/versions/${one}`)]);
}

function read(label: string, reply: () => Reply | Promise<Reply>): Route {
  return { kind: "read", label, reply };
}
