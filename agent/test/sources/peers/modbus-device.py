"""Modbus devices whose registers are given as JSON: modbus-device.py WHERE MAP.

WHERE is a port of 127.0.0.1 for Modbus TCP, rtu:<port> for RTU over TCP, or the path of a serial line.
MAP is {"<unit>": {"holding"|"input": {"<address>": [register, ...]}, "delay": seconds}, "others": …}; registers that it
does not name are refused with exception 2, units that it does not name are not answered, or, by "others", "refused" as
gateways do or answered as the "same" device. Prints "ready" once it listens.
"""
import asyncio
import json
import logging
import sys

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.server.async_io import (
    ModbusConnectedRequestHandler,
    ModbusSerialServer,
    ModbusSingleRequestHandler,
    ModbusTcpServer,
)
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

logging.disable(logging.CRITICAL)


def block(registers):
    values = {}
    for address, words in (registers or {}).items():
        for offset, word in enumerate(words):
            values[int(address) + offset] = word
    return ModbusSparseDataBlock(values or {70000: 0})


def unit(description):
    return ModbusSlaveContext(hr=block(description.get("holding")), ir=block(description.get("input")), zero_mode=True)


class GatewayContext(ModbusServerContext):
    """Takes questions for all units, so that those which are not there are refused by exception 11."""

    def slaves(self):
        return list(range(256))


def late(handler, delays):
    """A handler whose units answer only after their delay."""

    class Late(handler):
        def send(self, message, *addr, **kwargs):
            delay = delays.get(message.unit_id, 0)
            asyncio.get_running_loop().call_later(delay, lambda: super(Late, self).send(message, *addr, **kwargs))

    return Late


def server_at(where, context, delays, others):
    options = {"ignore_missing_slaves": others != "refused"}
    if where.startswith("/"):
        handler = late(ModbusSingleRequestHandler, delays)
        return ModbusSerialServer(context, framer=ModbusRtuFramer, port=where, baudrate=9600, handler=handler, **options)
    framing, _, port = where.rpartition(":")
    framer = ModbusRtuFramer if framing == "rtu" else ModbusSocketFramer
    handler = late(ModbusConnectedRequestHandler, delays)
    address = ("127.0.0.1", int(port))
    return ModbusTcpServer(context, framer=framer, address=address, handler=handler, allow_reuse_address=True, **options)


async def main():
    where, units = sys.argv[1], json.loads(sys.argv[2])
    others = units.pop("others", None)
    slaves = {int(k): unit(d) for k, d in units.items()}
    is_alone = others == "same"
    kind = GatewayContext if others == "refused" else ModbusServerContext
    context = kind(slaves=next(iter(slaves.values())) if is_alone else slaves, single=is_alone)
    server = server_at(where, context, {int(k): d.get("delay", 0) for k, d in units.items()}, others)
    if isinstance(server, ModbusSerialServer):
        await server.start()
        print("ready", flush=True)
        await server.serve_forever()
        return
    task = asyncio.ensure_future(server.serve_forever())
    await server.serving
    print("ready", flush=True)
    await task


asyncio.run(main())
