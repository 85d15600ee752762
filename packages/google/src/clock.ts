import { setTimeout as sleep } from "node:timers/promises";
import { makeClock } from "#core";

/** The machine's own clock, where a caller gives none. */
export const systemClock = makeClock({ now: () => new Date(), sleep });
