# inceptiond: build, test and check. `make help` lists the targets.

GO          ?= go
VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
LDFLAGS     := -s -w -X main.version=$(VERSION)
# HTTP/2 would be half a megabyte of program that nobody speaks with: page and figures answer over HTTP/1.1 alone, and cameras and
# downloads are asked over it.
TAGS        := nethttpomithttp2
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
# What waits longest for others begins first.
PACKAGES    := ./publish/mqtt ./daemon ./capture/rtsp ./...
TARGETS     := linux/amd64/ linux/arm64/ linux/arm/6 linux/arm/7
FUZZTIME    ?= 10s
FUZZ        ?= .
VM_ARCH     ?= amd64 arm64 arm
VM_RUN      ?= .
SOAK        ?= 1h
FAULTS      ?= 2m
LOAD        ?= 10m
CLUSTER     ?= 10m
MUTANTS     ?= 1000000
BROWSER     := internal/testing/browser
NATS        := internal/testing/cluster
# Modules of their own, so that the program's has nothing of what they need.
MODULES     := $(BROWSER) $(NATS)
WEB_RUN     ?= .
TFLITE_ARCH ?= $(shell $(GO) env GOARCH)
TFLITE_OUT  ?= bin/inceptiond-tflite
DEB_ARCH    ?= $(patsubst arm,armhf,$(shell $(GO) env GOARCH))
DEB_OUT     ?= build/deb

.PHONY: help build tflite deb deb-check run test race arm64-test vm-test vm-soak vm-faults soak day faults fuzz check format vet staticcheck tidy generate cross models bench clean

help: ## list the targets
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 14

# Go from 1.21 on fetches the version that go.mod wants; an older one does not understand it.
.PHONY: go-version
go-version:
	@command -v $(firstword $(GO)) >/dev/null || { echo 'Go is needed, 1.26 or newer: https://go.dev/dl' >&2; exit 1; }
	@case "$$(cd / && $(GO) env GOVERSION)" in \
	go1.?|go1.?.*|go1.1?|go1.1?.*|go1.20|go1.20.*|'') \
		echo "Go 1.26 or newer is needed, and this is $$($(GO) version): https://go.dev/dl" >&2; exit 1;; \
	esac

build: go-version ## build bin/inceptiond, one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -tags $(TAGS) -ldflags '$(LDFLAGS)' -o bin/inceptiond ./daemon

# A library in TFLITE_PREFIX must have lib/libtensorflowlite_c.so and include/tensorflow. The worker finds its library
# beside itself, in build/tflite beside bin, in lib/inceptiond beside an installed bin, or there.
TFLITE_RPATH := $$ORIGIN:$$ORIGIN/../build/tflite/$(TFLITE_ARCH)/lib:$$ORIGIN/../lib/inceptiond
ifdef TFLITE_PREFIX
TFLITE_RPATH := $(TFLITE_RPATH):$(abspath $(TFLITE_PREFIX))/lib
else
TFLITE_ROOT := build/tflite/$(TFLITE_ARCH)
endif

tflite: ## build bin/inceptiond-tflite, the worker that runs TensorFlow Lite (TFLITE_PREFIX=DIR names a library of your own)
	@command -v $${CC:-gcc} >/dev/null || { echo 'tflite: a C compiler is needed (Debian: apt install gcc libc6-dev)' >&2; exit 1; }
	$(if $(TFLITE_PREFIX),,.ci/tflite $(TFLITE_ARCH) $(TFLITE_ROOT))
	CGO_ENABLED=1 GOARCH=$(TFLITE_ARCH) \
		CGO_CFLAGS='-O2 -I$(abspath $(or $(TFLITE_PREFIX),$(TFLITE_ROOT)))/include -idirafter $(CURDIR)/infer/tflite/worker/include' \
		CGO_LDFLAGS='-L$(abspath $(or $(TFLITE_PREFIX),$(TFLITE_ROOT)))/lib' \
		$(GO) build -trimpath -tags tflite -o $(TFLITE_OUT) \
		-ldflags '-s -w -buildid= -r $(TFLITE_RPATH)' \
		./infer/tflite/worker

