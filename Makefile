# WPP Developers. `make run` starts it, `make test` proves it.

BIN   := bin/wpp
TOOL  := go tool -modfile=.ci/tools.mod
NODE  := .cache/node_modules
AXE   := $(NODE)/axe-core/axe.min.js
HOOKS := $(NODE)/standardwebhooks/package.json
ADDR  ?= 127.0.0.1:8080
DATA  ?= ./data

.PHONY: run build generate check format test soak bench install-test-tools

run: build
	$(BIN) serve --addr $(ADDR) --data $(DATA)

build:
	CGO_ENABLED=1 go build -trimpath -o $(BIN) ./cmd/wpp

generate:
	$(TOOL) templ generate -path views

# Format, vet, lint, generated code without a diff, import rule.
check: build
	@test -z "$$(gofmt -l cmd web views static portal apidocs)" || { gofmt -l cmd web views static portal apidocs; exit 1; }
	go vet ./...
	$(TOOL) golangci-lint run ./...
	.ci/no-diff $(MAKE) generate
	go test -run 'TestImportRule' ./cmd/wpp

# Everything that proves it works: both engines, a real browser, the race
# detector. It leaves vetting to check.
test: install-test-tools
	WPP_TEST_NODE_MODULES=$(CURDIR)/$(NODE) go test -race -vet=off -timeout 20m ./...

# The long forms: time bounds exactly as promised, so one package at a time, and
# every page in every width.
soak: install-test-tools
	WPP_TEST_NODE_MODULES=$(CURDIR)/$(NODE) WPP_SOAK=1 go test -p 1 -timeout 120m ./...

# B1 to B8 on SQLite and PostgreSQL, under half an hour; BENCH=-short is a look in three minutes.
bench: build
	go build -trimpath -o bin/bench ./cmd/bench
	bin/bench -wpp $(BIN) $(BENCH)

install-test-tools: $(AXE) $(HOOKS)
	@.ci/install-test-tools

# What is not named here is removed by npm: both in one command.
$(AXE) $(HOOKS) &:
	@.ci/install-test-tools
	npm install --silent --no-audit --no-fund --no-save --prefix .cache axe-core@4 standardwebhooks@1
