import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { once, runProgram, requireProgram, toolsCache } from "./tools.ts";

/**
 * PyTorch as Debian 12 builds it for the processor: PyPI's wheel for x86 brings gigabytes of CUDA.
 * Its packages are unpacked into the cache, not installed.
 */
const torchVersion = "1.13.1+dfsg-4";

/** A Python that has PyTorch, or why there is none here. */
export type Torch =
  | { readonly kind: "ready"; readonly command: string }
  | { readonly kind: "absent"; readonly why: string };

/** Unpacks Debian's PyTorch where the machine is a Debian 12; elsewhere it is left out. */
export async function installTorch(): Promise<Torch> {
  const known = await runProgram("apt-cache", ["policy", "python3-torch"]).catch(() => null);
  if (known?.stdout.includes(torchVersion) !== true) {
    return {
      kind: "absent",
      why: `python3-torch ${torchVersion} is not among this machine's packages (Debian 12; apt-get update brings the list)`,
    };
  }
  const folder = join(toolsCache, `torch-${torchVersion}`);
  const root = join(folder, "root");
  await once(folder, root, () => unpack(folder, root));
  const libraries = [
    "usr/lib",
    "usr/lib/x86_64-linux-gnu",
    "lib/x86_64-linux-gnu",
    "usr/lib/x86_64-linux-gnu/blas",
    "usr/lib/x86_64-linux-gnu/lapack",
  ];
  const path = libraries.map((name) => join(root, name)).join(":");
  const modules = join(root, "usr/lib/python3/dist-packages");
  const command = `LD_LIBRARY_PATH='${path}' PYTHONPATH='${modules}' /usr/bin/python3`;
  const tried = await runProgram("bash", ["-c", `${command} -c 'import torch'`]);
  return tried.code === 0
    ? { kind: "ready", command }
    : { kind: "absent", why: tried.stderr.trim().split("\n").at(-1) ?? "it does not start" };
}

async function unpack(folder: string, root: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const packages = join(folder, "packages");
  mkdirSync(packages, { recursive: true });
  mkdirSync(root);
  const wanted = `python3-torch=${torchVersion}`;
  const planned = await requireProgram("apt-get", [
    "install",
    "--simulate",
    "--no-install-recommends",
    wanted,
  ]);
  const names = [...planned.matchAll(/^Inst (\S+)/gm)].map(([, name = ""]) => name);
  await requireProgram("apt-get", ["download", "--quiet", ...names], { cwd: packages });
  for (const file of readdirSync(packages))
    await requireProgram("dpkg", ["--extract", join(packages, file), root]);
  if (!existsSync(join(root, "usr/lib/python3/dist-packages/torch")))
    throw new Error("python3-torch was not unpacked.");
  rmSync(packages, { recursive: true });
}
