"""What stands between a relay and its servers: forwards, and on demand cuts, delays, throttles, stalls, half-closes."""
import asyncio
import socket
import struct
import threading
import time

from wire import API_VERSIONS, END_TRANSACTION, FIND_COORDINATOR, METADATA, PRODUCE, Reader, Writer, frame

# The newest versions that the functions below can read; brokers behind the proxy seem to know no newer ones.
READABLE = {PRODUCE: 8, METADATA: 8, FIND_COORDINATOR: 2, END_TRANSACTION: 2}


class Gate:
    """The way of one relay to one kind of server. Faults are set from any thread."""

    def __init__(self, proxies, name):
        self.proxies, self.name = proxies, name
        self.delay, self.rate = 0.0, 0.0
        self.refuses = False
        self.flows = asyncio.Event()
        self.flows.set()
        self.pairs = set()

    def cut(self):
        self.proxies.call(lambda: [end.transport.abort() for pair in list(self.pairs) for end in pair])

    def refuse(self, refuses):
        self.refuses = refuses
        if refuses:
            self.cut()

    def slow(self, delay=0.0, rate=0.0):
        """Seconds until bytes arrive, and bytes a second in each direction; 0 is none and no bound."""
        self.delay, self.rate = delay, rate

    def stall(self, stalls):
        """Connections stay, nothing passes."""
        self.proxies.call(self.flows.clear if stalls else self.flows.set)

    def half_open(self, side):
        """`relay` or `server` sees its connections end; for the other they stay, and nobody is there any more."""
        def act():
            for pair in list(self.pairs):
                self.pairs.discard(pair)
                ended, kept = pair if side == 'relay' else pair[::-1]
                kept.is_forsaken = True
                ended.transport.abort()
        self.proxies.call(act)

    def heal(self):
        self.slow()
        self.refuse(False)
        self.stall(False)


class End:
    """One connection's half."""

    def __init__(self, reader, writer):
        self.reader, self.writer, self.transport, self.is_forsaken = reader, writer, writer.transport, False
        connection = self.transport.get_extra_info('socket')
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # An abort is then a reset, as of a host that has forgotten.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))


