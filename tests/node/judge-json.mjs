// A second judge of constrained JSON: reads lines {"schema": …, "text": "…"} and says which texts are no JSON, or not valid under their schema.
// npm install; PHI4_CONSTRAINED_TEXTS=texts.jsonl dotnet test --project ../Phi4.Core.Tests -c Release --filter "FullyQualifiedName~ConstrainedJudge"; node judge-json.mjs < texts.jsonl
import { createInterface } from 'node:readline';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const ajv = new Ajv2020({ strict: false, validateFormats: true });
addFormats(ajv);
let judged = 0;
let invalid = 0;
for await (const line of createInterface({ input: process.stdin })) {
  if (!line.startsWith('{')) continue;
  const { schema, text } = JSON.parse(line);
  judged++;
  let reason = '';
  try {
    const validate = ajv.compile(schema);
    reason = validate(JSON.parse(text)) ? '' : ajv.errorsText(validate.errors);
  } catch (error) {
    reason = String(error);
  }
  if (reason) {
    invalid++;
    console.log(JSON.stringify({ schema, text, reason }));
  }
}
console.log(`${judged} texts judged, ${invalid} invalid`);
process.exitCode = invalid === 0 && judged > 0 ? 0 : 1;
