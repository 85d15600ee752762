import { describe, expect, it } from "vitest";
import { makeModel, makeNode, makeValueInfo } from "./onnx-builder.ts";
import type { ModelProto, NodeProto } from "./onnx-proto.ts";
import { findPrivateTexts } from "./private-text.ts";

const withNodes = (nodes: readonly NodeProto[]): ModelProto =>
  makeModel({
    name: "g",
    nodes,
    inputs: [makeValueInfo({ name: "x", type: "float", shape: [null, 1] })],
    outputs: [makeValueInfo({ name: "y", type: "float", shape: [null, 1] })],
    opsets: { "": 17 },
  });

function nodeWith(docString: string): NodeProto {
  const node = makeNode({ op: "Identity", inputs: ["x"], outputs: ["y"] });
  node.docString = docString;
  return node;
}

const found = (text: string): readonly string[] => findPrivateTexts(withNodes([nodeWith(text)]));

describe("texts that tell of who exported a model", () => {
  it.each([
    ['File "/home/ann/net.py", line 12, in forward', 'File "/home/ann/net.py", line 12'],
    ['File "net.py", line 12, in forward', 'File "net.py", line 12'],
    ["net/model.py(12): forward\nnet/model.py(40): __call__", "net/model.py(12)"],
    ["# /content/net.py:12:0", "/content/net.py:12"],
    ["made in /kaggle/working/run-7 by hand", "/kaggle/working/run-7"],
    ["/Users/ann/Library/x", "/Users/ann/Library/x"],
    ["/__w/models/models/out", "/__w/models/models/out"],
    ["C:\\Users\\ann\\model", "C:\\Users\\ann\\model"],
    ["\\\\server\\share\\ann", "\\\\server\\share\\ann"],
  ])("are found: %j", (text, expected) => {
    expect(found(text)).toEqual([expected]);
  });

  it.each([
    "",
    "/body/body.0/Gemm",
    "https://example.com/home/docs",
    "input/data/scaled, a ratio a/b",
    "ai.onnx.ml: 3",
    "{'torch.nn.Module': 'linear'}",
  ])("are not found in what every file has: %j", (text) => {
    expect(found(text)).toEqual([]);
  });

  it("are found within the branch of an If and in an attribute", () => {
    const inner = withNodes([nodeWith("/home/ann/net.py(3): inner")]).graph;
    const outer = makeNode({ op: "If", inputs: ["x"], outputs: ["y"] });
    const [template] = makeNode({
      op: "Softmax",
      inputs: ["x"],
      outputs: ["y"],
      attributes: { axis: { kind: "int", value: 1 } },
    }).attribute;
    if (template === undefined || inner === undefined) throw new Error("nothing was made");
    outer.attribute.push({ ...template, name: "then_branch", g: inner });
    outer.attribute.push({ ...template, docString: "/root/run" });
    expect(findPrivateTexts(withNodes([outer])).toSorted()).toEqual([
      "/home/ann/net.py(3)",
      "/root/run",
    ]);
  });
});
