import { InputError } from "#core";
import * as z from "zod/mini";

/** One input of an action: how its text is read and what documents it. */
export interface Field<T> {
  /** Text in, value out; its issues say what was expected. */
  readonly schema: z.ZodMiniType<T, string>;
  readonly description: string;
  /** The text that stands for an input not given; `null` without one. */
  readonly default: string | null;
  readonly required: boolean;
  readonly secret: boolean;
  /** JSON Schema of the same setting in `slipway.yml`. */
  readonly json: Readonly<Record<string, unknown>>;
  /** The text of a list in `slipway.yml`. */
  readonly writeList: (items: readonly string[]) => string;
}

/** A field that always has a value: required, or with a default. */
export interface PresentField<T> extends Field<T> {
  readonly present: true;
}

/** What every kind of field can be told besides its description. */
export type FieldOptions = {
  readonly default?: string | undefined;
  readonly required?: boolean | undefined;
  readonly secret?: boolean | undefined;
};

/** A field of `T`, and whether its options make it always have a value. */
export type FieldFor<T, O extends FieldOptions> = O extends
  | { readonly default: string }
  | { readonly required: true }
  ? PresentField<T>
  : Field<T>;

/** Makes a field from a function that reads text; it throws an Error whose message says what was expected. */
export function field<T, const O extends FieldOptions>(
  definition: {
    readonly description: string;
    readonly json?: Readonly<Record<string, unknown>>;
    readonly writeList?: (items: readonly string[]) => string;
    readonly read: (text: string) => T;
  } & O,
): FieldFor<T, O> {
  const schema = z.pipe(
    z.string(),
    z.transform((text, context): T => {
      try {
        return definition.read(text);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        const hint =
          error instanceof InputError && error.hint !== undefined ? ` ${error.hint}` : "";
        context.issues.push({ code: "custom", message: error.message + hint, input: text });
        return z.NEVER;
      }
    }),
  );
  const made: Field<T> = {
    schema,
    description: definition.description,
    default: definition.default ?? null,
    required: definition.required ?? false,
    secret: definition.secret ?? false,
    json: definition.json ?? { type: "string" },
    writeList: definition.writeList ?? ((items) => items.join("\n")),
  };
  return made as FieldFor<T, O>;
}
