/* The protocol between the database's log, a relay, Kafka and the state record, with two relays of one connector and
   faults at every step. README.md says what it covers. Checked by ./check, which also checks that each wrong rule
   (RULE=1...) is found out.

   A position is a number of transactions: 2 means the first two. Each transaction has one record for each partition,
   so that acknowledgements of one transaction come apart and those of several overtake each other between partitions,
   never within one: the producer is idempotent. */

#ifndef TRANSACTIONS
#define TRANSACTIONS 3
#endif
#define PARTITIONS 2
#define RELAYS 2
#ifndef FAULTS
#define FAULTS 2
#endif
#ifndef RULE
#define RULE 0
#endif
#define NOBODY 255

/* At least once fences nobody: a relay that has lost its slot while records are on their way may still deliver them
   after another has taken over. ZOMBIES=1 shows what that does to the order; without it, another takes over only from
   one that was killed or has nothing on its way. */
#ifndef ZOMBIES
#define ZOMBIES 0
#endif
#ifdef ALONE
#define isAlone true
#else
#define isAlone false
#endif
#define isQuiet (received == sent[1] && sent[0] == sent[1] && appended[0] == sent[0] && appended[1] == sent[1])

#ifdef EXACTLY_ONCE
#define isExactlyOnce true
#else
#define isExactlyOnce false
#endif

/* PostgreSQL */
byte confirmed;          /* what the slot may forget */
byte holder = NOBODY;    /* who streams */

/* The state record; in exactly-once mode it is part of the Kafka transaction. */
byte stored;
byte owner = NOBODY;     /* the relay that began last, and how many have: `relay` of the record */
byte term;

/* Kafka, as one sees it who reads committed records. */
byte copies[TRANSACTIONS * PARTITIONS];
byte last[PARTITIONS];   /* the newest record's transaction, counted from 1 */
byte highest[PARTITIONS];
byte epoch;              /* of the transactional producer */

byte faults;
byte incarnations;
bool gap;                /* a relay was refused since the slot is ahead of the state */

/* Every record that Kafka holds; older ones again only as a whole run that ends where it had been or later. */
inline append(partition, transaction) {
  copies[(transaction) * PARTITIONS + partition]++;
  last[partition] = transaction + 1;
  if
  :: last[partition] > highest[partition] -> highest[partition] = last[partition]
  :: else
  fi
}

/* What was confirmed to the server is in Kafka, whole. */
inline checkNothingLost() {
  for (i : 0 .. TRANSACTIONS * PARTITIONS - 1) {
    assert(i / PARTITIONS >= confirmed || copies[i] > 0);
    /* Nor does a restart pass over what the state record calls sent. */
    assert(i / PARTITIONS >= stored || copies[i] > 0);
    assert(!isExactlyOnce || copies[i] <= 1)
  }
  i = 0
}

