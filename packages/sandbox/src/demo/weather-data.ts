import { readFileSync } from "node:fs";
import path from "node:path";

/** One day at one place, as `weather.csv` has it. */
export type WeatherDay = Readonly<Record<string, string>>;

/** The days of one city and year, as text to put into the bucket and as rows to send. */
export interface WeatherPart {
  readonly city: string;
  readonly year: number;
  readonly csv: string;
  readonly days: readonly WeatherDay[];
}

/** Reads the four years of Seattle and New York (NOAA; a U.S. Government work) by city and year. */
export function readWeatherParts(repositoryRoot: string): readonly WeatherPart[] {
  const file = path.join(repositoryRoot, "test/fixtures/data/weather.csv");
  const [header = "", ...lines] = readFileSync(file, "utf8").trimEnd().split("\n");
  const names = header.split(",");
  const groups = Map.groupBy(lines, (line) => {
    const [city = "", date = ""] = line.split(",");
    return `${city}/${date.slice(0, 4)}`;
  });
  return [...groups].map(([key, members]) => {
    const [city = "", year = ""] = key.split("/");
    return {
      city,
      year: Number(year),
      csv: `${[header, ...members].join("\n")}\n`,
      days: members.map((line) => {
        const values = line.split(",");
        return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
      }),
    };
  });
}

/** Object name of a part below the bucket's `weather/`. */
export function objectName({ city, year }: WeatherPart): string {
  return `weather/${city.toLowerCase().replaceAll(" ", "-")}-${year}.csv`;
}
