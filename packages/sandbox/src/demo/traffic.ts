import type { WeatherDay } from "./weather-data.ts";

/** What came back in one second. */
export interface TrafficSecond {
  /** Seconds since the client began. */
  readonly second: number;
  /** Answers by version; without one (an error of the front) under `error`. */
  readonly byVersion: Readonly<Record<string, number>>;
}

/** What the client has sent and got since it began, or since a mark. */
export interface TrafficCount {
  readonly requests: number;
  readonly errors: number;
  readonly byVersion: Readonly<Record<string, number>>;
}

/** A client that asks the service all the time, a bounded number of requests at once. */
export interface Traffic {
  /** Sends these days from now on, over and over. */
  send(days: readonly WeatherDay[]): void;
  /** How often every day of the present list has been answered. */
  rounds(): number;
  since(mark: number): TrafficCount;
  /** For {@link Traffic.since}. */
  mark(): number;
  seconds(): readonly TrafficSecond[];
  stop(): Promise<void>;
}

/** What the client is started with. */
export interface TrafficOptions {
  readonly url: string;
  /** An identity token for the URL: the service is private. */
  readonly token: () => Promise<string>;
  readonly bodyOf: (day: WeatherDay) => object;
  readonly requestsPerSecond: number;
  /** Requests at most under way at once; beyond it the client waits. */
  readonly concurrency: number;
}

interface Answer {
  readonly atMs: number;
  /** `null` for an error. */
  readonly version: string | null;
}

async function ask(options: TrafficOptions, day: WeatherDay): Promise<string | null> {
  try {
    const response = await fetch(`${options.url}/predict`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${await options.token()}`,
      },
      body: JSON.stringify(options.bodyOf(day)),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    if (!response.ok) return null;
    const { version } = JSON.parse(text) as { readonly version?: string };
    return version ?? null;
  } catch {
    return null;
  }
}

function countAnswers(answers: readonly Answer[]): TrafficCount {
  const byVersion: Record<string, number> = {};
  for (const { version } of answers) {
    const key = version ?? "error";
    byVersion[key] = (byVersion[key] ?? 0) + 1;
  }
  return { requests: answers.length, errors: byVersion["error"] ?? 0, byVersion };
}

/** Starts the client. It keeps to its rate, and to its bound where the service is slower. */
export function startTraffic(options: TrafficOptions): Traffic {
  const startedMs = Date.now();
  const answers: Answer[] = [];
  let days: readonly WeatherDay[] = [];
  let next = 0;
  let answered = 0;
  let underWay = 0;
  let due = 0;
  let lastTickMs = startedMs;
  const flights = new Set<Promise<void>>();

  async function sendOne(list: readonly WeatherDay[], day: WeatherDay): Promise<void> {
    const version = await ask(options, day);
    answers.push({ atMs: Date.now() - startedMs, version });
    if (version === null || list !== days) return;
    answered += 1;
  }

  const timer = setInterval(() => {
    const nowMs = Date.now();
    due += ((nowMs - lastTickMs) / 1000) * options.requestsPerSecond;
    lastTickMs = nowMs;
    while (due >= 1 && underWay < options.concurrency && days.length > 0) {
      due -= 1;
      const day = days[next % days.length];
      next += 1;
      if (day === undefined) break;
      underWay += 1;
      const flight = sendOne(days, day).finally(() => {
        underWay -= 1;
        flights.delete(flight);
      });
      flights.add(flight);
    }
    // What could not be sent in time is not made up for later.
    due = Math.min(due, options.concurrency);
  }, 10);

  return {
    send(list) {
      days = list;
      next = 0;
      answered = 0;
    },
    rounds: () => (days.length === 0 ? 0 : answered / days.length),
    mark: () => answers.length,
    since: (mark) => countAnswers(answers.slice(mark)),
    seconds: () =>
      [...Map.groupBy(answers, ({ atMs }) => Math.floor(atMs / 1000))].map(([second, inIt]) => ({
        second,
        byVersion: countAnswers(inIt).byVersion,
      })),
    async stop() {
      clearInterval(timer);
      await Promise.allSettled(flights);
    },
  };
}
