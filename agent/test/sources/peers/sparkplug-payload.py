"""Encodes Sparkplug B payloads with Google's protobuf, field numbers by the Sparkplug 3.0 specification, 6.4.1.

Reads a JSON list of payloads from standard input and writes their bytes in hexadecimal, one a line.
"""

import json
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, json_format

try:
    from google.protobuf.message_factory import GetMessageClass
except ImportError:
    from google.protobuf.message_factory import MessageFactory

    GetMessageClass = MessageFactory().GetPrototype

TYPES = descriptor_pb2.FieldDescriptorProto
SCALARS = {
    "uint32": TYPES.TYPE_UINT32,
    "uint64": TYPES.TYPE_UINT64,
    "float": TYPES.TYPE_FLOAT,
    "double": TYPES.TYPE_DOUBLE,
    "bool": TYPES.TYPE_BOOL,
    "string": TYPES.TYPE_STRING,
    "bytes": TYPES.TYPE_BYTES,
}

# number, name, type; `*` repeats, `|` is a member of the oneof `value`
MESSAGES = {
    "PropertyValue": ["1 type uint32", "2 is_null bool", "3 int_value uint32 |", "4 long_value uint64 |"],
    "PropertySet": ["1 keys string *", "2 values PropertyValue *"],
    "DataSet": ["1 num_of_columns uint64", "2 columns string *"],
    "Metric": [
        "1 name string",
        "2 alias uint64",
        "3 timestamp uint64",
        "4 datatype uint32",
        "5 is_historical bool",
        "6 is_transient bool",
        "7 is_null bool",
        "9 properties PropertySet",
        "10 int_value uint32 |",
        "11 long_value uint64 |",
        "12 float_value float |",
        "13 double_value double |",
        "14 boolean_value bool |",
        "15 string_value string |",
        "17 dataset_value DataSet |",
    ],
    "Payload": ["1 timestamp uint64", "2 metrics Metric *", "3 seq uint64", "4 uuid string", "5 body bytes"],
}


def payload_class():
    file = descriptor_pb2.FileDescriptorProto(name="sparkplug.proto", package="spb", syntax="proto2")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        if any("|" in field for field in fields):
            message.oneof_decl.add(name="value")
        for field in fields:
            number, field_name, kind, *flags = field.split()
            added = message.field.add(name=field_name, number=int(number))
            added.label = TYPES.LABEL_REPEATED if "*" in flags else TYPES.LABEL_OPTIONAL
            if kind in SCALARS:
                added.type = SCALARS[kind]
            else:
                added.type, added.type_name = TYPES.TYPE_MESSAGE, f".spb.{kind}"
            if "|" in flags:
                added.oneof_index = 0
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName("spb.Payload"))


Payload = payload_class()
for payload in json.load(sys.stdin):
    print(json_format.ParseDict(payload, Payload()).SerializeToString().hex())
