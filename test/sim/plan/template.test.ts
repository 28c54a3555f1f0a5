import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compileArguments } from "../../../sim/plan/template.ts";
import { stream } from "../../../sim/random.ts";
import { Problems, ScenarioError } from "../../../sim/scenario/scenario-error.ts";

/** What a text becomes in each of so many calls of node n7. */
function fill(text: string, calls = 1): readonly string[] {
  const problems = new Problems();
  const template = compileArguments({ value: text }, ["args"], problems);
  problems.throwIfAny({});
  const draws = stream(1, "template");
  return Array.from({ length: calls }, (_, seq) => String(template.fill({ node: "n7", seq, draws }).value));
}

function complaint(text: string): string {
  try {
    fill(text);
    return "";
  } catch (error) {
    if (error instanceof ScenarioError) return error.message;
    throw error;
  }
}

test("{node} and {seq} are the node's id and the number of the call", () => {
  assert.equal(fill("<{node}|{seq}|{seq}>", 2), ["<n7|0|0>", "<n7|1|1>"]);
});

test("{int a b} gives every whole number between both ends", () => {
  assert.equal(Array.from(new Set(fill("{int -1 2}", 200))).sort(), ["-1", "0", "1", "2"]);
  assert.equal(fill("{int 5 5}"), ["5"]);
});

test("a text that is only a template stays text", () => {
  const template = compileArguments({ value: "{int 4 4}" }, [], new Problems());
  assert.equal(template.fill({ node: "n0", seq: 0, draws: stream(1, "") }), { value: "4" });
});

test("{pick …} gives each of its words", () => {
  assert.equal(Array.from(new Set(fill("{pick fjord reef  savanna}", 100))).sort(), [
    "fjord",
    "reef",
    "savanna",
  ]);
});

test("{zipf n} gives number k about as often as 1 / (k + 1)", () => {
  const counts = new Map<string, number>();
  for (const drawn of fill("{zipf 100}", 50_000)) counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
  const harmonic = Array.from({ length: 100 }, (_, index) => 1 / (index + 1)).reduce(
    (sum, part) => sum + part,
    0,
  );
  for (const rank of [0, 1, 3, 9]) {
    const expected = 50_000 / harmonic / (rank + 1);
    const found = counts.get(String(rank)) ?? 0;
    assert.ok(Math.abs(found - expected) < expected * 0.12, `${rank}: ${found}, expected about ${expected}`);
  }
  assert.ok(Array.from(counts.keys()).every((drawn) => Number(drawn) >= 0 && Number(drawn) < 100));
  assert.equal(fill("{zipf 1}"), ["0"]);
});

test("{bytes n} gives n characters, others each time", () => {
  const drawn = fill("{bytes 33}", 20);
  assert.ok(drawn.every((text) => /^[A-Za-z0-9_-]{33}$/.test(text)));
  assert.is(new Set(drawn).size, 20);
  assert.equal(fill("{bytes 0}"), [""]);
});

test("templates are filled in however deep they stand, and everything else stays as it is", () => {
  const template = compileArguments({ a: [{ b: "{seq}" }, 1, null, true], "{seq}": "" }, [], new Problems());
  const filled = template.fill({ node: "n0", seq: 3, draws: stream(1, "") });
  assert.equal(filled, { a: [{ b: "3" }, 1, null, true], "{seq}": "" });
});

test("a text without templates stays as it is, JSON and all", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!/\{[A-Za-z{]/.test(text));
      assert.equal(fill(text), [text]);
    }),
  );
  assert.equal(fill('{"a": {"b": 1}}'), ['{"a": {"b": 1}}']);
  assert.equal(fill("{{node} {{{seq}"), ["{node} {0"]);
});

test("a template that is wrong says what there is", () => {
  const all = "expected {int a b} {node} {seq} {pick a b c} {zipf n} {bytes n}";
  assert.is(complaint("k{itn 1 2}"), `args.value: found "{itn 1 2}", ${all}; did you mean "int"?`);
  assert.is(complaint("{toString}"), `args.value: found "{toString}", ${all}`);
  assert.match(complaint("{int 2 1}"), 'found "{int 2 1}", expected {int a b}: a whole number from a to b');
  for (const wrong of ["{int 1}", "{int 1 2 3}", "{int 1.5 2}", "{int a b}", "{int 0 9007199254740992}"]) {
    assert.match(complaint(wrong), "expected {int a b}", wrong);
  }
  assert.match(complaint("{node 1}"), "expected {node}");
  assert.match(complaint("{seq 1}"), "expected {seq}");
  assert.match(complaint("{pick}"), "expected {pick a b c}");
  for (const wrong of ["{zipf}", "{zipf 0}", "{zipf 1000001}", "{zipf x}"]) {
    assert.match(complaint(wrong), "expected {zipf n}", wrong);
  }
  for (const wrong of ["{bytes}", "{bytes -1}", "{bytes 1048577}"]) {
    assert.match(complaint(wrong), "expected {bytes n}", wrong);
  }
  assert.is(
    complaint("a {int 1 2"),
    'args.value: found "{int 1 2", expected a } after a template; {{ stands for a brace',
  );
});

test.run();
