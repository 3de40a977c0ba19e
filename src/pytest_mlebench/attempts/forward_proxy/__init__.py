"""The way out of a container without network: a proxy of the host that leads to the hosts of models and nowhere else.

server.py        the proxy itself: where it listens
loop_thread.py   its thread
limits.py        what one agent may use
connections.py   one connection of an agent
relaying.py      bytes between two sockets, and one request of plain HTTP
request_heads.py what an agent asks for
client_hello.py  which host an agent names when it begins to speak TLS
dialing.py       connecting to a host, also by way of another proxy
visits.py        the record of who was asked for
"""

from pytest_mlebench.attempts.forward_proxy.limits import ProxyLimits
from pytest_mlebench.attempts.forward_proxy.server import ForwardProxy

__all__ = ["ForwardProxy", "ProxyLimits"]
