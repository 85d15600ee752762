import { setTimeout as sleep } from "node:timers/promises";
import { readService } from "./findings.ts";
import { names } from "./project.ts";
import { startTraffic } from "./traffic.ts";
import type { WeatherDay } from "./weather-data.ts";
import type { World } from "./world.ts";

/** Days of one city. */
export interface DaysChoice {
  readonly city: string;
  readonly years: readonly number[];
}

const requestsPerSecond = 150;
const concurrency = 16;
const giveUpMs = 60_000;

/** The days of a city in the years that are asked for. */
export function daysOf(world: World, { city, years }: DaysChoice): readonly WeatherDay[] {
  return world.parts
    .filter((part) => part.city === city && years.includes(part.year))
    .flatMap(({ days }) => days);
}

function requestOf(day: WeatherDay): object {
  const { location = "", date = "" } = day;
  const measured = ["precipitation", "temp_max", "temp_min", "wind"].map((name) => [
    name,
    Number(day[name]),
  ]);
  return { instances: [{ date, ...Object.fromEntries(measured) }], ids: [`${location} ${date}`] };
}

/** Starts the client on the service's URL, with Seattle's years that no model was trained on. */
export async function startDemoTraffic(world: World): Promise<void> {
  const service = await readService(world);
  if (service === undefined)
    throw new Error(`there is no service ${names.service} to send requests to`);
  const { identity, serviceAccount } = world.sandbox;
  const token = await identity.mintIdentityToken(serviceAccount, service.url);
  world.traffic = startTraffic({
    url: service.url,
    token: () => Promise.resolve(token),
    bodyOf: requestOf,
    requestsPerSecond,
    concurrency,
  });
  world.traffic.send(daysOf(world, { city: "Seattle", years: [2014, 2015] }));
  world.terminal.say(
    `A client sends ${requestsPerSecond} requests a second from now on, each a day of the data`,
  );
}

/** Sends a city's days until each was answered, and until their log lines lie in the bucket. */
export async function waitForRounds(world: World, choice: DaysChoice): Promise<void> {
  const { traffic, signal, terminal, storage } = world;
  if (traffic === undefined) throw new Error("no traffic yet");
  const days = daysOf(world, choice);
  const sentBefore = traffic.mark();
  traffic.send(days);
  const giveUpAt = Date.now() + giveUpMs;
  while (traffic.rounds() < 1.05) {
    if (Date.now() > giveUpAt)
      throw new Error(`${days.length} days were not answered within ${giveUpMs / 1000} s`);
    await sleep(100, undefined, { signal });
  }
  terminal.say(
    `${days.length} days of ${choice.city} were asked for (${traffic.since(sentBefore).requests} requests)`,
  );
  const logged = async () =>
    (await storage.list(names.bucket, "logs/")).reduce((sum, { size }) => sum + Number(size), 0);
  const before = await logged();
  while ((await logged()) === before) {
    if (Date.now() > giveUpAt) throw new Error("the prediction log did not reach the bucket");
    await sleep(200, undefined, { signal });
  }
  terminal.say(
    `the prediction log in gs://${names.bucket}/logs/ has grown to ${Math.round((await logged()) / 1024)} KiB`,
  );
}