proctype Relay(byte me) {
  byte start, received, acknowledged, mine, found, i, p;
  byte sent[PARTITIONS];      /* handed over to the producer */
  byte appended[PARTITIONS];  /* in Kafka's log, or in its open transaction */
  byte acked[PARTITIONS];     /* reported back */

end_standby:
  atomic {
    holder == NOBODY -> holder = me;
    if
    :: RULE == 8 -> start = stored          /* wrong: the position is read before older relays are fenced */
    :: else
    fi
  }
  atomic {
    if
    :: isExactlyOnce && RULE != 7 ->        /* wrong: nobody is fenced */
      epoch++; mine = epoch
    :: isExactlyOnce && RULE == 7 -> mine = epoch
    :: else
    fi
  }
  atomic {
    if
    :: RULE != 8 -> start = stored
    :: else
    fi;
    found = term;
    /* A slot that is ahead of the state record has forgotten changes. */
    if
    :: confirmed > start -> gap = true
    :: else
    fi;
    assert(!gap);
    if
    :: RULE == 6 -> start = confirmed       /* wrong in exactly-once mode: the slot may be behind the state */
    :: else
    fi;
    received = start; acknowledged = start;
    for (p : 0 .. PARTITIONS - 1) { sent[p] = start; appended[p] = start; acked[p] = start }
    p = 0
  }
  /* It may lose the slot here without knowing. */
  atomic {
    if
    :: !isExactlyOnce && faults < FAULTS && holder == me -> faults++; holder = NOBODY
    :: true
    fi
  }
  /* It writes the record it has read once more, as its own. Until then the relay before may store; from then on only this
     one. Where another has begun or stored since, it begins anew; in a topic, which takes its record all the same, the
     position before it stays in force. (RULE 12: whatever the record says.) */
  atomic {
    if
    :: isExactlyOnce
    :: !isExactlyOnce && (found == term && start == stored || RULE == 12) -> term++; owner = me; stored = start
    :: !isExactlyOnce && (found != term || start != stored) && RULE != 12 ->
      if
      :: found == term -> term++; owner = me
      :: true
      fi;
      if
      :: holder == me -> holder = NOBODY
      :: else
      fi;
      goto anew
    fi
  }

  do
  /* The next transaction comes and its records are handed over, one by one; all of one before any of the next. */
  :: atomic {
    holder == me && sent[PARTITIONS - 1] == received && received < TRANSACTIONS ->
    received++
  }
  :: atomic {
    sent[0] < received -> sent[0]++
  }
  :: atomic {
    sent[1] < sent[0] -> sent[1]++
  }

  /* Kafka takes a record; in exactly-once mode it is not visible yet. */
  :: atomic {
    !isExactlyOnce && appended[0] < sent[0] -> append(0, appended[0]); appended[0]++
  }
  :: atomic {
    !isExactlyOnce && appended[1] < sent[1] -> append(1, appended[1]); appended[1]++
  }
  /* And says so. */
  :: atomic {
    !isExactlyOnce && acked[0] < appended[0] -> acked[0]++
  }
  :: atomic {
    !isExactlyOnce && acked[1] < appended[1] -> acked[1]++
  }

  /* The ledger: a transaction is acknowledged when all its records and all earlier ones are. */
  :: atomic {
    !isExactlyOnce && RULE != 1 && RULE != 2 && acked[0] > acknowledged && acked[1] > acknowledged -> acknowledged++
  }
  :: atomic {                               /* wrong: one record stands for its transaction */
    RULE == 1 && (acked[0] > acknowledged || acked[1] > acknowledged) -> acknowledged++
  }
  :: atomic {                               /* wrong: handed over is taken for acknowledged */
    RULE == 2 && sent[1] > acknowledged -> acknowledged++
  }

  /* Acknowledged, then stored, then told to the server; by the relay that began last. (RULE 10: by whoever.) */
  :: atomic {
    !isExactlyOnce && RULE != 3 && (owner == me || RULE == 10) && stored < acknowledged -> stored = acknowledged; checkNothingLost()
  }
  :: atomic {                               /* wrong: the state record runs ahead */
    RULE == 3 && stored < sent[1] -> stored = sent[1]; checkNothingLost()
  }
  :: atomic {
    holder == me && RULE != 4 && RULE != 5 && confirmed < stored && stored <= acknowledged ->
    confirmed = stored; checkNothingLost()
  }
  :: atomic {                               /* wrong: the server is told first */
    RULE == 4 && holder == me && confirmed < acknowledged -> confirmed = acknowledged; checkNothingLost()
  }
  :: atomic {                               /* wrong: received is taken for safe */
    RULE == 5 && holder == me && confirmed < received -> confirmed = received; checkNothingLost()
  }

  /* A Kafka transaction: all whole transactions handed over since the last, and the position behind them. */
  :: atomic {
    isExactlyOnce && sent[1] == sent[0] && sent[1] > acknowledged ->
    if
    :: mine != epoch -> goto fenced
    :: else ->
      i = acknowledged;
      do
      :: i < sent[1] -> append(0, i); append(1, i); i++
      :: else -> break
      od;
      i = 0;
      if
      :: RULE != 9 -> stored = sent[1]
      :: else                               /* wrong: the position is written in a transaction of its own */
      fi;
      acknowledged = sent[1];
      checkNothingLost()
    fi
  }
  :: atomic {
    RULE == 9 && isExactlyOnce && stored < acknowledged && mine == epoch -> stored = acknowledged
  }

  /* The server drops the connection. The relay lives on with what it has handed over, and takes its turn again. */
  :: atomic {
    faults < FAULTS && holder == me && (isExactlyOnce || isAlone || ZOMBIES || isQuiet) -> faults++; holder = NOBODY
  }
  /* It goes on behind what it has handed over whole, unless another has begun meanwhile: then it begins anew.
     (RULE 11: as if none had.) What it has of an open transaction comes again. */
  :: atomic {
    holder == NOBODY ->
    if
    :: owner == me || isExactlyOnce || RULE == 11 ->
      if
      :: RULE == 11 -> owner = me
      :: else
      fi;
      holder = me; received = sent[1]; sent[0] = sent[1]
    :: else -> goto anew
    fi
  }
  /* What it wants to store is refused, since another has begun: it gives up what is on its way, and begins anew. */
  :: atomic {
    !isExactlyOnce && owner != me && RULE != 10 && stored < acknowledged -> goto dead
  }
  /* Killed. What was on its way may still arrive or not. */
  :: atomic {
    faults < FAULTS -> faults++; goto dead
  }
  /* All is delivered and confirmed. */
  :: atomic {
    confirmed == TRANSACTIONS -> break
  }
  od;
  goto done;

dead:
  atomic {
    if
    :: holder == me -> holder = NOBODY
    :: else
    fi;
    p = 0;
    do
    :: p < PARTITIONS && !isExactlyOnce && appended[p] < sent[p] -> append(p, appended[p]); appended[p]++
    :: p < PARTITIONS -> p++
    :: p == PARTITIONS -> break
    od;
    goto anew
  }
fenced:
  /* Another relay has taken over: this one may never publish again. It stands by. */
  atomic {
    if
    :: holder == me -> holder = NOBODY
    :: else
    fi
  }
anew:
  atomic {
    i = 0; start = 0; received = 0; acknowledged = 0; mine = 0; found = 0;
    for (p : 0 .. PARTITIONS - 1) { sent[p] = 0; appended[p] = 0; acked[p] = 0 }
    p = 0;
    goto end_standby
  }
done:
  atomic {
    for (p : 0 .. PARTITIONS - 1) {
      /* The newest record of a partition is the newest of the log: no older state came to lie on top of it. */
      assert(last[p] == highest[p] && highest[p] == TRANSACTIONS)
    }
  }
}

init {
  atomic {
    run Relay(0);
#ifndef ALONE
    run Relay(1)
#endif
  }
}
