import { DataError, InputError, RemoteError, SlipwayError } from "#core";
import { GoogleError, isStatus } from "../remote-errors.ts";
import type { Digests } from "./digests.ts";

/** The error for an object that is there with other bytes. */
export function differentObject(
  uri: string,
  existing: {
    readonly bytes: number;
    readonly crc32c: string | null;
    readonly sha256: string | null;
  },
  wanted: Digests,
): RemoteError {
  const found = existing.sha256 ?? `crc32c ${existing.crc32c ?? "unknown"}`;
  return new RemoteError({
    code: "OBJECT_EXISTS",
    message: `${uri} already exists with other bytes: it holds ${found} (${existing.bytes} bytes), and ${wanted.sha256} (${wanted.bytes} bytes) was to be stored.`,
    hint: "Nothing is ever overwritten: push under a new version, or remove that object if it is a leftover.",
    call: `create ${uri}`,
    status: 412,
    retryable: false,
  });
}

/** The error for an object that is not there. */
export function noSuchObject(uri: string): InputError {
  return new InputError({
    code: "OBJECT_NOT_FOUND",
    message: `${uri} does not exist.`,
    hint: "Check the bucket and the name; names tell upper from lower case.",
  });
}

/** The error for bytes that are not those that were named or announced. */
export function changedSource(file: string, expected: string, found: string): DataError {
  return new DataError({
    code: "FILE_CHANGED",
    message: `${file} has ${found}, but ${expected} was expected: it changed while it was read, or is another file.`,
    hint: "Let nothing write to the file while it is pushed, or make the run anew.",
    place: { file },
  });
}

/** The error for bytes that arrived other than they are stored. */
export function brokenDownload(uri: string, expected: string, found: string): RemoteError {
  return new RemoteError({
    code: "DOWNLOAD_CORRUPT",
    message: `${uri} was read as ${found}, but ${expected} is stored.`,
    hint: "The bytes were changed on their way: run the step again.",
    call: `read ${uri}`,
    status: null,
    retryable: true,
  });
}

/** The error for a whole object where a part was asked for: its bytes would be taken for others. */
export function wholeForPart(uri: string, from: number): RemoteError {
  return new RemoteError({
    code: "RANGE_IGNORED",
    message: `${uri} was asked for from byte ${from} on, and the answer was not that part.`,
    hint: "Store it without Content-Encoding, on a server that answers ranges of bytes.",
    call: `read ${uri}`,
    status: null,
    retryable: false,
  });
}

/** Adds what a reader can do about a refused call on a bucket. */
export function explainStorageError(error: unknown, uri: string): unknown {
  if (!(error instanceof GoogleError)) return error;
  const bucket = /^gs:\/\/([^/]+)/.exec(uri)?.[1] ?? uri;
  if (isStatus(error, 404) && /bucket/i.test(error.message)) {
    return new InputError({
      code: "BUCKET_NOT_FOUND",
      message: `The bucket ${bucket} does not exist, or is not visible to this account.`,
      hint: `Create it (gcloud storage buckets create gs://${bucket} --location=<region>), or correct the name.`,
      cause: error,
    });
  }
  if (isStatus(error, 401) && /anonymous/i.test(error.message)) {
    return new InputError({
      code: "NO_GOOGLE_CREDENTIALS",
      message: `${uri} was asked for without credentials.`,
      hint: "Run google-github-actions/auth in this job, before this step.",
      cause: error,
    });
  }
  return error;
}

/** Whether nobody can say if the call did its work: no answer, or a failure on the other side. */
export function isAmbiguous(error: unknown): boolean {
  return (
    error instanceof SlipwayError &&
    error instanceof RemoteError &&
    (error.status === null || error.status >= 500 || error.status === 408)
  );
}

/** The error for an account that may create objects but not look at them. */
export function noRightToCompare(uri: string, cause: unknown): RemoteError {
  return new RemoteError({
    code: "PERMISSION_DENIED",
    message: `${uri} already exists, and this account may not read it to compare.`,
    hint: "Grant the account roles/storage.objectViewer on the bucket beside roles/storage.objectCreator.",
    call: `GET ${uri}`,
    status: 403,
    retryable: false,
    cause,
  });
}
