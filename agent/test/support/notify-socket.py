"""Listens like systemd on a datagram socket and prints what is said there: notify-socket.py PATH.

Prints "ready" once it listens, then each message as JSON in a line. Descriptors that come with a message are closed,
which is what the sender of BARRIER=1 waits for.
"""
import json
import socket
import sys

server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind(sys.argv[1])
print("ready", flush=True)
while True:
    message = server.recvmsg(65536)[0].decode()
    if not message.startswith("BARRIER="):
        print(json.dumps(message.split("\n")), flush=True)
