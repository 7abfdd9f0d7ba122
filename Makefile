# wheelscrub: `make demo` shows what it does, `make test` checks it; both install what they need.

SWIFT ?= swift
RELEASE = $(SWIFT) build -c release --product wheelscrub && $(SWIFT) build -c release --product wheelscrub-cc && $(SWIFT) build -c release --product wheelscrub-rustc
SOURCES = Sources Tests Package.swift $(wildcard Benchmarks/Package.swift Benchmarks/Sources Fuzz/Package.swift Fuzz/Sources)

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-index test-sweep build completions man lint format bench fuzz static wheel sdist test-wheel test-reproducible test-places install deb clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 12

setup: ## Install the missing system packages (Debian, Ubuntu)
	@scripts/setup

demo: setup ## Build a wheel twice in random directories and make the two the same
	@$(RELEASE)
	@scripts/demo

test: setup ## Run every test that needs no network, the end-to-end ones on the release build
	@$(RELEASE)
	WHEELSCRUB_EXECUTABLE=$(CURDIR)/.build/release/wheelscrub $(SWIFT) test

test-index: setup ## The same for real packages: downloads their sources with pip
	WHEELSCRUB_INDEX=1 $(SWIFT) test --filter 'IndexTests|BackendTests|PublishedTests|CacheTests|FalseHitTests|RustCacheTests'
	$(MAKE) --no-print-directory test-sweep

test-sweep: build ## Run the tests of wheelscrub-sweep in a virtual environment; needs an index
	@scripts/test-sweep

build: ## Build the program for release: .build/release/wheelscrub
	@scripts/setup --build-only
	$(RELEASE)

completions: build ## Write completions for bash, zsh and fish: .build/completions
	@mkdir -p .build/completions
	.build/release/wheelscrub --generate-completion-script bash > .build/completions/wheelscrub.bash
	.build/release/wheelscrub --generate-completion-script zsh > .build/completions/_wheelscrub
	.build/release/wheelscrub --generate-completion-script fish > .build/completions/wheelscrub.fish

man: build ## Write the manual's pages: .build/man
	@scripts/man .build/man

lint: ## Check the formatting of every Swift file
	$(SWIFT) format lint --strict --parallel -r $(SOURCES)

format: ## Format every Swift file
	$(SWIFT) format -i --parallel -r $(SOURCES)

bench: setup ## Run the benchmarks (Benchmarks/README.md)
	$(MAKE) -C Benchmarks

static: ## Build programs that need no library: .build-static/programs, debug info beside them
	@scripts/setup --build-only
	@cd python/backend && python3 -m _wheelscrub

wheel: ## Build the wheel: dist/
	@scripts/setup --build-only
	@python3 python/backend/wheelscrub_backend.py wheel dist

sdist: ## Pack the sources: dist/
	@python3 python/backend/wheelscrub_backend.py sdist dist

# The one that was just built.
WHEEL = "$$(ls -t dist/wheelscrub-*_$$(uname -m).whl | head -n 1)"

test-wheel: wheel ## Install the wheel and run it, also in an empty root; needs unshare(1)
	@scripts/test-wheel $(WHEEL)

test-reproducible: wheel ## Build the wheel again in another directory: the same bytes
	@scripts/test-reproducible $(WHEEL)

test-places: wheel ## Try the wheel where people put it: pip, cibuildwheel, pre-commit, a chroot (root, network)
	@scripts/test-places $(WHEEL)

PREFIX ?= /usr/local

install: ## Install programs, manual and completions below DESTDIR/PREFIX
	@scripts/install '$(PREFIX)' '$(DESTDIR)'

deb: ## Pack them for Debian and Ubuntu: dist/
	@scripts/setup --build-only
	@scripts/deb dist

MINUTES ?= 15

fuzz: setup ## Look for inputs that break promises, MINUTES for each kind (Fuzz/README.md)
	@Fuzz/run $(MINUTES)

clean: ## Remove what was built
	rm -rf .build .build-static dist
