# Every target is a plain command one can also type. `make help` lists them.

GOLANGCI_VERSION := v2.15.0
TOOLS            := $(CURDIR)/.tools
GOLANGCI         := $(TOOLS)/golangci-lint-$(GOLANGCI_VERSION)

VERSION   ?=
BENCH     ?= .
BENCHTIME ?= 1s
FUZZTIME  ?= 1m

.DEFAULT_GOAL := help

.PHONY: help
help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# SQLite is C turned into Go, on memory of its own that the race detector does
# not know: there it can find nothing, and took most of the tests' time looking.
# All that calls it is watched as everything else is.
RACE := -race -gcflags=modernc.org/sqlite/lib=-race=false

.PHONY: test
test: tools lint ## Install what the tests need when it is missing, check the code, run every test, and every fuzz test for ten seconds
	CGO_ENABLED=1 DATALEK_TEST_REQUIRE=1 go test $(RACE) -count=1 -timeout 30m ./...
	@scripts/fuzz.sh 10s

.PHONY: tools
tools: $(GOLANGCI) ## Install what the tests need when it is missing: Chromium, Java, the MongoDB stand-in, the linter
	@scripts/tools.sh

.PHONY: lint
lint: $(GOLANGCI) ## Check the form of the code: gofmt, go vet, golangci-lint
	@unformatted=$$(git ls-files -co --exclude-standard '*.go' | xargs -r gofmt -l); \
	if [ -n "$$unformatted" ]; then echo "not gofmt'd:" $$unformatted >&2; exit 1; fi
	go vet ./...
	$(GOLANGCI) run ./...

.PHONY: build
build: ## Build the one static binary, bin/datalek (VERSION=1.2.3 for a release)
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w $(if $(VERSION),-X main.version=$(VERSION))' -o bin/datalek ./cmd/datalek

.PHONY: bench
bench: ## Measure the speeds the README states (BENCH=regexp BENCHTIME=1s)
	CGO_ENABLED=0 go test -run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) -timeout 60m ./...

# The fault suite runs in `make test` as well, in its short form: the same tests
# with smaller numbers. DATALEK_TEST_SEED repeats the random points of a run.
FAULT_FILES := cmd/datalek/faults_*_test.go cmd/datalek/disk_*_test.go cmd/datalek/clocks_kill_test.go cmd/datalek/mailing_kill_test.go cmd/datalek/crowd_kill_test.go cmd/datalek/flood_test.go
FAULTS      ?= $(shell grep -ho '^func Test[A-Za-z]*' $(FAULT_FILES) | sed 's/^func //; s/$$/$$/' | paste -sd '|' -)

.PHONY: faults
faults: tools ## Break the program on purpose, long: hundreds of kills, 20,000 mails, 10,000 deadlines (FAULTS=regexp)
	CGO_ENABLED=1 DATALEK_TEST_REQUIRE=1 DATALEK_TEST_LONG=1 go test $(RACE) -count=1 -v -timeout 60m -run '$(FAULTS)' ./cmd/datalek

.PHONY: fuzz
fuzz: ## Look for inputs that break a reader, one fuzz test after the other (FUZZTIME=1m each; make test runs each for 10s)
	@scripts/fuzz.sh $(FUZZTIME)

.PHONY: assets
assets: ## Rebuild the style sheet and scripts that web serves (needs Node.js; the results are committed)
	cd web/assets_src && npm ci && npm run build

# The linter is pinned and stays inside the project. It is built without the
# version control stamp and in a folder of its own, so that it neither reads
# nor changes this module.
$(GOLANGCI):
	mkdir -p $(TOOLS)
	cd $(TOOLS) && GOFLAGS= GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv $(TOOLS)/golangci-lint $@
