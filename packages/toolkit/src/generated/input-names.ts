/** Inputs of every action by name, generated from their schemas. */
export const INPUT_NAMES: Readonly<Record<string, readonly string[]>> = {
  "evaluate-gate": ["model","run-directory","model-file","predictions","baseline-predictions","predict-command","data","features","target","prediction","scores","positive-class","weight","id","time","task","thresholds","baseline","slices","confidence","plain-bounds","resamples","seed","min-slice-rows","on-inconclusive","comment","summary","html","fail-on-verdict","golden-cases","engine","upload","working-directory","token","config","environment"],
  "push-artifact": ["model","version","run-directory","files","destination","path-template","concurrency","chunk-mib","cache-control","project","endpoint","token","config","environment"],
  "register-version": ["model","run-directory","version","bump","allow-smaller-bump","stage","deprecate","deregister","require-verdict","release","assets","notes","prerelease","destination","reason","token","config","environment"],
  "smoke-test": ["url","model","version","cases","protocol","tolerance","thresholds","requests","concurrency","rate","warmup","timeout","ready-timeout","bad-requests","auth","auth-header","id-token","run-directory","token","config","environment"],
  "train-model": ["model","command","trainer","data","target","features","task","id","time","missing","column-types","expectations","split","test-data","hand-over-test","keep-splits","predict-command","params","seed","timeout-minutes","run-directory","working-directory","code","upload","token","config","environment"],
};
