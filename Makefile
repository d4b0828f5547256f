# Two commands matter on a fresh machine: make demo, make test. Both install what is missing first.

SWIFT ?= swift
# How long the demo runs, such as 30s or 5m; without it, until Ctrl-C.
DURATION ?=
# A real Kafka for the demo, such as host:9092; without it, the embedded broker.
BOOTSTRAP_SERVERS ?=

# Words of which a conformance case's name must have one; without any, all cases.
CASES ?=

sources := Package.swift Sources Tests
demo_options := $(if $(DURATION),--duration '$(DURATION)') \
	$(if $(BOOTSTRAP_SERVERS),--bootstrap-servers '$(BOOTSTRAP_SERVERS)')

.DEFAULT_GOAL := help
.PHONY: help demo test conformance build dependencies format lint bench clean

help:
	@echo 'make demo    build, and show a bank streaming into Kafka; Ctrl-C or DURATION=30s ends it'
	@echo '             BOOTSTRAP_SERVERS=host:9092 uses that Kafka instead of the embedded broker'
	@echo 'make test    build and run every test, those against a real PostgreSQL included'
	@echo 'make conformance  run the recorded cases of a real Debezium; CASES=outbox,keys chooses some'
	@echo 'make build   build .build/release/sluice'
	@echo 'make format  format the Swift sources'
	@echo 'make lint    check their format'
	@echo 'make bench   run benchmarks/run'
	@echo 'make clean   remove what was built'
	@echo 'demo, test, build and bench install missing system packages, naming each first.'

dependencies:
	@scripts/install-dependencies

build: dependencies
	$(SWIFT) build -c release --product sluice

demo: build
	@.build/release/sluice demo $(demo_options)

# One build for all test targets; the time is that of both.
test: dependencies
	@start=$$(date +%s); status=0; \
	{ $(SWIFT) build --build-tests && $(SWIFT) test --skip-build; } || status=$$?; \
	echo "make test: $$(($$(date +%s) - start)) s, exit $$status"; \
	exit $$status

# The recorded cases of a real Debezium against the relay; CASES=outbox,keys chooses those whose name has such a word.
conformance: dependencies
	$(SWIFT) build --build-tests
	SLUICE_CASES='$(CASES)' $(SWIFT) test --skip-build --filter ConformanceTests

format:
	$(SWIFT) format --in-place --recursive --parallel --configuration .swift-format $(sources)

lint:
	$(SWIFT) format lint --strict --recursive --parallel --configuration .swift-format $(sources)

bench: build
	@test -x benchmarks/run || { echo 'benchmarks/run does not exist' >&2; exit 1; }
	@benchmarks/run

clean:
	rm -rf .build
