import { DataError } from "#core";

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
    pattern: /Unknown layer: (\S+?)\. /,
    explain: ([, layer]) => unknownPart(`the layer ${layer}`),
  },
  {
    pattern: /(?:Unknown op|Unable to find op|TypeError: Unknown op) '?(\w+)'?/,
    explain: ([, operator]) => unknownPart(`the operator ${operator}`),
  },
  {
    pattern: /Kernel '(\w+)' not registered/,
    explain: ([, operator]) => unknownPart(`the operator ${operator}`),
  },
  {
    pattern: /allocation failed|Invalid (?:typed )?array length|out of memory|bad_alloc/i,
    explain: () => ({
      code: "MODEL_OUT_OF_MEMORY",
      found: "it asks for more memory than there is",
      hint: "Score fewer rows at once, or a smaller model.",
    }),
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

function unknownPart(part: string): Explanation {
  return {
    code: "MODEL_UNKNOWN_OPERATOR",
    found: `it uses ${part}, which TensorFlow.js does not have here`,
    hint: "Export without custom layers and operators, or score the model with predict-command.",
  };
}

/** Turns what TensorFlow.js threw while `doing` something (`loading`, `scoring with`) into a {@link DataError} that says what to do. */
export function explainTfjsError(cause: unknown, fileName: string, doing: string): DataError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const known = explanations
    .map(({ pattern, explain }) => {
      const match = pattern.exec(text);
      return match === null ? undefined : explain(match);
    })
    .find((one) => one !== undefined);
  const explanation = known ?? {
    code: "MODEL_REFUSED",
    found: `TensorFlow.js says: ${text.replace(/\s+/g, " ").trim().replace(/\.$/, "").slice(0, 1000)}`,
    hint: "Load the model with TensorFlow.js itself; the same message appears there.",
  };
  return new DataError({
    code: explanation.code,
    message: `${doing[0]?.toUpperCase()}${doing.slice(1)} ${fileName} failed: ${explanation.found}.`,
    hint: explanation.hint,
    place: { file: fileName },
    cause,
  });
}
