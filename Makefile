# Each target does its own set-up; `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help run test setup bench test-camera clean
CARGO ?= cargo

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /  make \1 /p' $(MAKEFILE_LIST) | awk '{ n = $$2; $$1 = $$2 = ""; printf "  make %-12s%s\n", n, $$0 }'

run: ## set up and open the window; ARGS="view --demo" passes arguments
	@scripts/setup --release
	$(CARGO) run --release --locked -- $(ARGS)

# --tests: clippy has seen the example, which would be linked for nothing.
test: ## set up, then formatting, lints, tests and licences
	@scripts/setup
	@if $(CARGO) fmt --version > /dev/null 2>&1; then echo "cargo fmt --check"; $(CARGO) fmt --check; \
	else echo "WARNING: formatting was not checked: rustup component add rustfmt" >&2; fi
	@if $(CARGO) clippy --version > /dev/null 2>&1; then \
	    echo "cargo clippy"; $(CARGO) clippy --locked --all-targets -- -D warnings; \
	else echo "WARNING: lints were not checked: rustup component add clippy" >&2; fi
	$(CARGO) test --locked --tests
	@if $(CARGO) deny --version > /dev/null 2>&1; then \
	    echo "cargo deny"; $(CARGO) deny --log-level error --locked check bans licenses sources; \
	else echo "WARNING: licences were not checked: cargo install cargo-deny" >&2; fi

setup: ## packages, downloads and models only
	@scripts/setup

bench: ## time every stage and model
	@scripts/setup --release
	$(CARGO) run --release --locked -- bench $(ARGS)

test-camera: ## tests against webcams in a virtual machine
	@scripts/setup
	tests/camera/run

clean: ## remove what was built; what was downloaded stays
	$(CARGO) clean
	rm -f models/*.onnx
