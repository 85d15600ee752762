/** What bounds a request and the whole server. */
export interface ServerLimits {
  readonly requestBytes: number;
  /** Instances of one request. */
  readonly requestRows: number;
  readonly queueRows: number;
  readonly batchRows: number;
  /** From a request's last byte to its answer. */
  readonly timeoutMs: number;
  /** From the signal to the end of the process. */
  readonly drainMs: number;
}

/** What holds unless it is set otherwise. */
export const standardLimits: ServerLimits = {
  requestBytes: 10 * 1024 * 1024,
  requestRows: 10_000,
  queueRows: 20_000,
  batchRows: 1024,
  timeoutMs: 30_000,
  drainMs: 9_000,
};
