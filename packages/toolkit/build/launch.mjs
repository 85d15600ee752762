// Starts a task of package.json under the Node 24 that the project brings, and installs what is
// missing first. Plain JavaScript without dependencies: any Node from 20 on runs it.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const [task, ...rest] = process.argv.slice(2);

const TASKS = {
  demo: ["packages/sandbox/src/demo/main.ts"],
  sandbox: ["packages/sandbox/src/main.ts"],
  test: ["node_modules/vitest/vitest.mjs", "run"],
  // The simulations of npm test, at their full length.
  long: ["node_modules/vitest/vitest.mjs", "run", "--project", "unit", "simulated"],
  build: ["packages/toolkit/build/bundle.ts"],
  generate: ["packages/toolkit/build/generate.ts"],
  mutation: ["test/mutation/main.ts"],
  peers: ["test/peers/main.ts"],
  pictures: ["test/pictures/main.ts"],
  bench: ["bench/main.ts"],
};

/** Whether node_modules holds what the lock file asks for, as far as npm's own record tells. */
function isInstalled() {
  const record = join(root, "node_modules/.package-lock.json");
  if (!existsSync(record)) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const present = JSON.parse(readFileSync(record, "utf8")).packages;
  return Object.entries(wanted).every(
    ([path, entry]) =>
      path === "" || entry.optional || entry.peer || present[path]?.version === entry.version,
  );
}

function install() {
  console.log("Installing the dependencies of package-lock.json (once, about a minute) …");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const done = spawnSync(npm, ["ci", "--silent", "--no-audit", "--no-fund"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  if (done.status === 0) return;
  console.error("npm ci failed; its message is above. Check the network and try again.");
  process.exit(1);
}

/** The Node 24 among the dependencies, else this one where it is new enough (macOS). */
function findNode() {
  const name = process.platform === "win32" ? "node.exe" : "node";
  const platform = process.platform === "win32" ? "win" : process.platform;
  const own = join(root, `node_modules/node-${platform}-${process.arch}/bin/${name}`);
  if (existsSync(own)) return own;
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  console.error(
    `Slipway's sources need Node 24, and no Node 24 comes with the project for ${process.platform}-${process.arch}. Install Node 24 and try again (this is ${process.version}).`,
  );
  process.exit(1);
}

if (!(task in TASKS)) {
  console.error(`Usage: node launch.mjs ${Object.keys(TASKS).join("|")} [options]`);
  process.exit(2);
}
if (!isInstalled()) install();

const node = findNode();
const child = spawn(node, [...TASKS[task], ...rest], {
  cwd: root,
  stdio: "inherit",
  // Tools that start `node` themselves get the same one.
  env: {
    ...process.env,
    PATH: `${dirname(node)}${process.platform === "win32" ? ";" : ":"}${process.env.PATH ?? ""}`,
    ...(task === "long" && { SLIPWAY_SIMULATIONS: "4000" }),
  },
});
// The terminal sends Ctrl-C to the child too; this process waits for the child's own end.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("exit", (code, signal) => process.exit(signal === null ? (code ?? 1) : 130));
