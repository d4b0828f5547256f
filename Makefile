# Two commands matter on a fresh machine: make demo, make test. Both install what is missing first.

SWIFT ?= swift
# How long the demo runs, such as 30s or 5m; without it, until Ctrl-C.
DURATION ?=
# A real Kafka for the demo, such as host:9092; without it, the embedded broker.
BOOTSTRAP_SERVERS ?=

# Words of which a conformance case's name must have one; without any, all cases.
CASES ?=
# Where the recorded cases are; without it, Tests/IntegrationTests/Cases.
CASES_FOLDER ?=

# The folder of a real Debezium to compare with: its run, case, compare and cluster.
ORACLE ?= ../shared/oracle
# Port of the throw-away PostgreSQL of a comparison.
ORACLE_PORT ?= 54391
# Of make oracle: a folder with setup.sql, changes.sql and connector.json, or several.
CASE ?=
# Of make chaos: a script that kills and starts the brokers of BOOTSTRAP_SERVERS; 1 or 0 for the mode, else by the seed;
# outage, large, large-off or full for a scripted run.
BROKER_KILL ?=
EXACTLY_ONCE ?=
SCENARIO ?=
# Further options of scripts/chaos.
CHAOS ?=

# Of make oracle-random, make simulate, make chaos and make fuzz: how long, from which seed, or only the cases of these seeds.
SECONDS ?= 60
SEED ?= $(shell date +%s)
CASE_SEED ?=

# Of make fuzz: one decoder, by the name of its folder in Tests/FuzzCorpus; without it, all.
TARGET ?=

# Of make endurance: how many reconnects and events, tables, and rows of one transaction.
RECONNECTS ?= 1000
EVENTS ?= 10000000
TABLES ?= 5000
ROWS ?= 10000000

# Of make bench, bench-latency and endurance: further options of benchmarks/run, latency and endurance.
BENCH ?=

sources := Package.swift Sources Tests
demo_options := $(if $(DURATION),--duration '$(DURATION)') \
	$(if $(BOOTSTRAP_SERVERS),--bootstrap-servers '$(BOOTSTRAP_SERVERS)')

.DEFAULT_GOAL := help
.PHONY: help demo test conformance oracle oracle-random simulate chaos failover fuzz fuzz-keep sanitize model \
	build dependencies format lint endurance bench bench-latency bench-document bench-micro allocations clean

help:
	@echo 'make demo    build, and show a bank streaming into Kafka; Ctrl-C or DURATION=30s ends it'
	@echo '             BOOTSTRAP_SERVERS=host:9092 uses that Kafka instead of the embedded broker'
	@echo 'make test    build and run every test, those against a real PostgreSQL included'
	@echo 'make conformance  run the recorded cases of a real Debezium; CASES=outbox,keys chooses some'
	@echo '             CASES_FOLDER=DIR takes them from elsewhere'
	@echo 'make oracle CASE=DIR  run setup.sql, changes.sql and connector.json of DIR through a real Debezium and the relay'
	@echo 'make oracle-random    the same with random cases; SECONDS=600 SEED=7, or CASE_SEED=7-123 for one of them'
	@echo '             ORACLE=DIR says where the oracle is; see docs/conformance.md'
	@echo 'make simulate  run the whole relay loop against scripted ends and faults; SECONDS=600 SEED=7'
	@echo 'make chaos   kill, freeze and cut off relays, PostgreSQL and broker under load, then prove delivery; SECONDS=600 SEED=7'
	@echo '             EXACTLY_ONCE=1, BOOTSTRAP_SERVERS=host:9092, BROKER_KILL=script; see docs/delivery.md'
	@echo 'make failover  promote standbys of a primary, and see what the relay makes of it'
	@echo 'make fuzz    libFuzzer over every decoder of outside bytes; SECONDS=3600, TARGET=json-payload for one of them'
	@echo 'make fuzz-keep  take what fuzzing found over into Tests/FuzzCorpus, as far as it reaches more code'
	@echo 'make sanitize  unit and simulation tests under the thread and the address sanitizer; SANITIZERS=thread for one'
	@echo 'make model   check the model of delivery in docs/model in full; needs spin'
	@echo 'make endurance  memory over reconnects, events, tables and large transactions; RECONNECTS=100 EVENTS=1000000'
	@echo 'make build   build .build/release/sluice'
	@echo 'make format  format the Swift sources'
	@echo 'make lint    check their format'
	@echo 'make bench   drain a backlog in turns with pg_recvlogical and Debezium; BENCH="--rows 200000 --rounds 3"'
	@echo 'make bench-latency  commit to acknowledged at several rates; BENCH="--rates 1000 --seconds 30"'
	@echo 'make bench-document  every table and drawing of docs/performance.md anew'
	@echo 'make bench-micro  nanoseconds a row of decode, encode, route, ledger and produce'
	@echo 'make allocations  check that a row allocates nothing on its way from frame to record'
	@echo 'make clean   remove what was built'
	@echo 'demo, test, build, bench, endurance and chaos install missing system packages, naming each first.'

