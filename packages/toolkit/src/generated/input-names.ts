/** Inputs of every action by name, generated from their schemas. */
export const INPUT_NAMES: Readonly<Record<string, readonly string[]>> = {
  "push-artifact": ["model","version","run-directory","files","destination","path-template","concurrency","chunk-mib","cache-control","project","endpoint","token","config","environment"],
  "register-version": ["model","run-directory","version","bump","allow-smaller-bump","stage","deprecate","deregister","require-verdict","release","assets","notes","prerelease","destination","reason","token","config","environment"],
  "smoke-test": ["url","model","version","cases","protocol","tolerance","thresholds","requests","concurrency","rate","warmup","timeout","ready-timeout","bad-requests","auth","auth-header","id-token","run-directory","token","config","environment"],
};
