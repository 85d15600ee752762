import { describe, expect, it } from "vitest";
import { compilePattern, matchesPatterns } from "./filter-patterns.ts";

// The rows are those of GitHub's filter pattern cheat sheet.
describe("compilePattern", () => {
  it.each([
    ["feature/*", ["feature/my-branch"], ["feature/a/b", "feature"]],
    ["feature/**", ["feature/a/b", "feature/x"], ["features/x"]],
    ["main", ["main"], ["mainly", "a/main"]],
    ["*", ["main", "releases"], ["all/the/branches"]],
    ["**", ["all/the/branches", "every-tag"], []],
    ["*feature", ["mona-feature", "feature"], ["ver-10-feature/x"]],
    ["v2*", ["v2", "v2.0", "v2.9"], ["v1"]],
    ["v[12].[0-9]+.[0-9]+", ["v1.10.1", "v2.0.0"], ["v3.0.0", "v1.1"]],
    ["*.jsx?", ["page.js", "page.jsx"], ["page.jsxx"]],
    ["**.js", ["index.js", "src/js/app.js"], ["index.ts"]],
    ["**/docs/**", ["docs/hello.md", "dir/docs/my-file.txt"], ["mydocs/x"]],
    ["**/README.md", ["README.md", "js/README.md"], ["xREADME.md"]],
    ["**/*src/**", ["a/src/app.js", "my-src/code/app.js"], ["a/srcs/x"]],
    ["docs/*", ["docs/README.md"], ["docs/a/b.md"]],
  ])("%s", (pattern, matching, other) => {
    for (const name of matching) expect(name).toMatch(compilePattern(pattern));
    for (const name of other) expect(name).not.toMatch(compilePattern(pattern));
  });

  it("takes other signs as they are", () => {
    expect("a.b(c)").toMatch(compilePattern("a.b(c)"));
    expect("axb(c)").not.toMatch(compilePattern("a.b(c)"));
  });
});

describe("matchesPatterns", () => {
  it("lets the last match decide", () => {
    const patterns = ["releases/**", "!releases/**-alpha", "releases/9-alpha"];
    expect(matchesPatterns(patterns, "releases/10")).toBe(true);
    expect(matchesPatterns(patterns, "releases/10-alpha")).toBe(false);
    expect(matchesPatterns(patterns, "releases/9-alpha")).toBe(true);
    expect(matchesPatterns(patterns, "main")).toBe(false);
  });
});
