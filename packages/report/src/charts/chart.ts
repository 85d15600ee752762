/** A point in data units, with the interval of its height where one is known. */
export interface ChartPoint {
  readonly x: number;
  readonly y: number;
  readonly low?: number | null;
  readonly high?: number | null;
  /** How many rows it stands for. */
  readonly rows?: number;
}

/** A line, with its points marked where `dots` is set. */
export interface CurveSeries {
  readonly name: string;
  readonly points: readonly ChartPoint[];
  readonly dots?: boolean;
}

/** Curves over 0..1: ROC, precision and recall, reliability. */
export interface CurveChart {
  readonly kind: "curves";
  readonly label: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly CurveSeries[];
  /** Whether a point's height holds from the point before it, as precision does over recall. */
  readonly steps?: boolean;
  /** What the diagonal means, where it means anything: chance, perfect calibration. */
  readonly diagonal?: string;
  /** Which operating points lie on it; they are one a model, in the order of the series. */
  readonly operating?: "roc" | "precision-recall";
}

/** Counts of one group of rows in shared bins. */
export interface HistogramSeries {
  readonly name: string;
  /** One fewer than edges. */
  readonly counts: readonly number[];
  /** A line around the bars of another model. */
  readonly outlined?: boolean;
}

/** Shares of rows in bins, by group. */
export interface HistogramChart {
  readonly kind: "histogram";
  readonly label: string;
  readonly xLabel: string;
  readonly edges: readonly number[];
  readonly series: readonly HistogramSeries[];
  /** Whether the threshold that is chosen stands on its axis. */
  readonly operating?: boolean;
}

/** Counts of truth against prediction, row-major; a view a model. */
export interface ConfusionChart {
  readonly kind: "confusion";
  readonly label: string;
  readonly classes: readonly string[];
  readonly views: readonly { readonly name: string; readonly cells: readonly number[] }[];
  /** Intervals of the shares hold this confidence; `null` where rows are weighted. */
  readonly confidence: number | null;
  /** Whether the matrix follows the threshold that is chosen. */
  readonly operating?: boolean;
}

/** One dot a row around the line y = 0. */
export interface ScatterChart {
  readonly kind: "scatter";
  readonly label: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly points: readonly ChartPoint[];
  /** How many rows there are, of which the points are some. */
  readonly rows: number;
}

/** One line of an interval chart. */
export interface IntervalItem {
  readonly name: string;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly rows?: number;
}

/** The items of one metric. */
export interface IntervalView {
  readonly name: string;
  readonly items: readonly IntervalItem[];
  /** A value to hold the items against, e.g. that of all rows. */
  readonly guide?: { readonly name: string; readonly value: number };
}

/** Values with their intervals, one below the other; a reader picks the view. */
export interface IntervalChart {
  readonly kind: "intervals";
  readonly label: string;
  /** What an item is: a slice, a metric, a column. */
  readonly itemLabel: string;
  readonly views: readonly IntervalView[];
  /** Bars from zero in the place of dots. */
  readonly bars?: boolean;
}

/** A metric over versions, oldest first; the newest is the one that is judged. */
export interface HistoryChart {
  readonly kind: "history";
  readonly label: string;
  readonly views: readonly IntervalView[];
}

/** What a chart shows: plain data, drawn in the reader's browser. */
export type ChartData =
  | CurveChart
  | HistogramChart
  | ConfusionChart
  | ScatterChart
  | IntervalChart
  | HistoryChart;
