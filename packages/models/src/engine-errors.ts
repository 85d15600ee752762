import { DataError } from "#core";
import { shorten } from "./shorten.ts";

interface Explanation {
  readonly code: string;
  readonly found: string;
  readonly hint: string;
}

const explanations: readonly {
  readonly pattern: RegExp;
  readonly explain: (match: RegExpExecArray) => Explanation;
}[] = [
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
    explain: ([, operator]) => unknownOperator(operator),
  },
  {
    pattern: /No Op registered for (\S+) with domain_version of (\d+)/,
    explain: ([, operator, opset]) => unknownOperator(`${operator} (opset ${opset})`),
  },
  {
    pattern: /Could not find an implementation for ([\w.:]+\(\d+\))/,
    explain: ([, operator]) => unknownOperator(operator),
  },
  {
    pattern:
      /bad_alloc|out of memory|memory access out of bounds|Array buffer allocation|Failed to allocate|^\d+$/i,
    explain: () => ({
      code: "MODEL_OUT_OF_MEMORY",
      found: "it asks for more memory than there is",
      hint: "Score fewer rows at once (batch-rows), use engine: native, or a smaller model.",
    }),
  },
];

function unknownOperator(operator: string | undefined): Explanation {
  return {
    code: "MODEL_UNKNOWN_OPERATOR",
    found: `it uses the operator ${shorten(operator ?? "")}, which this runtime does not have`,
    hint: "Export without custom operators, or score the model with predict-command.",
  };
}

/** Turns what a runtime threw while `doing` something (`loading`, `scoring with`) into a {@link DataError} that says what to do. */
export function explainEngineError(cause: unknown, fileName: string, doing: string): DataError {
  const text = withoutMiddle(cause instanceof Error ? cause.message : String(cause));
  const known = explanations
    .map(({ pattern, explain }) => {
      const match = pattern.exec(text);
      return match === null ? undefined : explain(match);
    })
    .find((one) => one !== undefined);
  const explanation = known ?? {
    code: "MODEL_REFUSED",
    found: `onnxruntime says: ${shorten(tidy(text), 1000)}`,
    hint: "Check the model with onnx.checker and onnxruntime in Python; the same message appears there.",
  };
  return new DataError({
    code: explanation.code,
    message: `${doing[0]?.toUpperCase()}${doing.slice(1)} ${fileName} failed: ${explanation.found}.`,
    hint: explanation.hint,
    place: { file: fileName },
    cause,
  });
}

/** Leaves out the C++ source lines that onnxruntime puts before its words. */
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
