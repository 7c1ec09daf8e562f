# Every target is one command that can be read here or in scripts/.

# Tools that the project brings with it go before those of the machine.
export PATH := $(CURDIR)/.tools/bin:$(CURDIR)/node_modules/.bin:$(PATH)
# The browser tests use the system's Chromium.
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD := 1

VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
BENCH     ?= .
BENCHTIME ?= 2s
FUZZTIME  ?= 30s
KILLS     ?= 20
SEEDS     ?= 10000

.PHONY: help run cluster check test torture bench gobench growth fuzz e2e screenshot build format bootstrap

help: ## list the targets
	@grep -E '^[a-z0-9]+:.*##' Makefile | sed -E 's/^([a-z0-9]+):.*## */  make \1\t/' | expand -t 20

run: ## run the demo town at http://127.0.0.1:8000
	go run ./cmd/swapnest serve --demo

cluster: ## run two nodes with PostgreSQL, Redis and nginx at http://127.0.0.1:8000; ARGS="--port 8080 --dir DIR"
	@scripts/cluster $(ARGS)

check: ## the quick loop: format, vet, lint, unit tests on SQLite; PACKAGES=./internal/limit
	@scripts/test check $(PACKAGES)

test: ## everything, as CI runs it (installs what is missing)
	@scripts/test

torture: bootstrap ## the delivery contract, for long: KILLS=20 at each point, SEEDS=10000 simulated worlds; a quarter of an hour
	go test ./internal/torture/sim -run TestTheContractHoldsInSimulatedWorlds -count 1 -timeout 2h -v -seeds $(SEEDS)
	go test ./internal/torture -count 1 -timeout 2h -v -kills $(KILLS) -betrayals 60s -chaos 60s -readers 1000 -measure

bench: ## SwapNest beside what it is compared with, an hour; ARGS="-short" is two minutes, "-h" lists what can be said
	go -C bench run . $(ARGS)

gobench: ## benchmarks of all packages that have some; BENCH=regexp BENCHTIME=2s; SWAPNEST_BENCH_MESSAGES=1000000 for those that search
	@packages=$$(grep -rl --include='*_test.go' '^func Benchmark' cmd internal | xargs -r -n 1 dirname | sort -u | sed 's|^|./|'); \
	test -n "$$packages" || { echo "There are no benchmarks yet."; exit 0; }; \
	go test -run '^$$' -bench '$(BENCH)' -benchtime '$(BENCHTIME)' -benchmem -p 1 $$packages

growth: ## what should not grow with what a site holds, ten million messages, 13 GB, half an hour; ARGS="-database sqlite -messages 1000000 -page 100000", "-h" lists what can be said
	go -C bench run ./growth $(ARGS)

fuzz: ## every fuzz target for a while; FUZZTIME=30s
	@scripts/fuzz $(FUZZTIME)

e2e: bootstrap ## browser tests; ARGS="--headed smoke"
	npm run --silent e2e -- $(ARGS)

screenshot: bootstrap ## the README's picture, from the demo town
	node e2e/screenshot.js

build: ## bin/swapnest, a static binary
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/swapnest ./cmd/swapnest

format: bootstrap ## rewrite Go and JavaScript in the house's format
	find . \( -name node_modules -o -name .tools -o -name .git \) -prune -o -name '*.go' -print0 | xargs -0 gofumpt -w
	npm run --silent format

bootstrap: ## install what is missing on this machine
	@scripts/bootstrap