class Proxies:
    """All gates, on a thread of their own."""

    def __init__(self, on_acknowledged):
        """`on_acknowledged(topic or transactional id, seconds)` is called when a broker's answer passes."""
        self.on_acknowledged = on_acknowledged
        self.loop, self.forsaken = asyncio.new_event_loop(), []
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def call(self, function):
        self.loop.call_soon_threadsafe(function)

    def wait(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def postgres(self, name, server):
        """A gate and the port to reach it."""
        gate = Gate(self, name)
        return gate, self.wait(self.listen(gate, server, self.forward_bytes))

    def kafka(self, name, servers):
        """A gate, and `bootstrap.servers` through it. Brokers are told to the relay by ports of ours, in any answer."""
        gate = Gate(self, name)
        gate.ports = {}
        ports = [self.wait(self.broker_port(gate, server)) for server in servers]
        return gate, ','.join('127.0.0.1:%d' % port for port in ports)

    async def broker_port(self, gate, server):
        if server not in gate.ports:
            gate.ports[server] = None
            gate.ports[server] = await self.listen(gate, server, self.forward_kafka)
        while gate.ports[server] is None:
            await asyncio.sleep(0.01)
        return gate.ports[server]

    async def listen(self, gate, server, forward):
        async def accept(reader, writer):
            relay = End(reader, writer)
            if gate.refuses:
                return relay.transport.abort()
            try:
                far = End(*await asyncio.open_connection(*server, limit=1 << 20))
            except OSError:
                return relay.transport.abort()
            pair = (relay, far)
            gate.pairs.add(pair)
            pumps = [asyncio.ensure_future(pump) for pump in forward(gate, relay, far)]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in pumps:
                pump.cancel()
            gate.pairs.discard(pair)
            for end in pair:
                if end.is_forsaken:
                    self.forsaken.append(end)
                else:
                    end.transport.abort()
        listening = await asyncio.start_server(accept, '127.0.0.1', 0, limit=1 << 20)
        return listening.sockets[0].getsockname()[1]

    # Forwarding

    async def send(self, gate, end, data, arrived):
        if gate.delay:
            await asyncio.sleep(max(arrived + gate.delay - time.monotonic(), 0))
        if gate.rate:
            await asyncio.sleep(len(data) / gate.rate)
        await gate.flows.wait()
        end.writer.write(data)
        await end.writer.drain()

    async def pump(self, gate, source, target, read):
        """Reads ahead a little, so that a delay is one of latency, not of rate."""
        queue = asyncio.Queue(64)

        async def fill():
            try:
                while data := await read(source):
                    await queue.put((time.monotonic(), data))
            except (OSError, asyncio.IncompleteReadError):
                pass
            await queue.put((0, b''))
        filling = asyncio.ensure_future(fill())
        try:
            while True:
                arrived, data = await queue.get()
                if not data:
                    return
                await self.send(gate, target, data, arrived)
        except OSError:
            pass
        finally:
            filling.cancel()

    def forward_bytes(self, gate, relay, server):
        async def read(end):
            return await end.reader.read(65536)
        return [self.pump(gate, relay, server, read), self.pump(gate, server, relay, read)]

    def forward_kafka(self, gate, relay, server):
        asked = {}

        async def whole(end):
            return await end.reader.readexactly(int.from_bytes(await end.reader.readexactly(4), 'big'))

        async def requests(end):
            data = await whole(end)
            reader = Reader(data)
            api, version, correlation = reader.int16(), reader.int16(), reader.int32()
            asked[correlation] = (api, version, self.subject(api, version, reader))
            return frame(data)

        async def answers(end):
            data = await whole(end)
            api, version, subject = asked.pop(int.from_bytes(data[:4], 'big'), (-1, 0, None))
            if api == API_VERSIONS:
                data = self.limit_versions(data, version)
            elif api in (METADATA, FIND_COORDINATOR):
                data = await self.rename_brokers(gate, api, version, data)
            elif subject is not None and self.succeeded(api, version, data):
                self.on_acknowledged(subject, time.monotonic())
            return frame(data)
        return [self.pump(gate, relay, server, requests), self.pump(gate, server, relay, answers)]

    @staticmethod
    def subject(api, version, reader):
        """Whose records an answer will acknowledge: a topic's, or those of a transactional id's transaction."""
        if api == PRODUCE:
            reader.string()
            if reader.string() is not None:
                return None  # Transactional: they count when their transaction ends.
            reader.int16(), reader.int32()
            return reader.string() if reader.int32() > 0 else None
        if api == END_TRANSACTION:
            reader.string()
            name, _, _, commits = reader.string(), reader.int64(), reader.int16(), reader.int8()
            return name if commits else None
        return None

    @staticmethod
    def succeeded(api, version, data):
        reader = Reader(data, 4)
        if api == END_TRANSACTION:
            reader.int32()
            return reader.int16() == 0
        reader.int32(), reader.string(), reader.int32(), reader.int32()
        return reader.int16() == 0

    @staticmethod
    def limit_versions(data, version):
        data, tagged = bytearray(data), version >= 3
        reader = Reader(data, 4)
        if reader.int16() != 0:
            return bytes(data)
        for _ in range(reader.varint() - 1 if tagged else reader.int32()):
            place = reader.at
            api, low, high = reader.int16(), reader.int16(), reader.int16()
            if high > READABLE.get(api, high):
                struct.pack_into('>h', data, place + 4, READABLE[api])
            if tagged:
                reader.tags()
        return bytes(data)

    async def rename_brokers(self, gate, api, version, data):
        reader, out = Reader(data), Writer()

        async def broker(has_rack):
            out.int32(reader.int32())
            host, port = reader.string(), reader.int32()
            if host:
                host, port = '127.0.0.1', await self.broker_port(gate, (host, port))
            out.string(host).int32(port)
            if has_rack:
                out.string(reader.string())
        out.int32(reader.int32())
        if api == METADATA:
            if version >= 3:
                out.int32(reader.int32())
            count = reader.int32()
            out.int32(count)
            for _ in range(count):
                await broker(version >= 1)
        else:
            if version >= 1:
                out.int32(reader.int32())
            out.int16(reader.int16())
            if version >= 1:
                out.string(reader.string())
            await broker(False)
        return out.data() + data[reader.at:]
