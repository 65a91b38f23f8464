# `make help` lists the targets. Nothing needs root, and nothing is written outside this folder except the
# caches of Maven and npm.

N ?= 256
BENCH_OUT ?= benches/target/report
# The bundled model, which runs if no MODEL is given.
bundled := cli/src/main/resources/dev/myelin/cli/stories.gguf
ifeq ($(origin PROMPT),undefined)
PROMPT := Once upon a time
endif
ifeq ($(origin MODEL),undefined)
MODEL := $(firstword $(wildcard $(bundled) ../shared/models/stories260K-f32.gguf))
endif
JEXTRACT ?= jextract
MVN ?= mvn
# Values from the command line are passed on unchanged, including dollar signs and quotes.
override PROMPT := $(value PROMPT)
override MODEL := $(value MODEL)
export PROMPT MODEL

# Maven with the JDK of find-jdk, even if `java` on the PATH is older; older Mavens use features that this JDK warns about.
export MVN
export MAVEN_OPTS := -XX:-UsePerfData --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED $(MAVEN_OPTS)
mvn = JAVA_HOME=$$(cli/bin/find-jdk) && export JAVA_HOME && $(MVN) -B -ntp -q -Dstyle.color=never
# Shows a tool's output only if it fails.
quietly = > native/build/$(1).log 2>&1 || { cat native/build/$(1).log; exit 1; }
# ThreadSanitizer of older compilers does not support the address layout of newer kernels.
fixed_addresses = $$(setarch "$$(uname -m)" -R true 2>/dev/null && echo setarch "$$(uname -m)" -R)
build_aarch64 = $(cmake) -S native -B native/build-aarch64 --toolchain "$(CURDIR)/native/cmake/aarch64.cmake" >/dev/null && \
	  MAKEFLAGS= cmake --build native/build-aarch64 --parallel
cmake = cmake $(if $(shell command -v ninja),-G Ninja)

jar := cli/target/myelin.jar
aot := cli/target/myelin.aot.stamp
lib := native/build/lib/.stamp
bench := benches/target/.built
# Of `make image`: the platform, and a JDK of that platform if it is another one.
this_platform := linux-$(shell uname -m)
image_platform = $(or $(PLATFORM),$(this_platform))
TARGET_JDK ?=
override TARGET_JDK := $(value TARGET_JDK)
export TARGET_JDK
image_lib = $(if $(filter $(this_platform),$(image_platform)),native/build/lib,native/build-aarch64/lib)

# Folders are inputs too: they change when a file is deleted.
java_inputs := pom.xml $(wildcard */pom.xml licenses/*) LICENSE THIRD-PARTY-NOTICES $(shell find */src/main -name '[!.]*' 2>/dev/null)
native_inputs := native/CMakeLists.txt $(shell find native/cmake native/include native/src native/tests -name '[!.]*')

.DEFAULT_GOAL := help
.PHONY: help run test test-isa build bench bindings compare model format clean test-native test-sanitize test-aarch64 libmyelin-aarch64 natives stage cuda test-cuda image oci ggml checkpoint
.DELETE_ON_ERROR:

help: ## list the targets
	@echo 'usage: make TARGET [VARIABLE=value ...]'
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## /\1|/p' Makefile | while IFS='|' read -r t d; do printf '  %-15s%s\n' "$$t" "$$d"; done

run: checkpoint build ## generate text, by default a story by the bundled model; MODEL=file.gguf PROMPT='...' N=tokens ARGS='further options of myelin run'
	@exec cli/bin/myelin run $(if $(filter-out $(bundled),$(MODEL)),-m "$$MODEL") -p "$$PROMPT" -n $(N) $(ARGS)

test: build test-native ## run every test, check formatting and javadoc
	@.ci/formatted
	@.ci/check-scripts
	@.ci/javadoc
	@.ci/test-scripts
	@if ! .ci/test-java; then .ci/totals 'Maven failed, see above'; \
	elif ! .ci/notices; then .ci/totals 'the notices are not complete, see above'; else .ci/totals; fi

