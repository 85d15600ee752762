/** A package of npm's that the native runtime is made of, held to exactly one file by its integrity. */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** sha512 of the tarball, as npm's lock files write it. */
  readonly integrity: string;
  readonly tarballBytes: number;
}

const onnxruntimeNode: PinnedPackage = {
  name: "onnxruntime-node",
  version: "1.30.0",
  integrity:
    "sha512-twhs1C2C/BFkz1yc5OY0KIU2GUq6DURO7hD4bx5Q2Qy3nAMJwRXW8xU3NVczE29VA9lolLOYepoD8fjTGOfIqw==",
  tarballBytes: 113_507_888,
};

const onnxruntimeCommon: PinnedPackage = {
  name: "onnxruntime-common",
  version: "1.30.0",
  integrity:
    "sha512-7fdVWjAID1dVhH/G8qK3APARunV4VkBFoCQAP7qp4Wkab0mrorvmc+sqiT+mKXOzDqdjN5j+/Z9nb4gzNPWcyA==",
  tarballBytes: 66_795,
};

/** What is brought, in this order; the runtime's version is the first one's. */
export const nativePackages: readonly PinnedPackage[] = [onnxruntimeNode, onnxruntimeCommon];

/** A machine as Node names it. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
}

/** The libraries that the runtime loads on each machine it is built for. */
const libraries: Readonly<Record<string, readonly string[]>> = {
  "linux-x64": ["libonnxruntime.so.1"],
  "linux-arm64": ["libonnxruntime.so.1"],
  "darwin-arm64": ["libonnxruntime.1.dylib"],
  "win32-x64": ["onnxruntime.dll", "DirectML.dll", "dxcompiler.dll", "dxil.dll"],
  "win32-arm64": ["onnxruntime.dll", "DirectML.dll", "dxcompiler.dll", "dxil.dll"],
};

/** Whether there is a native runtime for a machine at all. */
export function hasNativeRuntime({ platform, arch }: Machine): boolean {
  return libraries[`${platform}-${arch}`] !== undefined;
}

/** The files of a package that must be there on a machine, relative to the package. */
export function neededFiles({ name }: PinnedPackage, { platform, arch }: Machine): string[] {
  if (name === onnxruntimeCommon.name) return ["package.json", "dist/cjs/index.js"];
  const folder = `bin/napi-v6/${platform}/${arch}`;
  const own = libraries[`${platform}-${arch}`] ?? [];
  return [
    "package.json",
    "dist/index.js",
    `${folder}/onnxruntime_binding.node`,
    ...own.map((library) => `${folder}/${library}`),
  ];
}

/** Whether a file of a package is kept: its scripts and the libraries of this machine; of 290 MB some 47. */
export function isKept(pinned: PinnedPackage, machine: Machine, path: string): boolean {
  if (neededFiles(pinned, machine).includes(path) || /^(?:licen[cs]e|notice)/i.test(path)) {
    return true;
  }
  return pinned.name === onnxruntimeCommon.name
    ? /^dist\/cjs\/[^/]+\.js(?:on)?$/.test(path)
    : /^dist\/[^/]+\.js$/.test(path);
}
