import { isStatus } from "../remote-errors.ts";
import type { IamBinding, IamPolicy } from "./types.ts";

/** Callers to let in or to shut out. */
export interface InvokerChange {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}

const invokerRole = "roles/run.invoker";
const mostAttempts = 5;

/** A policy after an {@link InvokerChange}; conditional bindings and other roles stay as they are. */
export function policyAfter(
  policy: IamPolicy,
  { add = [], remove = [] }: InvokerChange,
): IamPolicy {
  const bindings = policy.bindings ?? [];
  const isOurs = (binding: IamBinding) =>
    binding.role === invokerRole && binding.condition === undefined;
  const members = new Set(bindings.filter(isOurs).flatMap((binding) => binding.members ?? []));
  for (const member of remove) members.delete(member);
  for (const member of add) members.add(member);
  return {
    ...policy,
    bindings: [
      ...bindings.filter((binding) => !isOurs(binding)),
      ...(members.size === 0 ? [] : [{ role: invokerRole, members: [...members].sort() }]),
    ],
  };
}

/** Reads, changes and writes a policy until nobody else has written in between. */
export async function withInvokers(
  change: InvokerChange,
  calls: {
    readonly get: () => Promise<IamPolicy>;
    readonly set: (policy: IamPolicy) => Promise<IamPolicy>;
  },
): Promise<IamPolicy> {
  for (let attempt = 1; ; attempt += 1) {
    const policy = await calls.get();
    const changed = policyAfter(policy, change);
    if (sameInvokers(policy, changed)) return policy;
    try {
      return await calls.set(changed);
    } catch (error) {
      // 409: written by somebody else, or by an attempt of ours whose answer was lost.
      if (!isStatus(error, 409) || attempt === mostAttempts) throw error;
    }
  }
}

function sameInvokers(left: IamPolicy, right: IamPolicy): boolean {
  const members = (policy: IamPolicy) =>
    (policy.bindings ?? [])
      .filter((binding) => binding.role === invokerRole && binding.condition === undefined)
      .flatMap((binding) => binding.members ?? [])
      .sort()
      .join("\n");
  return members(left) === members(right);
}
