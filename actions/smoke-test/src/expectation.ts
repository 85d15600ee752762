import { selectVersion, type VersionHistory } from "#core";
import { findExpectation, type CaseSources, type Expectation } from "#probe";
import type { Inputs } from "./inputs.ts";

/**
 * The version that the inputs expect, whatever they call it, and its golden cases.
 *
 * @throws InputError when there is no such version or file; DataError for a line that is no case
 */
export async function expectVersion(
  { model, version, cases }: Pick<Inputs, "model" | "version" | "cases">,
  sources: CaseSources & { readonly history: VersionHistory },
): Promise<Expectation> {
  const entry =
    model === null || version === null
      ? null
      : selectVersion(await sources.history.read(model), version);
  return findExpectation({ model, entry, cases, casesInput: "cases" }, sources);
}
