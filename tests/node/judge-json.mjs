// SPDX-License-Identifier: MIT
// A second judge of constrained JSON: reads lines {"schema": …, "text": "…"} and prints for each one JSON string, why the text is no JSON or not valid under its schema; empty if it is.
// The tests run it (tests/Phi4.TestSupport/Schemas/AjvJudge.cs); `npm ci` in this folder installs what it needs.
import { createInterface } from 'node:readline';
import Ajv7 from 'ajv';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const options = { strict: false, validateFormats: true };
const draft7 = addFormats(new Ajv7(options));
const draft2020 = addFormats(new Ajv2020(options));
const compiled = new Map();

function compile(schema) {
  const key = JSON.stringify(schema);
  if (!compiled.has(key)) {
    compiled.set(key, (String(schema.$schema).includes('draft-07') ? draft7 : draft2020).compile(schema));
  }
  return compiled.get(key);
}

for await (const line of createInterface({ input: process.stdin })) {
  const { schema, text } = JSON.parse(line);
  let reason = '';
  try {
    const validate = compile(schema);
    reason = validate(JSON.parse(text)) ? '' : JSON.stringify(validate.errors);
  } catch (error) {
    reason = String(error);
  }
  process.stdout.write(JSON.stringify(reason) + '\n');
}
