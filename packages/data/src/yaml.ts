// Named here because the library is CommonJS under Node: bundled, its own dynamic import has no names.
export { LineCounter, parseDocument, stringify } from "yaml";
