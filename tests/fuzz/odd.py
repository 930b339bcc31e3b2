"""Broken and odd requests over HTTP/1.1, each with the statuses that are right for it."""

from __future__ import annotations

HOST = b"Host: powerwall\r\n"
CLOSED: frozenset[int] = frozenset({0})
"""The connection ends without an answer."""

BAD = frozenset({400, 0})
GOOD = frozenset({200})
ABSENT = frozenset({404})
LOGIN = b"POST /api/login/Basic HTTP/1.1\r\n" + HOST


def get(path: bytes, extra: bytes = b"", version: bytes = b"HTTP/1.1") -> bytes:
    return b"GET " + path + b" " + version + b"\r\n" + HOST + extra + b"\r\n"


def post(body: bytes, extra: bytes = b"") -> bytes:
    return LOGIN + extra + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunked(body: bytes) -> bytes:
    return LOGIN + b"Transfer-Encoding: chunked\r\n\r\n" + body


CASES: dict[str, tuple[bytes, frozenset[int]]] = {
    "a plain request": (get(b"/api/status"), GOOD),
    "no version": (b"GET /api/status\r\n\r\n", BAD | {505}),
    "another version": (get(b"/api/status", version=b"HTTP/9.9"), BAD | {505}),
    "no protocol": (b"\r\n\r\n\r\n", BAD),
    "bare line feeds": (b"GET /api/status HTTP/1.1\nHost: powerwall\n\n", BAD | GOOD),
    "no host": (b"GET /api/status HTTP/1.1\r\n\r\n", BAD | GOOD),
    "two hosts": (get(b"/api/status", b"Host: other\r\n"), BAD | GOOD),
    "a lower-case method": (b"get /api/status HTTP/1.1\r\n" + HOST + b"\r\n", BAD | {405}),
    "a method of noise": (b"\x00\xff\x01 /api/status HTTP/1.1\r\n" + HOST + b"\r\n", BAD | {405}),
    "HEAD": (b"HEAD /api/status HTTP/1.1\r\n" + HOST + b"\r\n", GOOD),
    "OPTIONS": (b"OPTIONS /api/status HTTP/1.1\r\n" + HOST + b"\r\n", frozenset({405, 200, 204})),
    "OPTIONS *": (b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", BAD | {404, 405, 200}),
    "TRACE": (b"TRACE /api/status HTTP/1.1\r\n" + HOST + b"\r\n", frozenset({405})),
    "CONNECT": (b"CONNECT powerwall:443 HTTP/1.1\r\n" + HOST + b"\r\n", BAD | {404, 405}),
    "an absolute target": (get(b"https://powerwall/api/status"), GOOD),
    "an absolute target elsewhere": (get(b"http://elsewhere.example/api/status"), GOOD),
    "an absolute target without a path": (get(b"https://powerwall"), frozenset({200, 404})),
    "percent signs": (get(b"/api/%73tatus"), GOOD),
    "broken percent signs": (get(b"/api/%zz%"), BAD | ABSENT),
    "percent nought": (get(b"/api/status%00"), ABSENT | BAD),
    "percent slash": (get(b"/api%2fstatus"), ABSENT | GOOD),
    "dots": (get(b"/api/../api/status"), ABSENT | BAD | {301}),
    "dots to a file": (get(b"/../../../../etc/passwd"), ABSENT | BAD | {301}),
    "hidden dots": (get(b"/%2e%2e/%2e%2e/etc/passwd"), ABSENT | BAD),
    "doubled slashes": (get(b"//api//status"), ABSENT | {301}),
    "a query": (get(b"/api/status?x=" + b"y" * 100), GOOD),
    "a fragment": (get(b"/api/status#x"), GOOD | ABSENT | BAD),
    "bytes beyond ASCII in the path": (get(b"/api/\xff\xfe"), ABSENT | BAD),
    "UTF-8 in the path": (get("/api/größe".encode()), ABSENT | BAD),
    "a long path": (get(b"/" + b"a" * 60_000), ABSENT | BAD | {414, 431}),
    "an endless path": (get(b"/" + b"a" * 1_000_000), BAD | {404, 414, 431}),
    "a long header": (get(b"/api/status", b"X: " + b"a" * 50_000 + b"\r\n"), GOOD | BAD | {431}),
    "an endless header": (get(b"/api/status", b"X: " + b"a" * 1_000_000 + b"\r\n"), BAD | {431}),
    "endless headers": (get(b"/api/status", b"".join(b"X%d: y\r\n" % n for n in range(50_000))), BAD | {431}),
    "a header without a name": (get(b"/api/status", b": x\r\n"), BAD),
    "a header with a blank in its name": (get(b"/api/status", b"X y: z\r\n"), BAD),
    "a folded header": (get(b"/api/status", b"X: a\r\n b\r\n"), BAD | GOOD),
    "nought in a header": (get(b"/api/status", b"X: a\x00b\r\n"), BAD),
    "a token of noise": (get(b"/api/config", b"Authorization: Bearer \xff\xfe\r\n"), frozenset({403, 400})),
    "cookies without end": (get(b"/api/config", b"Cookie: " + b"AuthCookie=x; " * 2000 + b"\r\n"), BAD | {403, 431}),
    "a negative length": (LOGIN + b"Content-Length: -1\r\n\r\n", BAD),
    "a length of words": (LOGIN + b"Content-Length: many\r\n\r\n{}", BAD),
    "a length beyond all": (LOGIN + b"Content-Length: 99999999999999999999999\r\n\r\n{}", BAD | {413}),
    "two lengths": (LOGIN + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x", BAD),
    "length and chunks": (
        LOGIN + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        BAD | {400, 401},
    ),
    "a foreign coding": (LOGIN + b"Transfer-Encoding: gzip\r\n\r\n{}", BAD | {501}),
    "good chunks": (chunked(b"2\r\n{}\r\n0\r\n\r\n"), frozenset({401})),
    "chunks with extensions": (chunked(b"2;a=b\r\n{}\r\n0\r\nX: y\r\n\r\n"), frozenset({401, 400, 0})),
    "a chunk of words": (chunked(b"zz\r\n{}\r\n0\r\n\r\n"), BAD),
    "a chunk beyond all": (chunked(b"ffffffffffffffffffff\r\n{}"), BAD | {413}),
    "a chunk that lies": (chunked(b"1\r\n{}\r\n0\r\n\r\n"), BAD),
    "many small chunks": (chunked(b"1\r\n \r\n" * 20_000 + b"2\r\n{}\r\n0\r\n\r\n"), frozenset({401, 413, 400})),
    "a body beyond measure": (post(b"[" * 2_000_000), frozenset({413, 400, 0})),
    "a body for a GET": (get(b"/api/status", b"Content-Length: 3\r\n") + b"abc", GOOD),
    "a body that waits to be wanted": (post(b"{}", b"Expect: 100-continue\r\n"), frozenset({401, 100})),
    "an upgrade": (get(b"/api/status", b"Connection: Upgrade\r\nUpgrade: websocket\r\n"), GOOD | BAD | {426}),
    "an upgrade to h2c": (get(b"/api/status", b"Connection: Upgrade\r\nUpgrade: h2c\r\n"), GOOD | BAD),
    "the beginning of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", BAD | {404, 405, 505}),
}

DEEP = b"[" * 60_000
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "half an object": b'{"username":',
    "lists without end": DEEP,
    "objects without end": b'{"a":' * 12_000,
    "a number without end": b'{"force_sm_off":' + b"9" * 60_000 + b"}",
    "a number beyond all": b'{"username": 1e999999}',
    "a small number beyond all": b'{"username": -1e-999999}',
    "no number": b'{"username": NaN}',
    "infinity": b'{"username": -Infinity}',
    "doubled keys": b'{"username":"a","username":"customer","password":"x","password":"y"}',
    "bytes that are no text": b'{"username":"\xff\xfe\xc0\x80"}',
    "half a pair": b'{"username":"\\ud800","password":"\\udfff"}',
    "a mark of byte order": b"\xef\xbb\xbf{}",
    "UTF-16": '{"username":"x"}'.encode("utf-16"),
    "nought": b'{"username":"\\u0000","password":"\x00"}',
    "a list": b"[]",
    "a text": b'"customer"',
    "null": b"null",
    "two values": b"{}{}",
    "a long name": b'{"username":"' + b"a" * 60_000 + b'"}',
    "a form without end": b"username=" + b"a" * 60_000,
    "a form of many": b"&".join(b"a%d=b" % n for n in range(9000)),
    "a form of noise": b"username=%ff%fe&password=%zz",
}