natives: build ## collect the native libraries of a natives jar in natives/target; PLATFORM='linux-x86_64 linux-aarch64'
	@natives/collect.sh $(PLATFORM)

stage: build ## make a Maven repository of the library in target/stage, with the natives of Linux
	@natives/collect.sh linux-x86_64 linux-aarch64
	@rm -rf target/stage */target/reports
	@$(mvn) -Pstage -pl bom,bindings,natives,engine -Dmaven.test.skip=true -Dmaven.install.skip=true \
	  deploy -DaltDeploymentRepository=stage::file://$(CURDIR)/target/stage $(call quietly,stage)
	@echo 'the repository is target/stage'

build: $(lib) $(jar) $(aot) | ggml ## fetch ggml, compile everything; then cli/bin/myelin works

bench: $(bench) $(lib) | ggml ## run the JMH benchmarks, write a report; QUICK=1 for a short run, ISA='avx512 none' for kernels, BENCH_OUT=folder, ARGS='regular expression and JMH options'
	@jdk=$$(cli/bin/find-jdk) && exec "$$jdk/bin/java" --enable-native-access=ALL-UNNAMED -Dmyelin.home="$(CURDIR)" \
	  -Djava.io.tmpdir=benches/target -cp 'benches/target/*:benches/target/lib/*' \
	  dev.myelin.benches.BenchmarkRun '$(BENCH_OUT)' '$(QUICK)' '$(ISA)' $(ARGS)

compare: checkpoint build ## compare tokens/s with llama.cpp on the same file, alternating; MODEL=file.gguf ARGS='further options of myelin bench'
	@native/ggml/fetch.sh --pinned
	@exec cli/bin/myelin bench -m "$$MODEL" --compare llama.cpp $(ARGS)

model: build ## train the bundled model again (up to an hour); then `make build` bundles it
	@cli/bin/make-model

bindings: ## generate the bindings of ggml, llama.cpp and libmyelin again; JEXTRACT=path/to/jextract
	@JEXTRACT='$(JEXTRACT)' native/generate-bindings.sh

format: ## format Java (google-java-format) and, where clang-format is installed, C, C++ and CUDA
	@mkdir -p native/build
	@$(mvn) spotless:apply $(call quietly,format)
	@.ci/formatted --fix

test-isa: build ## run the kernel and oracle tests with each instruction set of this CPU; ISA='avx2 none' for some
	@.ci/test-isa $(ISA)

test-native: $(lib) ## run the tests of libmyelin only
	@ctest --test-dir native/build --output-on-failure --no-tests=error $(call quietly,ctest)
	@grep 'tests passed' native/build/ctest.log

test-sanitize: native/build/.tools ## run these under AddressSanitizer, UndefinedBehaviorSanitizer and ThreadSanitizer
	@for kind in address thread; do \
	  { $(cmake) -S native -B native/build-$$kind -DMYELIN_SANITIZE=$$kind && \
	    MAKEFLAGS= cmake --build native/build-$$kind --parallel; } $(call quietly,sanitize); \
	  $(fixed_addresses) ctest --test-dir native/build-$$kind --output-on-failure --no-tests=error $(call quietly,sanitize); \
	  echo "$$kind sanitizer: $$(grep 'tests passed' native/build/sanitize.log)"; \
	done

test-aarch64: ## cross-compile these for aarch64 and run them under qemu
	@command -v aarch64-linux-gnu-gcc qemu-aarch64 >/dev/null || { \
	  echo 'missing: a cross compiler or an emulator; install: apt-get install gcc-aarch64-linux-gnu qemu-user' >&2; exit 1; }
	@$(build_aarch64)
	@ctest --test-dir native/build-aarch64 --output-on-failure

# Of collect.sh and `make image`.
libmyelin-aarch64:
	@$(build_aarch64) --target myelin

