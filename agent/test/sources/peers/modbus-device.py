"""A Modbus TCP device whose registers are given as JSON: modbus-device.py PORT MAP.

MAP is {"<unit>": {"holding"|"input": {"<address>": [register, ...]}}}; registers that it does not name are refused
with exception 2, units that it does not name are not answered. Prints "ready" once it listens.
"""
import asyncio
import json
import logging
import sys

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.server.async_io import ModbusTcpServer

logging.disable(logging.CRITICAL)


def block(registers):
    values = {}
    for address, words in (registers or {}).items():
        for offset, word in enumerate(words):
            values[int(address) + offset] = word
    return ModbusSparseDataBlock(values or {70000: 0})


def unit(description):
    return ModbusSlaveContext(hr=block(description.get("holding")), ir=block(description.get("input")), zero_mode=True)


async def main():
    port, units = int(sys.argv[1]), json.loads(sys.argv[2])
    context = ModbusServerContext(slaves={int(k): unit(d) for k, d in units.items()}, single=False)
    server = ModbusTcpServer(context, address=("127.0.0.1", port), ignore_missing_slaves=True, allow_reuse_address=True)
    task = asyncio.ensure_future(server.serve_forever())
    await server.serving
    print("ready", flush=True)
    await task


asyncio.run(main())
