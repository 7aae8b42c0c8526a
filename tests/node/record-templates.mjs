// SPDX-License-Identifier: MIT
// Renders every case of cases/*.mjs with Jinja2 (python3 with the package jinja2) and with @huggingface/jinja, and writes one JSON line a case to
// ../Phi4.Tokenizer.Tests/Templates/Data; the first line holds the contexts and templates that cases share by name. `text` or `error` is Jinja2's answer, which is the reference; `js` is that of
// @huggingface/jinja where it differs, and `note` says why if the case was written to show the difference.
import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { Template } from "@huggingface/jinja";

const here = new URL(".", import.meta.url);

// The clock of jinja2_render.py.
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length > 0 ? given : [2024, 6, 26, 9, 5, 3]));
  }
};

function renderHere({ template, context }) {
  try {
    const all = { messages: [], tools: null, documents: null, add_generation_prompt: false, ...structuredClone(context) };
    return { text: new Template(template).render(all) };
  } catch (error) {
    return { error: String(error.message) };
  }
}

for (const file of readdirSync(new URL("cases/", here)).sort()) {
  const { cases, contexts = {}, templates = {} } = await import(new URL(`cases/${file}`, here));
  const rows = cases.map(([name, template, context = {}, note]) => ({ name, template, context, note }));
  const full = rows.map((row) => ({
    ...row,
    template: templates[row.template] ?? row.template,
    context: typeof row.context === "string" ? contexts[row.context] : row.context,
  }));
  const names = new Set(rows.map((row) => row.name));
  if (names.size !== rows.length) {
    throw new Error(`${file}: two cases of one name`);
  }

  const answers = JSON.parse(
    execFileSync("python3", [new URL("jinja2_render.py", here).pathname], { input: JSON.stringify(full), maxBuffer: 1 << 28 }),
  );
  let agreed = 0;
  const lines = rows.map((row, i) => {
    const js = renderHere(full[i]);
    const same = js.text === answers[i].text;
    agreed += same ? 1 : 0;
    return JSON.stringify({ ...row, ...answers[i], ...(same ? {} : { js }) });
  });
  const target = new URL(`../Phi4.Tokenizer.Tests/Templates/Data/${file.replace(".mjs", ".jsonl")}`, here);
  writeFileSync(target, [JSON.stringify({ contexts, templates }), ...lines].join("\n") + "\n");
  console.log(`${file}: ${rows.length} cases, ${agreed} the same in both, ${answers.filter((answer) => "error" in answer).length} refused`);
}
