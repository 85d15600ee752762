import { make } from "./elements.ts";

/** Fewer rows than these need no order. */
const FEWEST_ROWS = 3;

/** Lets a reader order a table by a column; once more turns it round, a third time gives the first order back. */
export function makeSortable(table: HTMLTableElement): void {
  const [body] = table.tBodies;
  if (body === undefined || body.rows.length < FEWEST_ROWS) return;
  const first = [...body.rows];
  const headers = [...table.querySelectorAll<HTMLTableCellElement>("thead th")];
  headers.forEach((header, column) => {
    if (header.textContent.trim() === "") return;
    const button = make("button", { type: "button" });
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => {
      const order = nextOrder(header.getAttribute("aria-sort"));
      for (const other of headers) other.removeAttribute("aria-sort");
      if (order !== null) header.setAttribute("aria-sort", order);
      body.append(...(order === null ? first : orderRows(first, column, order)));
    });
  });
}

type Order = "ascending" | "descending";

function nextOrder(now: string | null): Order | null {
  if (now === null) return "descending";
  return now === "descending" ? "ascending" : null;
}

function orderRows(
  rows: readonly HTMLTableRowElement[],
  column: number,
  order: Order,
): readonly HTMLTableRowElement[] {
  const keyed = rows.map((row) => ({ row, key: keyOf(row.cells[column]) }));
  const sign = order === "ascending" ? 1 : -1;
  return keyed
    .toSorted((left, right) => {
      // What has no number stands last, whichever way the others go.
      if (typeof left.key !== typeof right.key) return typeof left.key === "number" ? -1 : 1;
      return typeof left.key === "number"
        ? sign * (left.key - Number(right.key))
        : sign * left.key.localeCompare(String(right.key));
    })
    .map(({ row }) => row);
}

const NUMBER = /^[+−-]?[\d,]*\.?\d+(?:e[+−-]?\d+)?/;

function keyOf(cell: HTMLTableCellElement | undefined): number | string {
  const text = cell?.textContent.trim() ?? "";
  const [found] = NUMBER.exec(text) ?? [];
  if (found === undefined || cell?.className !== "number") return text;
  return Number(found.replaceAll("−", "-").replaceAll(",", ""));
}