deb: go-version ## build the Debian package for this machine into build/deb, its bill of materials and checksums beside it (DEB_ARCH="amd64 arm64 armhf" for others)
	@for arch in $(DEB_ARCH); do VERSION='$(VERSION)' .ci/deb $$arch $(DEB_OUT) || exit 1; done

deb-check: ## build them twice, in two folders: the same bytes, what lies beside them is right, and nothing that Debian's lintian calls an error
	.ci/deb-check $(DEB_ARCH)

run: build ## run it: demo scenes, demo model, embedded broker (ARGS="--listen 127.0.0.1:1884" adds flags)
	@exec bin/inceptiond run $(ARGS)

test: go-version ## run the tests
	$(GO) test -timeout 30m $(PACKAGES)

race: ## run the tests under the race detector
	$(GO) test -race -short -timeout 30m $(PACKAGES)

vm-test: ## run the tests that need a real kernel in an emulated guest, quick forms (VM_ARCH=amd64 VM_RUN=TestGuest//TestName for some)
	VM_ARCH='$(VM_ARCH)' $(GO) test -count 1 -short -timeout 40m -run '$(VM_RUN)' ./internal/testing/vm

.PHONY: fleet-test
fleet-test: ## follow docs/fleet.md word for word with three machines, which are containers with systemd (needs root, and apt)
	FLEET=1 $(GO) test -count 1 -timeout 30m -v ./internal/testing/fleet

vm-soak: ## the same in their long forms
	VM_ARCH='$(VM_ARCH)' $(GO) test -count 1 -timeout 12h -v -run '$(VM_RUN)' ./internal/testing/vm

vm-faults: ## run each fault ten times in the amd64 guest and write docs/faults.md anew
	VM_ARCH=amd64 $(GO) test -count 1 -timeout 4h -v -run 'TestGuest//Faults' ./internal/testing/vm -update

soak: ## run a classifier and a detector on the demo at full speed for SOAK, and look at their memory
	$(GO) test -count 1 -timeout 0 -v -run TestSoak ./daemon -soak $(SOAK)

day: ## show a camera a whole day, with gate and decision, in simulated time
	$(GO) test -count 1 -timeout 0 -v -run 'TestDay$$' ./daemon/pipeline -day 24h

faults: ## kill, stop and abort the TensorFlow Lite worker in turn for FAULTS while frames flow
	$(GO) test -count 1 -timeout 0 -v -run TestFaults ./daemon -faults $(FAULTS)

.PHONY: web-test
web-test: build ## try the page in a real Chromium, as a person would (needs chromium, nginx, npm; WEB_RUN=TestStates for some)
	.ci/axe-core || test -z "$$CI"
	cd $(BROWSER) && $(GO) test -count 1 -timeout 30m -run '$(WEB_RUN)' .

.PHONY: web-shots
web-shots: build ## take pictures of every page into build/web-shots, and those of the documentation into docs/images
	cd $(BROWSER) && $(GO) test -count 1 -v -run 'TestShots|TestImages' . -shots

.PHONY: web-load
web-load: build ## hold 20 viewers against the page for LOAD, then 1000 half-open connections and guessed passwords too; 30 Apply; nobody
	cd $(BROWSER) && $(GO) test -count 1 -timeout 0 -v ./load -load $(LOAD)

.PHONY: cluster
cluster: build ## kill and start the nodes of a cluster of brokers, and cut them off from each other, for CLUSTER under 20 daemons and 2000 light devices (ARGS="-tls -seed 1")
	cd $(NATS) && $(GO) test -count 1 -timeout 0 -parallel 4 -v -run TestCluster . -cluster $(CLUSTER) $(ARGS)

.PHONY: cluster-10000
cluster-10000: build ## the same with 10000 light devices, once, and what a machine of this size makes of it (takes half an hour)
	cd $(NATS) && $(GO) test -count 1 -timeout 0 -v -run 'TestCluster$$' . -cluster $(CLUSTER) -devices 10000 -opening 4m -turns 5m -patience 15m $(ARGS)

.PHONY: cluster-traffic
cluster-traffic: build ## count what a daemon with the defaults says to its broker in five minutes, and in a day
	cd $(NATS) && $(GO) test -count 1 -timeout 0 -v -run TestTraffic . -day 5m $(ARGS)

arm64-test: ## test the kernels and the engine for arm64 as a Cortex-A53, A72 and A76, and with matrix products, under qemu-aarch64
	.ci/arm64