cuda: ## build libmyelin-cuda (matmul on NVIDIA GPUs) with an installed nvcc, else with one from PyPI
	@mkdir -p native/build
	@nvcc=$$(native/cuda/nvcc.sh) || exit 1; \
	  { grep -qsxF 'CMAKE_HOME_DIRECTORY:INTERNAL=$(CURDIR)/native/cuda' native/build-cuda/CMakeCache.txt && \
	    grep -qs "^CMAKE_CUDA_COMPILER:[A-Z]*=$$nvcc\$$" native/build-cuda/CMakeCache.txt; } || \
	    rm -rf native/build-cuda/CMakeCache.txt native/build-cuda/CMakeFiles; \
	  { [ -f native/build-cuda/CMakeCache.txt ] || \
	    $(cmake) -S native/cuda -B native/build-cuda -DCMAKE_CUDA_COMPILER="$$nvcc" || \
	    { rm -f native/build-cuda/CMakeCache.txt; false; }; } $(call quietly,cuda-configure)
	@echo 'compiling libmyelin-cuda' >&2
	@MAKEFLAGS= cmake --build native/build-cuda --parallel $(call quietly,cuda)

test-cuda: cuda ## run its tests; with a GPU, also compare and time every kernel
	@ctest --test-dir native/build-cuda --output-on-failure --no-tests=error $(call quietly,ctest-cuda)
	@grep 'tests passed' native/build/ctest-cuda.log
	@grep '^skipped' native/build-cuda/Testing/Temporary/LastTest.log || true
	@native/build-cuda/selfcheck || { status=$$?; [ $$status = 77 ] || exit $$status; \
	  echo 'so the kernels ran in the emulator only, not on a GPU'; }

image: $(jar) | $(lib) ## make target/image/PLATFORM for devices: a JVM, the command, the native libraries; PLATFORM=linux-aarch64 TARGET_JDK=folder for another platform
	@$(if $(filter native/build/lib,$(image_lib)),:,$(MAKE) --no-print-directory libmyelin-aarch64)
	@cli/image/make-image '$(image_platform)' $(image_lib)

oci: image ## make target/image/oci-PLATFORM, an OCI image layout of it; SYSROOT=folder with the C library of another platform
	@cli/image/make-oci '$(image_platform)'

clean: ## remove all build output and downloads
	rm -rf native/build native/build-* */target target

# ---- files ------------------------------------------------------------------------------------------

checkpoint:
	@if [ -z "$$MODEL" ]; then \
	  echo 'no model: give one with MODEL=path/to/model.gguf' >&2; exit 1; fi

ggml:
	@native/ggml/fetch.sh

# Missing tools are reported together, before anything is built.
native/build/.tools:
	@native/check-tools.sh
	@mkdir -p $(@D) && touch $@

$(lib): $(native_inputs) | native/build/.tools
	@grep -qsxF 'CMAKE_HOME_DIRECTORY:INTERNAL=$(CURDIR)/native' native/build/CMakeCache.txt || \
	  rm -rf native/build/CMakeCache.txt native/build/CMakeFiles
	@[ -f native/build/CMakeCache.txt ] || $(cmake) -S native -B native/build $(call quietly,configure)
	@MAKEFLAGS= cmake --build native/build --parallel $(call quietly,compile)
	@touch $@

$(jar): $(java_inputs) | native/build/.tools
	@echo 'compiling Myelin' >&2
	@$(mvn) -pl cli -am -DskipTests package $(call quietly,maven-build)
	@touch $@

# An AOT cache of the classes (JEP 514) makes the start faster; it is optional.
$(aot): $(jar) cli/bin/myelin cli/bin/choose-compiler cli/bin/make-aot-cache cli/src/build/start.jinja $(wildcard cli/target/lib/*.jar) | $(lib) ggml
	@cli/bin/make-aot-cache || echo 'no AOT cache: Myelin starts a little slower' >&2
	@touch $@

# The two Maven runs write to the same folders, so one follows the other.
$(bench): $(java_inputs) | $(jar)
	@echo 'compiling the benchmarks' >&2
	@$(mvn) -pl benches -am -DskipTests package dependency:copy-dependencies \
	  -DincludeScope=runtime -DoutputDirectory=target/lib $(call quietly,maven-benches)
	@touch $@
