"""Who a visitor is for everything that is counted: an address, or what one line is given of them."""

from __future__ import annotations

import ipaddress

from flask_limiter.util import get_remote_address

_HOST_BITS = 64


def counted() -> str:
    """Return by what name limits count the visitor of this request."""
    return of_address(get_remote_address())


def of_address(address: str) -> str:
    """Return an IPv4 address as it is, and the /64 of an IPv6 address.

    A line is given a whole /64 (RFC 6177): counted one by one, its addresses would be 2^64 visitors.

    >>> of_address("192.0.2.1"), of_address("::ffff:192.0.2.1")
    ('192.0.2.1', '192.0.2.1')
    >>> of_address("2001:db8:0:1::5"), of_address("2001:db8:0:1:ffff::")
    ('2001:db8:0:1::/64', '2001:db8:0:1::/64')
    """
    if ":" not in address:
        return address
    try:
        whole = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    if whole.ipv4_mapped is not None:
        return str(whole.ipv4_mapped)
    network = ipaddress.IPv6Address(int(whole) >> _HOST_BITS << _HOST_BITS)
    return f"{network}/{_HOST_BITS}"
