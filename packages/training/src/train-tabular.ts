import { createHash } from "node:crypto";
import type { Signature, Task } from "#core";
import { DataError, InputError } from "#core";
import type { CurvePoint } from "./curve.ts";
import { listFeatures } from "./encoders/encoder.ts";
import type { FittedCandidate } from "./fit-candidate.ts";
import { fitCandidate } from "./fit-candidate.ts";
import type { Importance } from "./importance.ts";
import { computeImportance } from "./importance.ts";
import { computeLoss } from "./losses.ts";
import { writeModel } from "./onnx/write-model.ts";
import type { ModelKind, TabularParams } from "./params.ts";
import { parseParams } from "./params.ts";
import type { Part } from "./part.ts";
import type { EncodedData, PreparedData } from "./prepare-data.ts";
import { encodeParts, prepareData } from "./prepare-data.ts";
import type { ProgressMetrics } from "./progress-metrics.ts";
import { computeProgressMetrics } from "./progress-metrics.ts";
import { createStream } from "./random.ts";
import type { TabularRequest } from "./tabular-request.ts";
import type { TrainedModel } from "./trained-model.ts";
import { predictRaw } from "./trained-model.ts";

/** How one model kind did. */
export interface CandidateResult {
  readonly kind: ModelKind;
  /** Log loss or mean squared error. */
  readonly trainLoss: number;
  readonly validationLoss: number | null;
}

/** A trained model, its file and how it came about. */
export interface TabularResult {
  /** The kind with the smallest validation loss. */
  readonly kind: ModelKind;
  readonly task: Task;
  readonly classes: readonly string[];
  /** The whole model, preprocessing included, as ONNX. */
  readonly bytes: Uint8Array;
  readonly signature: Signature;
  readonly trained: TrainedModel;
  readonly params: TabularParams;
  readonly metrics: { readonly train: ProgressMetrics; readonly validation: ProgressMetrics };
  readonly candidates: readonly CandidateResult[];
  readonly importance: Importance;
  /** The chosen kind's learning curve. */
  readonly curve: readonly CurvePoint[];
  readonly notes: readonly string[];
}

/** A network is tried unasked only up to this many training cells: beyond, it would take minutes. */
const maxNetworkCells = 1_000_000;

/**
 * Trains a model from columns: encodes, fits each model kind, keeps the one with the
 * smallest validation loss and writes it with its preprocessing as one ONNX file. The same
 * request gives the same bytes.
 *
 * @throws InputError for unknown columns, params or a task that the target cannot serve
 * @throws DataError for rows that nothing can be learned from
 */
export function trainTabular(request: TabularRequest): TabularResult {
  const params = parseParams(request.params ?? {});
  const prepared = prepareData(request, params);
  const kinds = listKinds(request, params, prepared);
  const notes = [...prepared.notes, ...kinds.notes];
  const fits = kinds.kinds.map((kind) => fitKind(kind, prepared, { request, params }));
  const chosen = fits.reduce((best, fit) => (rankLoss(fit) < rankLoss(best) ? fit : best));
  const { kind, encoded, candidate, trained } = chosen;
  const measured = encoded.validation ?? encoded.train;
  const written = writeModel({
    name: request.name ?? "model",
    task: prepared.meaning.task,
    classes: prepared.meaning.classes,
    encoder: encoded.encoder,
    model: candidate.model,
    columns: prepared.columns,
    metadata: {
      trainer: "slipway tabular",
      kind,
      seed: String(request.seed ?? defaultSeed),
      params_digest: digestParams(params),
    },
  });
  return {
    kind,
    task: prepared.meaning.task,
    classes: prepared.meaning.classes,
    ...written,
    trained,
    params,
    metrics: measureParts(candidate, encoded),
    candidates: fits.map(({ kind, trainLoss, validationLoss }) => ({
      kind,
      trainLoss,
      validationLoss,
    })),
    importance: computeImportance(candidate.model, listFeatures(encoded.encoder), {
      part: measured,
      random: createStream(request.seed ?? defaultSeed, importanceStream),
    }),
    curve: candidate.curve,
    notes: [...notes, ...encoded.notes, ...candidate.notes],
  };
}

