import { ApiError } from "./api-error.ts";

/** A parsed `fields` parameter: the names to keep, each with what to keep below it. */
type FieldTree = ReadonlyMap<string, FieldTree | "all">;
type GrowingTree = Map<string, GrowingTree | "all">;

/**
 * Keeps of a JSON response what a `fields` parameter selects, e.g.
 * `items(name,size),nextPageToken` or `metadata/version`.
 *
 * @throws ApiError 400 when the selector is malformed
 */
export function selectFields(value: unknown, fields: string | null): unknown {
  if (fields === null || fields === "") return value;
  return keep(value, parseFields(fields));
}

function keep(value: unknown, tree: FieldTree): unknown {
  if (Array.isArray(value)) return value.map((item) => keep(item, tree));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).flatMap(([name, child]): [string, unknown][] => {
    const below = tree.get(name) ?? tree.get("*");
    if (below === undefined) return [];
    return [[name, below === "all" ? child : keep(child, below)]];
  });
  return Object.fromEntries(entries);
}

/** Reads the selector's grammar: names joined by `/`, lists in parentheses, `*` for any name. */
function parseFields(text: string): FieldTree {
  const tokens = text.match(/[(),/]|[^(),/\s]+/g) ?? [];
  let at = 0;
  const fail = (): never => {
    throw new ApiError("INVALID_ARGUMENT", `Invalid field selection ${text}`, {
      reason: "invalidParameter",
    });
  };

  function readList(into: GrowingTree): void {
    for (;;) {
      readPath(into);
      if (tokens[at] !== ",") return;
      at += 1;
    }
  }

  function readPath(into: GrowingTree): void {
    const name = tokens[at];
    if (name === undefined || /^[(),/]$/.test(name)) return fail();
    at += 1;
    if (tokens[at] !== "/" && tokens[at] !== "(") {
      into.set(name, "all");
      return;
    }
    const known = into.get(name);
    const below: GrowingTree = known === undefined || known === "all" ? new Map() : known;
    if (known !== "all") into.set(name, below);
    const opener = tokens[at];
    at += 1;
    if (opener === "/") return readPath(below);
    readList(below);
    if (tokens[at] !== ")") fail();
    at += 1;
  }

  const root: GrowingTree = new Map();
  readList(root);
  if (at !== tokens.length) fail();
  return root;
}