dependencies:
	@scripts/install-dependencies

# Optimised, in a folder of its own: a debug build has a tenth of the speed.
simulate: dependencies
	$(SWIFT) build -c release --build-tests -Xswiftc -enable-testing --scratch-path .build/simulation
	@SLUICE_SIMULATION_SECONDS='$(SECONDS)' SLUICE_SIMULATION_FROM='$(SEED)' $(SWIFT) test -c release --skip-build \
	  --scratch-path .build/simulation --filter 'RelaySimulationTests/(nothingIsLost|everyChangeIs|eachConnector|everyKeyHas)'

chaos: build
	@python3 scripts/chaos --seconds '$(SECONDS)' --seed '$(SEED)' $(if $(EXACTLY_ONCE),--exactly-once '$(EXACTLY_ONCE)') \
	  $(if $(BOOTSTRAP_SERVERS),--bootstrap-servers '$(BOOTSTRAP_SERVERS)') $(if $(BROKER_KILL),--broker-kill '$(BROKER_KILL)') \
	  $(if $(SCENARIO),--scenario '$(SCENARIO)') $(CHAOS)

# A standby of a primary is promoted: gap report, failover slot, two branches. PG_BIN chooses the PostgreSQL.
failover: dependencies
	$(SWIFT) build --product sluice
	@python3 scripts/chaos/failover.py

fuzzer := .build/fuzz/release/sluice-fuzz
build_fuzzer = SLUICE_FUZZ=1 $(SWIFT) build -c release --product sluice-fuzz --sanitize fuzzer --scratch-path .build/fuzz

fuzz: dependencies
	$(build_fuzzer)
	@scripts/fuzz '$(fuzzer)' '$(SECONDS)' '$(TARGET)'

fuzz-keep: dependencies
	$(build_fuzzer)
	@scripts/fuzz-keep '$(fuzzer)'

sanitize: dependencies
	@scripts/sanitize $(SANITIZERS)

model:
	@docs/model/check

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
	@SLUICE_CASES='$(CASES)' $(if $(CASES_FOLDER),SLUICE_CASES_FOLDER='$(abspath $(CASES_FOLDER))') \
	$(SWIFT) test --skip-build --filter ConformanceTests

differential := python3 scripts/differential --oracle '$(ORACLE)' --port '$(ORACLE_PORT)' --sluice .build/debug/sluice

# A case by hand, live through a real Debezium and the relay.
oracle: dependencies
	@test -n '$(CASE)' || { echo 'make oracle CASE=DIR: DIR holds setup.sql, changes.sql and connector.json' >&2; exit 64; }
	$(SWIFT) build --product sluice
	@$(differential) case $(CASE)

# Random ones; what differs is kept in .build/differential.
oracle-random: dependencies
	$(SWIFT) build --product sluice
	@$(differential) random --seconds '$(SECONDS)' --seed '$(SEED)' $(foreach seed,$(CASE_SEED),--case-seed '$(seed)')

format:
	$(SWIFT) format --in-place --recursive --parallel --configuration .swift-format $(sources)

lint:
	$(SWIFT) format lint --strict --recursive --parallel --configuration .swift-format $(sources)

bench: build
	@benchmarks/run --oracle '$(ORACLE)' $(BENCH)

bench-latency: build
	@benchmarks/latency --oracle '$(ORACLE)' $(BENCH)

endurance: build
	@benchmarks/endurance --oracle '$(ORACLE)' --reconnects '$(RECONNECTS)' --events '$(EVENTS)' --tables '$(TABLES)' --rows '$(ROWS)' $(BENCH)

# On a machine without other work: about an hour; a Kafka only with BOOTSTRAP_SERVERS.
kept := --oracle '$(ORACLE)' --document docs/performance.md --result docs/performance.json
bench-document: build
	benchmarks/run $(kept)
	benchmarks/run $(kept) --scenario outbox
	benchmarks/run $(kept) --scenario mixed
	benchmarks/run $(kept) --scenario exactly-once
	benchmarks/latency $(kept) --plot docs/latency.svg
	benchmarks/snapshot $(kept)
	benchmarks/start $(kept)
	benchmarks/takeover $(kept) $(if $(BOOTSTRAP_SERVERS),--bootstrap-servers '$(BOOTSTRAP_SERVERS)')
	benchmarks/generator $(kept)
	$(if $(BOOTSTRAP_SERVERS),benchmarks/run $(kept) --scenario kafka --bootstrap-servers '$(BOOTSTRAP_SERVERS)')
	benchmarks/endurance $(kept)

bench-micro: dependencies
	$(SWIFT) build -c release --package-path benchmarks
	@benchmarks/.build/release/rowpath

allocations: dependencies
	@benchmarks/allocations

clean:
	rm -rf .build
