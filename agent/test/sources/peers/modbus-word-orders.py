"""Prints, as JSON, the registers by which pymodbus encodes one value of every type in every order of words and bytes."""
import json

from pymodbus.constants import Endian
from pymodbus.payload import BinaryPayloadBuilder

VALUES = [
    ("int16", "add_16bit_int", -42),
    ("uint16", "add_16bit_uint", 54321),
    ("int32", "add_32bit_int", -987654),
    ("uint32", "add_32bit_uint", 3987654321),
    ("float32", "add_32bit_float", 1234.5),
    ("int64", "add_64bit_int", -123456789012),
    ("uint64", "add_64bit_uint", 123456789012),
    ("float64", "add_64bit_float", -0.1),
]
ORDER = {"high-first": Endian.Big, "low-first": Endian.Little}

out = []
for word_order, words in ORDER.items():
    for byte_order, bytes_ in ORDER.items():
        for name, method, value in VALUES:
            builder = BinaryPayloadBuilder(byteorder=bytes_, wordorder=words)
            getattr(builder, method)(value)
            out.append(
                {"type": name, "wordOrder": word_order, "byteOrder": byte_order, "value": value,
                 "registers": builder.to_registers()}
            )
print(json.dumps(out))
