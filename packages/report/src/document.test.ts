import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { code, folded, own, paragraph, small, strong, type Block } from "./document.ts";
import { htmlPage } from "./html-page.ts";
import { judgementTable } from "./judgement-table.ts";
import { readPageScript } from "./page-script.ts";
import { renderHtml } from "./render-html.ts";
import { renderMarkdown, renderMarkdownWithin } from "./render-markdown.ts";

const blocks: readonly Block[] = [
  { kind: "headline", text: [own("✅ "), "my <model>", own(": pass")] },
  paragraph(strong(own("It may be promoted.")), own(" See "), {
    kind: "link",
    text: "the run",
    url: "https://github.test/r?a=1&b=(2)",
  }),
  { kind: "list", items: [[own("one")], ["two <b>"]] },
  {
    kind: "table",
    headers: [[own("metric")], [own("value")]],
    numeric: [1],
    rows: [[[code("a|b")], [own("1"), small(own("[0, 2]"))]]],
  },
  {
    kind: "charts",
    charts: [
      {
        title: [own("Chart")],
        data: {
          kind: "histogram",
          label: "a <b>",
          xLabel: "x",
          edges: [0, 1],
          series: [{ name: "<c>", counts: [3] }],
        },
      },
    ],
  },
  folded([own("More")], paragraph("<details>")),
];

describe("renderMarkdown", () => {
  it("draws every kind of block but charts, with text from data escaped", () => {
    expect(renderMarkdown(blocks)).toBe(
      [
        "## ✅ my &#60;model&#62;: pass",
        "<strong>It may be promoted.</strong> See [the run](https://github.test/r?a=1&b=2)",
        "- one\n- two &#60;b&#62;",
        "| metric | value |\n| --- | ---: |\n| <code>a&#124;b</code> | 1<small>[0, 2]</small> |",
        "<details>\n<summary>More</summary>\n\n&#60;details&#62;\n\n</details>",
        "",
      ]
        .join("\n\n")
        .replace(/\n\n$/, "\n"),
    );
  });

  it("leaves folded parts out from the end until it fits, and says so", () => {
    const long = Array.from({ length: 5 }, (_, at) =>
      folded([own(`Part ${at}`)], paragraph(own("x".repeat(400)))),
    );
    const text = renderMarkdownWithin([paragraph(own("Top.")), ...long], {
      limit: 1200,
      note: "_Cut._",
    });
    expect(text.length).toBeLessThanOrEqual(1200);
    expect(text).toMatch(/^Top\.[\s\S]*Part 0[\s\S]*Part 1[\s\S]*_Cut\._\n$/);
    expect(text).not.toContain("Part 2");
    expect(text.match(/<details>/g)).toHaveLength(text.match(/<\/details>/g)?.length ?? 0);
  });

  it("cuts lines when even the first part is too long", () => {
    const text = renderMarkdownWithin([paragraph(own(`${"y".repeat(50)}\n`.repeat(100)))], {
      limit: 300,
      note: "_Cut._",
    });
    expect(text.length).toBeLessThanOrEqual(300);
    expect(text).toContain("_Cut._");
  });
});

describe("renderHtml", () => {
  it("draws every kind of block, with text from data escaped", () => {
    const html = renderHtml(blocks);
    expect(html).toContain("<h1>✅ my &lt;model&gt;: pass</h1>");
    expect(html).toContain('<a href="https://github.test/r?a=1&amp;b=(2)">the run</a>');
    expect(html).toContain("<code>a|b</code>");
    expect(html).toContain('"label":"a \\u003cb\\u003e"');
    expect(html).toContain('<th class="number" scope="col">&lt;c&gt;</th>');
    expect(html).toContain("<p>&lt;details&gt;</p>");
  });

  it("makes no link of anything but the web", () => {
    const html = renderHtml([paragraph({ kind: "link", text: "x", url: "javascript:alert(1)" })]);
    expect(html).toBe("<p>x</p>");
  });
});

describe("htmlPage", () => {
  const facts = { title: "<t>", footer: "f & g", body: renderHtml(blocks) };

  it("reaches for nothing outside of itself", () => {
    const page = htmlPage({ ...facts, script: null });
    expect(page).toContain("default-src 'none'; script-src 'none'; style-src 'sha256-");
    expect(page).toContain("<title>&lt;t&gt;</title>");
    expect(page).not.toMatch(/<link|src=|url\(|@import|unsafe/i);
  });

  it("runs the script that it was given and no other", () => {
    const script = "console.log(1)";
    const hash = createHash("sha256").update(script).digest("base64");
    const page = htmlPage({ ...facts, script });
    expect(page).toContain(`script-src 'sha256-${hash}';`);
    expect(page.match(/<script(?! type="application\/json")/g)).toHaveLength(1);
  });

  it("refuses a script that would end its own element", () => {
    expect(() => htmlPage({ ...facts, script: "'</script>'" })).toThrow(/ends its element/);
  });

  it("carries the real script, which no text in it ends", async () => {
    const script = await readPageScript();
    expect(script.length).toBeGreaterThan(100_000);
    expect(() => htmlPage({ ...facts, script })).not.toThrow();
  });
});

describe("judgementTable", () => {
  const judgement = {
    threshold: "auc >= production - 0.01",
    metric: "auc",
    level: "error" as const,
    verdict: "inconclusive" as const,
    measure: { value: 0.9, low: 0.85, high: 0.95 },
    bounds: [
      {
        operator: ">=" as const,
        value: 0.89,
        margin: 0.01,
        reference: { name: "production", version: "v1.0.0", value: 0.9 },
        difference: { value: 0, low: -0.02, high: 0.02 },
      },
    ],
    reason: "the rows do not tell",
  };

  it("shows value, bound, margin and the difference with its interval", () => {
    const lines = judgementTable([judgement]).split("\n");
    expect(lines[0]).toBe(
      "| threshold | value | bound, margin | difference to <code>v1&#46;0&#46;0</code> |",
    );
    expect(lines[2]).toBe(
      "| ❓&nbsp;inconclusive <code>auc &#62;&#61; production &#45; 0&#46;01</code><br><small>the rows do not tell</small> | 0.9000<br><small>[0.8500, 0.9500]</small> | 0.8900<br><small>+0.0100</small> | 0<br><small>[−0.0200, 0.0200]</small> |",
    );
  });

  it("names each difference's reference where there are several", () => {
    const [bound] = judgement.bounds;
    const reference = { name: "latest", version: null, value: 0.9 };
    const other = { ...judgement, bounds: bound === undefined ? [] : [{ ...bound, reference }] };
    const lines = judgementTable([judgement, other]).split("\n");
    expect(lines[0]).toBe("| threshold | value | bound, margin | difference |");
    expect(lines[2]).toMatch(/<small>to <code>v1&#46;0&#46;0<\/code><\/small> \|$/);
    expect(lines[3]).toMatch(/<small>to <code>latest<\/code><\/small> \|$/);
  });

  it("has no column of differences where nothing was compared", () => {
    const plain = { ...judgement, bounds: [{ operator: ">=" as const, value: 0.8, margin: 0.1 }] };
    expect(judgementTable([plain]).split("\n")[0]).toBe("| threshold | value | bound, margin |");
  });

  it("says that there are none", () => {
    expect(judgementTable([])).toBe("_No thresholds were given._");
  });
});
