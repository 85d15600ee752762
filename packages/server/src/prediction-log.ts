import type { AnswerText } from "./answers.ts";
import type { Instance } from "./check-instances.ts";

/** Where lines of predictions go. */
export interface LineSink {
  readonly write: (line: string) => void;
  /** Ends the sink: resolves when what it holds is stored or given up. */
  readonly close: () => Promise<void>;
}

/** Which predictions are logged, and what of them. */
export interface LogChoice {
  /** Share of predictions in [0, 1]. */
  readonly sample: number;
  /** Input columns that are left out. */
  readonly redact: readonly string[];
}

/** A request whose rows were answered. */
export interface AnsweredRequest {
  /** Of characters that JSON needs not escape. */
  readonly requestId: string;
  /** The caller's ids, one a row. */
  readonly ids: readonly string[] | null;
  readonly instances: readonly Instance[];
  /** One a row. */
  readonly answers: readonly AnswerText[];
  readonly latencyMs: number;
  /** The trace's id, 32 hexadecimal digits. */
  readonly trace: string | null;
}

/** Logs the predictions of one request. */
export type PredictionLogger = (request: AnsweredRequest) => void;

interface LoggerParts {
  readonly model: string;
  readonly version: string;
  readonly choice: LogChoice;
  readonly sink: LineSink;
  readonly now: () => Date;
  /** In [0, 1), for sampling. */
  readonly random: () => number;
}

/** Makes the logger: one line a row, in the form of `predictionLogLineSchema`. */
export function createPredictionLogger(parts: LoggerParts): PredictionLogger {
  const { sink, random } = parts;
  const timeText = createTimeText(parts.now);
  const { sample, redact } = parts.choice;
  const identity = `"model":${JSON.stringify(parts.model)},"version":${JSON.stringify(parts.version)}`;
  return ({ requestId, ids, instances, answers, latencyMs, trace }) => {
    const head = `{"time":"${timeText()}","request_id":"${requestId}","id":`;
    const tail = `,"latency_ms":${Math.round(latencyMs * 1000) / 1000},"trace":${trace === null ? "null" : `"${trace}"`}}\n`;
    for (let row = 0; row < instances.length; row += 1) {
      if (sample < 1 && random() >= sample) continue;
      const id = ids?.[row] ?? (instances.length === 1 ? requestId : `${requestId}/${row}`);
      const inputs = JSON.stringify(withoutColumns(instances[row] ?? {}, redact));
      sink.write(
        `${head}${JSON.stringify(id)},${identity},"inputs":${inputs},${answers[row]?.logged}${tail}`,
      );
    }
  };
}

/** Many lines are written in one millisecond: its text is made once. */
function createTimeText(now: () => Date): () => string {
  let lastMs = Number.NaN;
  let text = "";
  return () => {
    const time = now();
    if (time.getTime() !== lastMs) {
      lastMs = time.getTime();
      text = time.toISOString();
    }
    return text;
  };
}

function withoutColumns(instance: Instance, redact: readonly string[]): Instance {
  if (redact.length === 0) return instance;
  return Object.fromEntries(Object.entries(instance).filter(([name]) => !redact.includes(name)));
}
