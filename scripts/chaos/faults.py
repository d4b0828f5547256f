"""The faults. Each does its harm, holds it, takes it back, and says what it was; the seed draws which and how long."""
import signal
import time


def relay_killed(run, random):
    relay = random.choice(run.relays)
    relay.kill()
    return 'kill -9 of relay %s' % relay.name


def active_killed(run, random):
    relay = run.active()
    away = random.choice([0.5, 3])
    relay.kill(away)
    return 'kill -9 of the active relay %s' % relay.name


def both_killed(run, random):
    for relay in run.relays:
        relay.kill()
    return 'kill -9 of both relays'


def relay_stopped(run, random):
    relay = run.active()
    relay.signal(signal.SIGTERM)
    return 'SIGTERM of relay %s' % relay.name


def relay_frozen(run, random):
    relay, seconds = run.active(), random.uniform(0.5, 4)
    return frozen(run, relay, seconds)


def relay_frozen_long(run, random):
    """Beyond wal_sender_timeout (6 s), and half of the time beyond transaction.timeout.ms (10 s)."""
    return frozen(run, run.active(), random.choice([8, 12]))


def frozen(run, relay, seconds):
    relay.signal(signal.SIGSTOP)
    run.hold(seconds)
    relay.signal(signal.SIGCONT)
    return 'relay %s frozen for %.1f s (SIGSTOP)' % (relay.name, seconds)


def killed_in_large(run, random):
    """The spill file is gone with the relay, the transaction is not."""
    run.writer.ask('large')
    run.hold(random.uniform(0.05, 1.5))
    relay = run.active()
    relay.kill()
    return 'kill -9 of relay %s inside a large transaction' % relay.name


def postgres_stopped(run, random):
    away = random.choice([0, random.uniform(0.2, 4)])
    run.postgres.stop(signal.SIGQUIT)
    run.hold(away)
    run.postgres.start()
    return 'PostgreSQL immediate stop, away for %.1f s' % away


def walsenders_ended(run, random):
    which = random.choice(['', "AND slot_name = '%s'" % random.choice(run.slots)])
    run.ask("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active " + which)
    return 'pg_terminate_backend of %s' % ('a walsender' if which else 'all walsenders')


def broker_down(run, random):
    seconds = random.choice([random.uniform(0.2, 2), random.uniform(4, 9)])
    run.broker.kill()
    run.hold(seconds)
    run.broker.start()
    return 'broker killed, away for %.1f s' % seconds


def gate(run, random):
    return random.choice([g for relay in run.relays for g in relay.gates] + [g for g in run.active().gates])


def connections_cut(run, random):
    one = gate(run, random)
    one.cut()
    return 'connections cut: %s' % one.name


def refused(run, random):
    one, seconds = gate(run, random), random.uniform(0.5, 8)
    one.refuse(True)
    run.hold(seconds)
    one.refuse(False)
    return 'connections cut and refused for %.1f s: %s' % (seconds, one.name)


def delayed(run, random):
    one, delay, seconds = gate(run, random), random.choice([0.02, 0.1, 0.4]), random.uniform(2, 6)
    one.slow(delay=delay)
    run.hold(seconds)
    one.slow()
    return '%.0f ms later each way for %.1f s: %s' % (delay * 1000, seconds, one.name)


def throttled(run, random):
    one, rate, seconds = gate(run, random), random.choice([20_000, 200_000]), random.uniform(2, 6)
    one.slow(rate=rate)
    run.hold(seconds)
    one.slow()
    return '%d kB/s for %.1f s: %s' % (rate / 1000, seconds, one.name)


def stalled(run, random):
    one, seconds = gate(run, random), random.choice([random.uniform(0.5, 4), random.uniform(8, 13)])
    one.stall(True)
    run.hold(seconds)
    one.stall(False)
    return 'nothing passes for %.1f s: %s' % (seconds, one.name)


def half_open(run, random):
    one, side = gate(run, random), random.choice(['relay', 'server'])
    one.half_open(side)
    run.hold(random.uniform(0, 2))
    return 'half-open, only the %s sees its end: %s' % (side, one.name)


def spill_disk_full(run, random):
    run.spill.fill(run.relays)
    for _ in range(2):
        run.writer.ask('large')
    run.hold(random.uniform(2, 6))
    run.spill.empty(run.relays)
    return 'disk of the spill full'


def state_disk_full(run, random):
    run.shared.fill(run.relays)
    run.hold(random.uniform(2, 6))
    run.shared.empty(run.relays)
    return 'disk of the state file full'


def large_transactions(run, random):
    for _ in range(random.randint(1, 3)):
        run.writer.ask('large')
    return 'large transactions'


def shapes_changed(run, random):
    for _ in range(5):
        run.writer.ask('shape')
    run.writer.ask('rewrite')
    return 'tables altered, a rewrite rolled back'


WEIGHTS = {
    relay_killed: 2, active_killed: 4, both_killed: 2, relay_stopped: 2, relay_frozen: 2, relay_frozen_long: 2, killed_in_large: 3,
    postgres_stopped: 3, walsenders_ended: 2, broker_down: 4, connections_cut: 3, refused: 3, delayed: 2, throttled: 2, stalled: 4, half_open: 3,
    spill_disk_full: 2, state_disk_full: 1, large_transactions: 1, shapes_changed: 2}


def drawn(run, random):
    """The faults that come together: most often one."""
    weights = {fault: weight for fault, weight in WEIGHTS.items()
               if (fault is not broker_down or run.can_kill_broker) and (fault is not state_disk_full or run.settings.state == 'file')}
    return random.choices(list(weights), list(weights.values()), k=random.choices([1, 2, 3], [6, 3, 1])[0])


# Scripted runs, for evidence: each yields faults, one after the other.

def outage(run, random):
    """Kafka away for as long as the run lasts, under load; nothing else."""
    def away(run, random):
        seconds = max(run.seconds - 20, 10)
        before = max(relay.resident_kib for relay in run.relays)
        run.broker.kill()
        run.hold(seconds)
        silent = run.ask('SELECT count(*) FROM pg_stat_replication WHERE application_name = $$sluice$$')
        behind = run.ask('SELECT pg_size_pretty(max(pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn))) FROM pg_replication_slots')
        run.remark('after %.0f s without Kafka: relays %d to %d MiB resident, %s walsenders connected, %s of log behind' % (
            seconds, before / 1024, max(relay.resident_kib for relay in run.relays) / 1024, silent, behind))
        run.broker.start()
        return 'broker killed, away for %.0f s' % seconds
    yield [away]


def large(run, random):
    """kill -9 again and again inside transactions of --large-rows rows: while they are open, and while they are published."""
    def killed(run, random):
        before = run.writer.finished_huge
        run.writer.ask('huge')
        kills, until = 0, time.monotonic() + 300
        # Open, it is spilled or not yet sent; committed, it is published: both are hit.
        while time.monotonic() < until and (run.writer.finished_huge == before or kills < 4):
            run.hold(random.uniform(2, 10))
            run.active().kill()
            kills += 1
        for _ in range(2):
            run.hold(random.uniform(0.2, 3))
            run.active().kill()
        return 'a transaction of %s rows, %d kills inside it' % (format(run.options.large_rows, ','), kills + 2)
    for _ in range(2):
        yield [killed]


def full(run, random):
    """A full disk under the spill, and room again."""
    for _ in range(3):
        yield [spill_disk_full]


SCENARIOS = {'outage': outage, 'large': large, 'large-off': large, 'full': full}
