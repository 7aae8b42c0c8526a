# Every command of the house. Bare `make` lists them.
# CONFIGURATION=Debug builds for the debugger; tests and measurements are meant for Release.

CONFIGURATION ?= Release
SOLUTION := Phi4.Engine.sln
DOTNET ?= dotnet
ASK ?= What is 12 + 30?
MODEL ?= samples/phi4-sample
PYTHON ?= python3
# Where `make big` keeps its 29 GB; local/ is ignored by git.
BIG ?= local/phi-4-random

# Linking a native program wants clang; gcc does where there is none.
NATIVE_LINKER ?= $(if $(shell command -v clang),,-p:CppCompilerAndLinker=gcc)

export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1

.DEFAULT_GOAL := help
.PHONY: help demo build test check format public-api pack test-packages bench chart quality native test-narrow test-schemas compiler judges kernels test-kernels test-mutants big sample-model clean

help: ## List the targets
	@echo "Targets:"
	@grep -hE '^[a-z][a-z0-9-]*:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{ printf "  make %-13s %s\n", $$1, $$2 }'

demo: ## Ask the model that ships with the repository a question (ASK="..." to ask another)
	@$(DOTNET) build src/Phi4.Cli -c $(CONFIGURATION) -v quiet --nologo
	@$(DOTNET) run --project src/Phi4.Cli -c $(CONFIGURATION) --no-build -- run --model $(MODEL) "$(ASK)" < /dev/null

build: ## Build everything
	$(DOTNET) build $(SOLUTION) -c $(CONFIGURATION) --nologo -v minimal

test: compiler judges build ## Build and run all tests
	@bash tools/ci/run-tests.sh --solution $(SOLUTION) -c $(CONFIGURATION) --no-build

check: ## What a change must pass: format, build without warnings, all tests (architecture and documents among them)
	$(DOTNET) format whitespace . --folder --verify-no-changes --exclude artifacts
	@$(MAKE) --no-print-directory test

format: ## Lay out the sources as .editorconfig says
	$(DOTNET) format whitespace . --folder --exclude artifacts

public-api: ## Write each library's public API to its PublicAPI.txt (tests hold them equal)
	$(DOTNET) build tests/Phi4.Architecture.Tests -c $(CONFIGURATION) -v quiet --nologo
	@PHI4_WRITE_PUBLIC_API=1 $(DOTNET) test --project tests/Phi4.Architecture.Tests -c $(CONFIGURATION) --no-build --filter "FullyQualifiedName~PublicApi"

pack: ## Make the NuGet packages and the tool phi4, with symbols (artifacts/packages)
	@rm -rf artifacts/packages
	$(DOTNET) pack src/packages.proj -c Release -o artifacts/packages -v quiet --nologo
	@ls -l artifacts/packages | awk 'NR > 1 { printf "  %8d %s\n", $$5, $$NF }'

test-packages: pack ## Use the packages as a stranger would: README programs just in time, trimmed and ahead of time (some minutes; SPEED_MODEL=FOLDER to time a larger model)
	$(DOTNET) run --project tools/stranger -c Release -- --feed artifacts/packages $(if $(SPEED_MODEL),--model $(abspath $(SPEED_MODEL)) --tokens 64)

bench: ## Run the benchmarks (BENCH="--filter *Rms*" to choose)
	$(DOTNET) run --project bench/Phi4.Benchmarks -c Release -- $(BENCH)

native: ## Publish the command phi4 as one native program for this machine's processor (artifacts/native/phi4)
	$(DOTNET) publish src/Phi4.Cli -c Release --use-current-runtime -p:PublishAot=true -p:IlcInstructionSet=native $(NATIVE_LINKER) -o artifacts/native --nologo

quality: ## Print what each weight format costs in quality (LLAMA_QUANTIZE=program adds llama.cpp's formats)
	$(DOTNET) run --project tools/quality -c Release -- models $(if $(LLAMA_QUANTIZE),--llama-quantize $(LLAMA_QUANTIZE))
	$(DOTNET) run --project tools/quality -c Release --no-build -- linears $(if $(LLAMA_QUANTIZE),--llama-quantize $(LLAMA_QUANTIZE))

