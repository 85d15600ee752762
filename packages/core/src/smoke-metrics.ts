/** What may be held against thresholds in a smoke test. */
export const SMOKE_METRICS = [
  "p50_ms",
  "p95_ms",
  "p99_ms",
  "cold_start_ms",
  "rps",
  "error_rate",
  "mismatches",
  "bad_requests_accepted",
] as const;
