import { DataError } from "#core";
import { shorten } from "./shorten.ts";

/** Who runs a model: onnxruntime in either form, or TensorFlow.js. */
export type Runtime = "onnxruntime" | "tensorflow.js";

/** What was done with which file when a runtime threw. */
export interface FailedWork {
  readonly runtime: Runtime;
  readonly fileName: string;
  /** `loading`, `scoring with`. */
  readonly doing: string;
}

interface Explanation {
  readonly code: string;
  readonly found: string;
  readonly hint: string;
}

interface KnownFailure {
  readonly pattern: RegExp;
  readonly explain: (match: RegExpExecArray) => Explanation;
}

const onnxFailures: readonly KnownFailure[] = [
  {
    pattern: /Opset (\d+) is under development[\s\S]*?domain (\S+) is till opset (\d+)/,
    explain: ([, opset, domain, known]) => ({
      code: "MODEL_OPSET_TOO_NEW",
      found: `it asks for opset ${opset} of ${domain}, and this runtime knows opsets up to ${known}`,
      hint: `Export the model again with target_opset (opset_version) at most ${known}.`,
    }),
  },
  {
    pattern: /Unsupported model IR version: (\d+), max supported IR version: (\d+)/,
    explain: ([, version, known]) => ({
      code: "MODEL_IR_TOO_NEW",
      found: `its IR version is ${version}, and this runtime knows versions up to ${known}`,
      hint: `Set model.ir_version to ${known} or less when exporting, or use an older onnx package.`,
    }),
  },
  {
    pattern: /(?:^|\s)([^\s(]+)\(-?\d+\) is not a registered function\/op/,
    explain: ([, operator]) => unknownOnnxOperator(operator),
  },
  {
    pattern: /No Op registered for (\S+) with domain_version of (\d+)/,
    explain: ([, operator, opset]) => unknownOnnxOperator(`${operator} (opset ${opset})`),
  },
  {
    pattern: /Could not find an implementation for ([\w.:]+\(\d+\))/,
    explain: ([, operator]) => unknownOnnxOperator(operator),
  },
  {
    pattern:
      /bad_alloc|out of memory|memory access out of bounds|Array buffer allocation|Failed to allocate|^\d+$/i,
    explain: () =>
      outOfMemory("Score fewer rows at once (batch-rows), use engine: native, or a smaller model."),
  },
];

const tfjsFailures: readonly KnownFailure[] = [
  {
    pattern: /Unknown layer: (\S+?)\. /,
    explain: ([, layer]) => unknownTfjsPart("layer", layer),
  },
  {
    pattern: /(?:Unknown op|Unable to find op|TypeError: Unknown op) '?(\w+)'?/,
    explain: ([, operator]) => unknownTfjsPart("operator", operator),
  },
  {
    pattern: /Kernel '(\w+)' not registered/,
    explain: ([, operator]) => unknownTfjsPart("operator", operator),
  },
  {
    pattern: /allocation failed|Invalid (?:typed )?array length|out of memory|bad_alloc/i,
    explain: () => outOfMemory("Score fewer rows at once, or a smaller model."),
  },
  {
    pattern: /Maximum call stack size exceeded/,
    explain: () => ({
      code: "MODEL_TOO_DEEP",
      found: "its layers or nodes are nested too deep, or in a circle",
      hint: "Save the model again with the library that made it.",
    }),
  },
];

function unknownOnnxOperator(operator: string | undefined): Explanation {
  return {
    code: "MODEL_UNKNOWN_OPERATOR",
    found: `it uses the operator ${shorten(operator ?? "")}, which this runtime does not have`,
    hint: "Export without custom operators, or score the model with predict-command.",
  };
}

function unknownTfjsPart(part: string, name: string | undefined): Explanation {
  return {
    code: "MODEL_UNKNOWN_OPERATOR",
    found: `it uses the ${part} ${shorten(name ?? "")}, which TensorFlow.js does not have here`,
    hint: "Export without custom layers and operators, or score the model with predict-command.",
  };
}

function outOfMemory(hint: string): Explanation {
  return {
    code: "MODEL_OUT_OF_MEMORY",
    found: "it asks for more memory than there is",
    hint,
  };
}

/** Turns what a runtime threw into a {@link DataError} that says what to do. */
export function explainEngineError(cause: unknown, work: FailedWork): DataError {
  const { runtime, fileName, doing } = work;
  const text = withoutMiddle(cause instanceof Error ? cause.message : String(cause));
  const { code, found, hint } = explain(text, runtime);
  return new DataError({
    code,
    message: `${doing[0]?.toUpperCase()}${doing.slice(1)} ${fileName} failed: ${found}.`,
    hint,
    place: { file: fileName },
    cause,
  });
}

function explain(text: string, runtime: Runtime): Explanation {
  const failures = runtime === "onnxruntime" ? onnxFailures : tfjsFailures;
  for (const { pattern, explain: explainMatch } of failures) {
    const match = pattern.exec(text);
    if (match !== null) return explainMatch(match);
  }
  return runtime === "onnxruntime"
    ? {
        code: "MODEL_REFUSED",
        found: `onnxruntime says: ${shorten(tidy(text), 1000)}`,
        hint: "Check the model with onnx.checker and onnxruntime in Python; the same message appears there.",
      }
    : {
        code: "MODEL_REFUSED",
        found: `TensorFlow.js says: ${shorten(tidy(text), 1000)}`,
        hint: "Load the model with TensorFlow.js itself; the same message appears there.",
      };
}

/** One line, without the C++ source lines that onnxruntime puts before its words. */
function tidy(text: string): string {
  return text
    .replace(/^[\s\S]*?ERROR_MESSAGE: /, "")
    .replace(/\/\S+\.(?:h|cc|cpp):\d+ [^\n]*?\) (?=[A-Z])/g, "")
    .replace(/\s+/g, " ")
    .trim()
    .replace(/\.$/, "");
}

/** A name of megabytes in the runtime's words would keep the patterns busy for minutes. */
function withoutMiddle(text: string): string {
  return text.length <= 4000 ? text : `${text.slice(0, 2000)} … ${text.slice(-2000)}`;
}
