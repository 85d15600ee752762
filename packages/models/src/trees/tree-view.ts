import type { TreeEnsemble } from "./tree-ensemble.ts";

/** Where a feature of an ensemble comes from among a model's inputs. */
export interface FeatureSource {
  readonly input: string;
  /** Its place in that input. */
  readonly index: number;
  /** Codes of its categories, by what stands in the input as text; `null` where the value is read as it is. */
  readonly codes: ReadonlyMap<string, number> | null;
}

/** A model seen as the trees that it is. */
export interface TreeView {
  readonly ensemble: TreeEnsemble;
  /** One for each feature. */
  readonly sources: readonly FeatureSource[];
}

/** The view of an ensemble whose ONNX form {@link ensembleToOnnx} made. */
export function viewEnsemble(ensemble: TreeEnsemble, inputNames: readonly string[]): TreeView {
  const { features, featureNames, categories } = ensemble;
  const sources = Array.from({ length: features }, (_, feature): FeatureSource => {
    const own = categories.get(feature);
    const codes =
      own === undefined ? null : new Map(own.map((category, code) => [String(category), code]));
    return featureNames === null
      ? { input: inputNames[0] ?? "", index: feature, codes }
      : { input: featureNames[feature] ?? "", index: 0, codes };
  });
  return { ensemble, sources };
}
