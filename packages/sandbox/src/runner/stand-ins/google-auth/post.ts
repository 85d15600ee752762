/** Removes the credentials file. */
import { rmSync } from "node:fs";
import { getState } from "@actions/core";

const file = getState("file");
if (file !== "") rmSync(file, { force: true });
