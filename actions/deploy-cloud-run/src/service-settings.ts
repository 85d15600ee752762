import { isDeepStrictEqual } from "node:util";
import type { Service, ServiceFields } from "#google";
import type { Inputs } from "./inputs.ts";

const INGRESS = {
  all: "INGRESS_TRAFFIC_ALL",
  internal: "INGRESS_TRAFFIC_INTERNAL_ONLY",
  "internal-and-cloud-load-balancing": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
} as const;

/** The service's own settings that the inputs ask for and that are not so yet. */
export function serviceSettings(
  inputs: Pick<Inputs, "ingress" | "minInstances" | "serviceLabels">,
  service: Service | null,
): ServiceFields {
  const { ingress, minInstances, serviceLabels } = inputs;
  const labels = { ...service?.labels, ...serviceLabels };
  return {
    ...(ingress !== null && INGRESS[ingress] !== service?.ingress && { ingress: INGRESS[ingress] }),
    ...(minInstances !== null &&
      minInstances !== (service?.scaling?.minInstanceCount ?? 0) && {
        scaling: { minInstanceCount: minInstances },
      }),
    ...(serviceLabels !== null && !isDeepStrictEqual(labels, { ...service?.labels }) && { labels }),
  };
}

/** The update mask of a service's fields; of its scaling only the number of warm instances is set. */
export function maskOf(fields: ServiceFields): readonly string[] {
  return Object.keys(fields).map((name) =>
    name === "scaling" ? "scaling.minInstanceCount" : name,
  );
}