const defaultSeed = 42;
const importanceStream = 100;

function listKinds(
  request: TabularRequest,
  params: TabularParams,
  prepared: PreparedData,
): { readonly kinds: readonly ModelKind[]; readonly notes: readonly string[] } {
  const { task } = prepared.meaning;
  const plain = task === "regression" ? "linear" : "softmax";
  const wrong = task === "regression" ? "softmax" : "linear";
  if (params.model === wrong) {
    throw new InputError({
      code: "MODEL_UNFIT_FOR_TASK",
      message: `params.model is ${wrong}, but the task is ${task}.`,
      hint: `Use ${plain}, trees or mlp.`,
    });
  }
  if (params.model !== "auto") return { kinds: [params.model], notes: [] };
  const offered: ModelKind[] = [...new Set(request.kinds ?? ([plain, "trees", "mlp"] as const))];
  const fitting = offered.filter((kind) => kind !== wrong);
  if (fitting.length > 1 && prepared.validation.rows.length === 0) {
    throw new DataError({
      code: "EMPTY_SPLIT",
      message: `The validation part has no usable rows, so nothing can choose between ${fitting.join(", ")}.`,
      hint: "Give the split a validation share, or name one kind in params.model.",
    });
  }
  const cells = prepared.train.rows.length * prepared.columns.length;
  const skip = request.kinds === undefined && cells > maxNetworkCells;
  if (!skip) return { kinds: fitting, notes: [] };
  const note = `mlp was not tried: ${cells} training cells are above ${maxNetworkCells}; set params.model: mlp to fit it all the same.`;
  return { kinds: fitting.filter((kind) => kind !== "mlp"), notes: [note] };
}

interface KindFit extends CandidateResult {
  readonly encoded: EncodedData;
  readonly candidate: FittedCandidate;
  readonly trained: TrainedModel;
}

function rankLoss({ validationLoss, trainLoss }: CandidateResult): number {
  const loss = validationLoss ?? trainLoss;
  return Number.isNaN(loss) ? Infinity : loss;
}

function fitKind(
  kind: ModelKind,
  prepared: PreparedData,
  { request, params }: { readonly request: TabularRequest; readonly params: TabularParams },
): KindFit {
  const encoded = encodeParts(prepared, kind === "trees" ? "raw" : "scaled", params);
  const { report } = request;
  const candidate = fitCandidate(kind, encoded, {
    params,
    random: createStream(request.seed ?? defaultSeed, kindStreams[kind]),
    ...(report && { report: (point: CurvePoint) => report({ ...point, kind }) }),
  });
  const lossOf = ({ matrix, target }: Part): number =>
    computeLoss(predictRaw(candidate.model, matrix), target);
  const { task, classes } = prepared.meaning;
  return {
    kind,
    encoded,
    candidate,
    trained: { task, classes, encoder: encoded.encoder, model: candidate.model },
    trainLoss: lossOf(encoded.train),
    validationLoss: encoded.validation && lossOf(encoded.validation),
  };
}

/** Each kind draws from a stream of its own, so that leaving one out changes no other. */
const kindStreams = { softmax: 1, linear: 2, trees: 3, mlp: 4 } as const;

function measureParts(candidate: FittedCandidate, encoded: EncodedData): TabularResult["metrics"] {
  const measure = (part: Part | null): ProgressMetrics =>
    part === null
      ? {}
      : computeProgressMetrics(predictRaw(candidate.model, part.matrix), part.target);
  return { train: measure(encoded.train), validation: measure(encoded.validation) };
}

function digestParams(params: TabularParams): string {
  const sorted = Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1));
  return `sha256:${createHash("sha256").update(JSON.stringify(sorted)).digest("hex")}`;
}