chart: ## Plot what `phi4 bench -o json` left in bench/results into docs/images
	@mkdir -p docs/images
	$(DOTNET) run --project tools/chart -c Release -- docs/images bench/results/*.json

# A machine with wide vectors plays the narrower ones: what a user with an older processor gets.
test-narrow: build ## Run kernel and model tests as if the processor had no AVX-512, then no AVX2, then no vectors at all
	@for switch in DOTNET_EnableAVX512=0 DOTNET_EnableAVX2=0 DOTNET_EnableHWIntrinsic=0; do \
	  for project in Phi4.Kernels.Tests Phi4.Core.Tests; do \
	    echo "$$project with $$switch"; \
	    env $$switch bash tools/ci/run-tests.sh --project tests/$$project -c $(CONFIGURATION) --no-build || exit 1; \
	  done; \
	done

# What noise writes under constraints, put to two judges that are not ours. The usual tests take a slice of it.
test-schemas: judges build ## Judge the texts of 1,000 generated schemas and the calls of 150 conversations with generated tools (some minutes)
	@rm -f artifacts/judged.txt
	@for project in Phi4.Core.Tests Phi4.Extensions.AI.Tests; do \
	  PHI4_SLOW_TESTS=1 PHI4_TEST_REPORT=$(abspath artifacts/judged.txt) bash tools/ci/run-tests.sh --project tests/$$project -c $(CONFIGURATION) --no-build \
	    --filter "FullyQualifiedName~JudgedSchemaTests|FullyQualifiedName~ToolConversationTests" || exit 1; \
	done
	@cat artifacts/judged.txt

compiler:
	@bash tools/cuda/ensure-compiler.sh

judges:
	@bash tools/ci/ensure-judges.sh

kernels: ## Compile the CUDA kernels to PTX and, for the tests, to a library that emulates a GPU (nvcc 13 or clang++ 19)
	@bash tools/cuda/build.sh
	@bash tools/cuda/build-emulator.sh

test-kernels: ## Test the CUDA kernels on the emulator, plain and under ThreadSanitizer and AddressSanitizer (clang++ 19)
	@bash tools/cuda/test-kernels.sh

test-mutants: ## Put bugs into the CUDA kernels, one at a time, and require that their tests fail (some minutes; clang++ 19)
	@bash tools/cuda/test-mutants.sh

# Random weights mean nothing, but their shape, files and bytes are those of phi-4: what loads and runs this, loads and runs that.
big: ## Write a random checkpoint of phi-4's full shape (29 GB, once), look at it, generate a few tokens
	$(DOTNET) build src/Phi4.Cli -c $(CONFIGURATION) -v quiet --nologo
	test -e $(BIG)/config.json || $(DOTNET) run --project tools/random-checkpoint -c Release -- --preset phi-4 --out $(BIG)
	$(DOTNET) run --project src/Phi4.Cli -c $(CONFIGURATION) --no-build -- inspect --model $(BIG)
	$(DOTNET) run --project src/Phi4.Cli -c $(CONFIGURATION) --no-build -- run --model $(BIG) --ids "1,2,3" --max-tokens 4 --temperature 0 --ignore-eos -o json

sample-model: ## Train the sample model anew (an hour or more; needs torch, see tools/sample-model/README.md)
	cd tools/sample-model && $(PYTHON) train.py --threads 1 --out checkpoint.pt && $(PYTHON) export.py checkpoint.pt \
	  && $(PYTHON) train.py --threads 1 --start $(CURDIR)/samples/phi4-sample --tool-rows 2 --bfloat16 --steps 1600 --decay-from 1350 \
	    --muon-lr 0.008 --adam-lr 0.0015 --seed 5 --out tools.pt && $(PYTHON) export.py tools.pt && $(PYTHON) questions.py && $(PYTHON) tool_questions.py \
	  && $(PYTHON) held_out.py && $(PYTHON) evaluate.py && $(PYTHON) tool_evaluate.py && $(PYTHON) goldens.py

clean: ## Remove everything that was built
	rm -rf artifacts BenchmarkDotNet.Artifacts TestResults
