#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// llama-bench's tests on node-llama-cpp's prebuilt llama.cpp, with llama-bench's arguments and JSON fields, so that `phi4 bench --against` can take turns with it.
// Tokens go through the package's binding, one step below its public classes: neither its scheduler nor its sampler is timed, as llama-bench times none.
// The package is looked for in the folder NODE_LLAMA_CPP, or else in the current one.
import { createRequire } from "node:module";
import { basename, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";

const help = `usage: node-llama-bench.mjs [options]

  -m, --model FILE          a GGUF file
  -p, --n-prompt N          tokens of the prompt to time, 0 for none (default 512)
  -n, --n-gen N             tokens to generate and time, 0 for none (default 128)
  -d, --n-depth N           tokens in the cache before (default 0)
  -t, --threads N           threads (default: as many as processors)
  -r, --repetitions N       (default 5)
  -b, --batch-size N        most tokens a step (default 512)
  -fa, --flash-attn 0|1     (default: as the package decides)
  -o, --output json         nothing else is spoken

The package: NODE_LLAMA_CPP=FOLDER, where "npm install node-llama-cpp" was run.
`;

const names = {
  "-m": "model", "--model": "model", "-p": "prompt", "--n-prompt": "prompt", "-n": "gen", "--n-gen": "gen", "-d": "depth", "--n-depth": "depth",
  "-t": "threads", "--threads": "threads", "-r": "repetitions", "--repetitions": "repetitions", "-b": "batch", "--batch-size": "batch",
  "-fa": "flash", "--flash-attn": "flash", "-o": "output", "--output": "output",
};

function fail(message) {
  process.stderr.write(`error: ${message}\n`);
  process.exit(1);
}

function parse(words) {
  const options = { prompt: "512", gen: "128", depth: "0", threads: "0", repetitions: "5", batch: "512", output: "json" };
  for (let i = 0; i < words.length; i += 2) {
    const name = names[words[i]];
    if (!name || words[i + 1] === undefined) fail(`${words[i]} is no option, or has no value.`);
    options[name] = words[i + 1];
  }

  if (!options.model) fail("-m is needed.");
  if (options.output !== "json") fail(`-o ${options.output}: only json is printed.`);
  if (options.flash !== undefined && options.flash !== "0" && options.flash !== "1") fail(`-fa ${options.flash} is neither 0 nor 1.`);
  for (const name of ["prompt", "gen", "depth", "threads", "repetitions", "batch"]) {
    if (!/^\d+$/.test(options[name])) fail(`${options[name]} is no number for ${name}.`);
    options[name] = +options[name];
  }

  return options;
}

// The same tokens each time, below the special ones of every vocabulary.
let state = 12345;
const nextToken = most => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return (state >>> 8) % most;
};

async function load(options) {
  const folder = process.env.NODE_LLAMA_CPP ?? process.cwd();
  let path;
  try {
    path = createRequire(resolve(folder) + sep).resolve("node-llama-cpp");
  } catch {
    fail(`There is no node-llama-cpp in ${folder}; set NODE_LLAMA_CPP to the folder where it was installed.`);
  }

  const { getLlama } = await import(pathToFileURL(path).href);
  const llama = await getLlama({ gpu: false, build: "never", skipDownload: true, logLevel: "error", maxThreads: options.threads });
  const start = performance.now();
  const model = await llama.loadModel({ modelPath: resolve(options.model), gpuLayers: 0, useMmap: true });
  const context = await model.createContext({
    contextSize: options.depth + Math.max(options.prompt, options.gen) + 8,
    batchSize: options.batch,
    threads: options.threads || llama.cpuMathCores,
    ignoreMemorySafetyChecks: true,
    ...(options.flash === undefined ? {} : { flashAttention: options.flash === "1" }),
  });
  const binding = context._ctx;
  if (!binding?.initBatch || !binding.addToBatch || !binding.decodeBatch || !binding.removeTokenCellsFromSequence) {
    fail("This version of node-llama-cpp has another binding; this program knows version 3.22's.");
  }

  binding.setThreads(options.threads || llama.cpuMathCores);
  return { binding, model, loadSeconds: (performance.now() - start) / 1e3, threads: options.threads || llama.cpuMathCores };
}

const options = parse(process.argv.includes("--help") || process.argv.includes("-h") ? (process.stdout.write(help), process.exit(0)) : process.argv.slice(2));
const { binding, model, loadSeconds, threads } = await load(options);
const mostToken = 10_000;

async function append(from, count, step) {
  for (let done = 0; done < count; done += step) {
    const size = Math.min(step, count - done);
    binding.initBatch(size);
    binding.addToBatch(0, from + done, Uint32Array.from({ length: size }, () => nextToken(mostToken)), Uint32Array.of(size - 1));
    await binding.decodeBatch();
  }
}

const back = depth => {
  if (!binding.removeTokenCellsFromSequence(0, depth, -1)) fail(`The cache could not be cut back to ${depth} tokens.`);
};

async function time(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1e3;
}

const row = (prompt, gen, samples) => {
  const mean = samples.reduce((sum, rate) => sum + rate, 0) / samples.length;
  const squares = samples.reduce((sum, rate) => sum + (rate - mean) ** 2, 0);
  return {
    model_filename: basename(options.model), model_size: model.size, n_batch: options.batch, n_threads: threads, n_prompt: prompt, n_gen: gen,
    n_depth: options.depth, load_seconds: loadSeconds, avg_ts: mean, stddev_ts: samples.length > 1 ? Math.sqrt(squares / (samples.length - 1)) : 0, samples_ts: samples,
  };
};

const rows = [];
await append(0, options.depth, options.batch);
for (const [prompt, gen] of [[options.prompt, 0], [0, options.gen]]) {
  const count = prompt + gen, step = prompt > 0 ? options.batch : 1;
  if (count === 0) continue;
  // Warm-up, as llama-bench does: a piece of the test that is not timed.
  await append(options.depth, Math.min(count, prompt > 0 ? options.batch : 8), step);
  back(options.depth);
  const samples = [];
  for (let i = 0; i < options.repetitions; i++) {
    samples.push(count / await time(() => append(options.depth, count, step)));
    back(options.depth);
  }

  rows.push(row(prompt, gen, samples));
}

process.stdout.write(JSON.stringify(rows) + "\n");
process.exit(0);
