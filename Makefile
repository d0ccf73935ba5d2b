# Each target does its own set-up; `make help` lists the targets.
.DEFAULT_GOAL := help
.PHONY: help run test setup bench test-camera test-window test-arm64 package reference pictures clean
CARGO ?= cargo

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## /  make \1 /p' $(MAKEFILE_LIST) | awk '{ n = $$2; $$1 = $$2 = ""; printf "  make %-12s%s\n", n, $$0 }'

run: ## set up, then open the window; pass arguments with ARGS="view --demo"
	@scripts/setup --release
	$(CARGO) run --release --locked -- $(ARGS)

# --tests: clippy has seen the examples, which would be linked for nothing.
test: ## set up, then check formatting and lints, run the tests, check licences
	@scripts/setup
	@if $(CARGO) fmt --version > /dev/null 2>&1; then echo "cargo fmt --check"; $(CARGO) fmt --check; \
	else echo "WARNING: formatting was not checked; install rustfmt with: rustup component add rustfmt" >&2; fi
	@if $(CARGO) clippy --version > /dev/null 2>&1; then \
	    echo "cargo clippy"; $(CARGO) clippy --locked --all-targets -- -D warnings; \
	else echo "WARNING: lints were not checked; install clippy with: rustup component add clippy" >&2; fi
	$(CARGO) test --locked --tests
	@if $(CARGO) deny --version > /dev/null 2>&1; then \
	    echo "cargo deny"; $(CARGO) deny --log-level error --locked check bans licenses sources; \
	else echo "WARNING: licences were not checked; install cargo-deny with: cargo install cargo-deny" >&2; fi

setup: ## install packages, download files and build the models only
	@scripts/setup

bench: ## set up, then time every stage and model
	@scripts/setup --release
	$(CARGO) run --release --locked -- bench $(ARGS)

test-camera: ## set up, then test against virtual webcams in a virtual machine
	@scripts/setup
	tests/camera/run

test-window: ## set up, then try the window under Wayland
	@scripts/setup
	@scripts/setup wayland
	$(CARGO) build --locked
	tests/wayland/run

test-arm64: ## set up, then try the arithmetic on 64-bit Arm, emulated
	@scripts/setup
	@scripts/setup arm64
	$(CARGO) build --locked
	tests/arm64/run

package: ## set up, then make the packages in dist/
	@scripts/setup --release
	@scripts/setup packaging
	$(CARGO) build --release --locked
	packaging/build

# Written beside it first: the program must have run to its end.
reference: ## write docs/cli.md from the program's help
	@scripts/setup
	$(CARGO) run --locked --quiet -- reference > docs/.cli.md
	mv docs/.cli.md docs/cli.md

pictures: ## set up, then make the pictures of README and docs/ again
	@scripts/setup --release
	@scripts/setup pictures
	$(CARGO) build --release --locked
	scripts/pictures

clean: ## remove everything built; downloads stay
	$(CARGO) clean
	rm -rf models/*.onnx dist
