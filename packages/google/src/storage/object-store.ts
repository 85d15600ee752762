import type { Digests } from "./digests.ts";

/** What is known of a stored object. */
export interface ObjectFacts {
  readonly uri: string;
  readonly bytes: number;
  /** Changes with every write; `0` never names an existing object. */
  readonly generation: string;
  /** Base64; `null` where the store does not know it without reading the object. */
  readonly crc32c: string | null;
  /** `sha256:<hex>`, or `null` where the store does not know it without reading the object. */
  readonly sha256: string | null;
  readonly contentType: string | null;
  readonly updated: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The bytes to store: a file, read as a stream, or a value in memory. */
export type ObjectSource = { readonly path: string } | { readonly bytes: Uint8Array };

/** What is stored beside the bytes. */
export interface ObjectAttributes {
  readonly contentType?: string;
  readonly cacheControl?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Keeps the object from being deleted until the hold is lifted. */
  readonly hold?: "temporary" | "event-based";
  /** Keeps the object from being deleted before this time (the bucket must allow it). */
  readonly retainUntil?: Date;
}

/** An upload that has begun, to be gone on with after the process died. Its session is a credential. */
export interface UploadState {
  readonly uri: string;
  readonly sha256: string;
  readonly session: string;
}

/** How an object is created. */
export interface CreateOptions {
  /** Refuses other bytes: `sha256:<hex>` that the source must have. */
  readonly sha256?: string;
  readonly attributes?: ObjectAttributes;
  /** Called as the store confirms bytes. */
  readonly onProgress?: (progress: UploadProgress) => void;
  /** Called with each text that must never be shown, before it is used: mask it. */
  readonly onSecret?: (secret: string) => void;
  /** What an earlier process was told by `onState`. */
  readonly resume?: UploadState;
  /** Called when an upload can be resumed, and with `null` when it no longer needs to be. */
  readonly onState?: (state: UploadState | null) => void;
  readonly signal?: AbortSignal;
}

/** How far an upload is. */
export interface UploadProgress {
  readonly uri: string;
  readonly confirmedBytes: number;
  readonly totalBytes: number;
}

/** A stored object: new, or found to be equal already. */
export interface Created extends Digests {
  readonly kind: "created" | "identical";
  readonly uri: string;
  readonly generation: string;
}

/** How a compare-and-swap ended. */
export type Swapped =
  | { readonly kind: "swapped"; readonly generation: string }
  /** Somebody else wrote first; `generation` is `0` when the object is gone. */
  | { readonly kind: "conflict"; readonly generation: string };

/** Bytes from `start` up to and without `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

/** Options of the calls that only read. */
export interface ReadOptions {
  readonly range?: ByteRange;
  readonly signal?: AbortSignal;
}

/** Files by URI, whoever keeps them. */
export interface ObjectStore {
  /** What is known of one object, or `null` when there is none. */
  stat(uri: string, options?: { readonly signal?: AbortSignal }): Promise<ObjectFacts | null>;
  /** Objects whose URI starts with a prefix, or matches a glob, by name. */
  list(
    prefixOrGlob: string,
    options?: { readonly signal?: AbortSignal },
  ): AsyncIterable<ObjectFacts>;
  /** An object's bytes; a dropped connection is gone on with, a whole read is checked. */
  read(uri: string, options?: ReadOptions): AsyncIterable<Uint8Array>;
  /** An object as UTF-8 text. */
  readText(uri: string, options?: { readonly signal?: AbortSignal }): Promise<string>;
  /** Stores an object that is not there yet; an equal one is success, another one an error. */
  createOnly(uri: string, source: ObjectSource, options?: CreateOptions): Promise<Created>;
  /** Replaces an object only if it still has this generation (`0`: only if it is not there). */
  compareAndSwap(uri: string, bytes: Uint8Array, swap: SwapOptions): Promise<Swapped>;
}

/** What a compare-and-swap expects and writes beside the bytes. */
export interface SwapOptions {
  readonly expectedGeneration: string;
  readonly attributes?: ObjectAttributes;
  readonly signal?: AbortSignal;
}
