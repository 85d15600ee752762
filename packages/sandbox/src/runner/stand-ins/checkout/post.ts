/** Takes the token out of the clone's settings. */
import { spawnSync } from "node:child_process";
import { getState } from "@actions/core";

const directory = getState("directory");
if (directory !== "") {
  spawnSync("git", ["-C", directory, "config", "--local", "--unset-all", getState("config-key")]);
}
