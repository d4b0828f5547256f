"""Kafka's basic types on the wire, those of the versions before tagged fields unless said otherwise."""
import struct

PRODUCE, FETCH, LIST_OFFSETS, METADATA, FIND_COORDINATOR, API_VERSIONS = 0, 1, 2, 3, 10, 18
CREATE_TOPICS, INIT_PRODUCER_ID, ADD_PARTITIONS, END_TRANSACTION = 19, 22, 24, 26


class Reader:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def take(self, format):
        value, = struct.unpack_from('>' + format, self.data, self.at)
        self.at += struct.calcsize('>' + format)
        return value

    def int8(self): return self.take('b')
    def int16(self): return self.take('h')
    def int32(self): return self.take('i')
    def int64(self): return self.take('q')

    def raw(self, count):
        value = self.data[self.at:self.at + count]
        self.at += count
        return value

    def string(self):
        count = self.int16()
        return None if count < 0 else bytes(self.raw(count)).decode()

    def bytes(self):
        count = self.int32()
        return None if count < 0 else self.raw(count)

    def array(self, element):
        return [element() for _ in range(max(self.int32(), 0))]

    def varint(self):
        """Unsigned."""
        value = shift = 0
        while True:
            byte = self.raw(1)[0]
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7

    def compact_string(self):
        count = self.varint() - 1
        return None if count < 0 else bytes(self.raw(count)).decode()

    def tags(self):
        for _ in range(self.varint()):
            self.varint()
            self.raw(self.varint())


class Writer:
    def __init__(self):
        self.parts = []

    def put(self, format, value):
        self.parts.append(struct.pack('>' + format, value))
        return self

    def int8(self, value): return self.put('b', value)
    def int16(self, value): return self.put('h', value)
    def int32(self, value): return self.put('i', value)
    def int64(self, value): return self.put('q', value)

    def raw(self, data):
        self.parts.append(bytes(data))
        return self

    def string(self, text):
        if text is None:
            return self.int16(-1)
        data = text.encode()
        return self.int16(len(data)).raw(data)

    def bytes(self, data):
        return self.int32(len(data)).raw(data)

    def array(self, items, element):
        self.int32(len(items))
        for item in items:
            element(item)
        return self

    def data(self):
        return b''.join(self.parts)


def frame(data):
    return struct.pack('>i', len(data)) + data
