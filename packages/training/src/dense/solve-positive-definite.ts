/**
 * Solves A x = b for a symmetric positive definite A by Cholesky's decomposition.
 *
 * @param matrix row-major, size × size; its lower half is overwritten by the factor
 * @returns x, or `null` when A is not positive definite to rounding
 */
export function solvePositiveDefinite(
  matrix: Float64Array,
  right: Float64Array,
): Float64Array | null {
  const size = right.length;
  for (let j = 0; j < size; j += 1) {
    const original = matrix[j * size + j] ?? 0;
    let diagonal = original;
    for (let k = 0; k < j; k += 1) diagonal -= (matrix[j * size + k] ?? 0) ** 2;
    if (!(diagonal > original * 1e-13)) return null;
    const root = Math.sqrt(diagonal);
    matrix[j * size + j] = root;
    for (let i = j + 1; i < size; i += 1) {
      let sum = matrix[i * size + j] ?? 0;
      for (let k = 0; k < j; k += 1) {
        sum -= (matrix[i * size + k] ?? 0) * (matrix[j * size + k] ?? 0);
      }
      matrix[i * size + j] = sum / root;
    }
  }
  return substituteBack(matrix, substituteForward(matrix, right));
}

function substituteForward(factor: Float64Array, right: Float64Array): Float64Array {
  const size = right.length;
  const solution = right.slice();
  for (let i = 0; i < size; i += 1) {
    let sum = solution[i] ?? 0;
    for (let k = 0; k < i; k += 1) sum -= (factor[i * size + k] ?? 0) * (solution[k] ?? 0);
    solution[i] = sum / (factor[i * size + i] ?? 1);
  }
  return solution;
}

function substituteBack(factor: Float64Array, right: Float64Array): Float64Array {
  const size = right.length;
  const solution = right.slice();
  for (let i = size - 1; i >= 0; i -= 1) {
    let sum = solution[i] ?? 0;
    for (let k = i + 1; k < size; k += 1) sum -= (factor[k * size + i] ?? 0) * (solution[k] ?? 0);
    solution[i] = sum / (factor[i * size + i] ?? 1);
  }
  return solution;
}
