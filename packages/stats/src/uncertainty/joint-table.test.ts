import { expect, test } from "vitest";
import { bindMetric } from "../metrics/bind.ts";
import type { CountKernel } from "../metrics/kernel.ts";
import { createRandom } from "../random/generator.ts";
import { discordantRows } from "./joint-table.ts";

// 41 classes have more joint cells than are addressed directly.
test.each([2, 3, 41])(
  "discordant rows of %i classes are those of a look at each row",
  (classCount) => {
    const random = createRandom(classCount);
    const classes = Array.from({ length: classCount }, (_, k) => `c${k}`);
    const draw = (): Int32Array =>
      Int32Array.from({ length: 5000 }, () => Math.min(2, random.integer(classCount)));
    const [truth, mine, theirs] = [draw(), draw(), draw()];
    const [first, second] = [mine, theirs].map((prediction) =>
      bindMetric({ name: "accuracy" }, { task: "multiclass", classes, truth, prediction }),
    ) as [CountKernel, CountKernel];
    const onlyIn = (own: Int32Array, other: Int32Array): number =>
      truth.filter((code, row) => own[row] === code && other[row] !== code).length;
    expect(discordantRows(first, second)).toEqual({
      onlyFirst: onlyIn(mine, theirs),
      onlySecond: onlyIn(theirs, mine),
    });
  },
);
