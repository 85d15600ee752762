/** Child process of `hashWorkspaceFiles`: prints `hash=<digest>` of the files in PATTERNS. */
import { hashFiles } from "@actions/glob";

const hash = await hashFiles(process.env["PATTERNS"] ?? "", process.env["GITHUB_WORKSPACE"] ?? "");
process.stdout.write(`\nhash=${hash}\n`);