fuzz: ## fuzz every parser for FUZZTIME (FUZZ="config publish" for those in some folders)
	.ci/fuzz $(FUZZTIME) $(FUZZ)

.PHONY: mutants
mutants: ## load and run MUTANTS damaged files of real models
	$(GO) test -count 1 -timeout 0 -v -run 'TestMutants$$' ./infer/engines -mutants $(MUTANTS)

models: ## write the seeded Inception v1 to v4 and MobileNet v2 to build/models
	$(GO) run ./internal/gen inception -o build/models

bench: build models ## time the seeded Inceptions and MODELS, one thread and two, against TensorFlow Lite if it is built
	@bin/inceptiond bench $$(printf -- '-m %s ' build/models/*.tflite $(MODELS)) -t 1 -t 2 \
		$$(test ! -x bin/inceptiond-tflite || echo -a tflite -a tflite-xnnpack) $(ARGS)

.PHONY: bench-peers
bench-peers: models ## time the int8 Inceptions and MODELS against TensorFlow Lite, ONNX Runtime and oneDNN, in one run (needs make tflite, npm, libdnnl-dev)
	.ci/peers build/peers
	$(GO) build -o bin/inceptiond-peers ./internal/testing/peers
	@bin/inceptiond-peers $(ARGS) build/models/*_int8.tflite $(MODELS)

.PHONY: teach-bench
teach-bench: ## teach real networks with real pictures and write the table of docs/learning.md anew
	$(GO) test -count 1 -timeout 0 -v -run TestFigures ./infer/learn -figures

.PHONY: people-bench
people-bench: ## how well a real network tells people apart, for docs/people.md; PEOPLE=FOLDER: those of a folder with a folder for each
	$(GO) test -count 1 -timeout 0 -v -run TestPeopleShared ./infer/learn -figures $(if $(PEOPLE),-people $(abspath $(PEOPLE)))

.PHONY: teach-load
teach-load: ## how much of its rate a camera keeps while a model is taught beside it
	$(GO) test -count 1 -timeout 0 -v -run TestCameraWhileTraining ./daemon -teach-load 1m

.PHONY: arm32-test
arm32-test: ## run the engine's small tests for 32-bit arm under qemu-arm
	.ci/arm32

.PHONY: arm64-model
arm64-model: models ## tell on paper how fast the kernels for arm64 are (ARGS=-count counts instructions under qemu-aarch64 too)
	@$(GO) run ./internal/gen arm64 $(ARGS) build/models/*int8.tflite $(MODELS)

check: format vet staticcheck tidy generate cross ## everything that must hold before a commit besides the tests

format:
	@files=$$(gofmt -l .); test -z "$$files" || { echo "$$files"; echo 'run: gofmt -w .'; exit 1; }

vet:
	@for arch in amd64 arm64 arm; do echo "vet $$arch"; CGO_ENABLED=0 GOOS=linux GOARCH=$$arch $(GO) vet $(PACKAGES) || exit 1; done
	for module in $(MODULES); do (cd $$module && $(GO) vet ./...) || exit 1; done

staticcheck:
	$(GO) run $(STATICCHECK) $(PACKAGES)
	for module in $(MODULES); do (cd $$module && $(GO) run $(STATICCHECK) ./...) || exit 1; done

tidy:
	$(GO) mod tidy -diff
	$(GO) mod verify
	for module in $(MODULES); do (cd $$module && $(GO) mod tidy -diff && $(GO) mod verify) || exit 1; done

generate: ## write the generated files anew; fails if they change
	$(GO) generate $(PACKAGES)
	@git diff --exit-code --stat -- '*.tflite' '*.txt' '*.s' '*.go' '*.gz' || { echo 'generated files have changed: commit them'; exit 1; }

cross: ## build for every target
	@for t in $(TARGETS); do \
		echo "build $$t"; \
		CGO_ENABLED=0 GOOS=$$(echo $$t | cut -d/ -f1) GOARCH=$$(echo $$t | cut -d/ -f2) GOARM=$$(echo $$t | cut -d/ -f3) \
			$(GO) build -trimpath -tags $(TAGS) -o /dev/null ./daemon || exit 1; \
	done

clean: ## remove what was built
	rm -rf bin build
