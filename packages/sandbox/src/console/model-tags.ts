import { parseTag, readHistory, type ModelHistory, type TagFacts } from "#core";
import { runGit } from "../runner/run-git.ts";

const fields = ["%(refname:strip=2)", "%(*objectname)", "%(taggerdate:iso-strict)", "%(contents)"];

/** What the annotated tags of a bare repository say, as `git for-each-ref` gives them. */
async function readTags(directory: string): Promise<readonly TagFacts[]> {
  const output = await runGit(directory, [
    "for-each-ref",
    `--format=${fields.join("%00")}%00%01`,
    "refs/tags",
  ]);
  return output
    .split("\0\u0001\n")
    .map((record) => record.split("\0"))
    .flatMap(([name = "", commit = "", at = "", message = ""]) =>
      commit === "" ? [] : [{ name, commit, taggedAt: new Date(at).toISOString(), message }],
    );
}

/** The history of every model that has tags in a repository. */
export async function readHistories(directory: string): Promise<readonly ModelHistory[]> {
  const tags = await readTags(directory);
  const models = new Set(tags.flatMap(({ name }) => parseTag(name)?.model ?? []));
  return [...models].sort().map((model) => readHistory(model, tags));
}
