import { describe, expect, it } from "vitest";
import { isGranted, parseBindings, policyEtag } from "./iam-policy.ts";
import { serviceAccountPrincipal } from "./principal.ts";

const robot = serviceAccountPrincipal("robot@p");

describe("isGranted", () => {
  it("finds the member and the permission of the role", () => {
    const bindings = [{ role: "roles/storage.objectViewer", members: ["serviceAccount:robot@p"] }];
    expect(isGranted(bindings, robot, "storage.objects.get")).toBe(true);
    expect(isGranted(bindings, robot, "storage.objects.delete")).toBe(false);
    expect(isGranted(bindings, serviceAccountPrincipal("other@p"), "storage.objects.get")).toBe(
      false,
    );
    expect(isGranted(bindings, undefined, "storage.objects.get")).toBe(false);
  });

  it("knows groups, everybody, and roles with all of a service", () => {
    const federated = { member: "principal://x", email: "x", sets: ["principalSet://pool/*"] };
    const toSet = [{ role: "roles/run.admin", members: ["principalSet://pool/*"] }];
    expect(isGranted(toSet, federated, "run.services.setIamPolicy")).toBe(true);
    expect(isGranted(toSet, federated, "storage.objects.get")).toBe(false);
    const toAll = [{ role: "roles/run.invoker", members: ["allUsers"] }];
    expect(isGranted(toAll, undefined, "run.routes.invoke")).toBe(true);
    const toKnown = [{ role: "roles/run.invoker", members: ["allAuthenticatedUsers"] }];
    expect(isGranted(toKnown, undefined, "run.routes.invoke")).toBe(false);
    expect(isGranted(toKnown, robot, "run.routes.invoke")).toBe(true);
  });
});

describe("parseBindings", () => {
  it.each([
    [[{ role: "roles/unheard.of", members: [] }], "roles/unheard.of"],
    [[{ role: "roles/run.invoker", members: ["robot@p"] }], "Invalid member: robot@p"],
    [[{ role: "roles/run.invoker", members: [], condition: {} }], "condition"],
    [[{ role: "roles/run.invoker", members: [], extra: 1 }], "extra"],
    [{}, "expected a list"],
  ])("refuses %j", (value, message) => {
    expect(() => parseBindings(value)).toThrow(message);
  });
});

describe("policyEtag", () => {
  it("changes with the bindings", () => {
    const one = [{ role: "roles/run.invoker", members: ["allUsers"] }];
    expect(policyEtag(one)).toBe(policyEtag(structuredClone(one)));
    expect(policyEtag(one)).not.toBe(policyEtag([]));
  });
});
